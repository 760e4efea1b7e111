"""The container: its ports, its first process, and what that tells about itself."""

import http.client
import signal
import socket
import sys
import tempfile
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from pathlib import Path

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

from cosyvoice_server import operations
from cosyvoice_server.config import Settings
from cosyvoice_server.heartbeat import Place
from cosyvoice_server.operations import PLAIN, Reply
from cosyvoice_server.supervisor import Cause, Patience, Supervisor

SPEAK = "speak"
"""The argument of the process that speaks."""
ANSWER_SECONDS = 3.0
"""How long the speaking process may take to tell about itself."""


def contain(settings: Settings) -> int:
    """Hold the ports and keep a process speaking on them; return the container's exit code.

    Raises:
        OSError: a port is taken.
        UnkillableError: a process hangs beyond the reach of SIGKILL.
    """
    with tempfile.TemporaryDirectory() as folder:
        local = Path(folder) / "operations"
        command = [sys.executable, "-m", "cosyvoice_server", SPEAK]
        patience = Patience(settings.start_seconds, settings.silence_seconds)
        with bound(settings.port) as listener:
            supervisor = Supervisor(command, listener, local, patience)
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, supervisor.stop)
            operations.start(settings.metrics_port, Front(local, supervisor.restarts).answer)
            return supervisor.run()


def alone(settings: Settings) -> Place:
    """Open the ports for a speaking process that is the container's only one.

    Raises:
        OSError: a port is taken.
    """
    return Place(bound(settings.port), settings.metrics_port, heartbeat=None)


def bound(port: int) -> socket.socket:
    """Open a TCP port on all addresses."""
    listener = socket.socket(socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("", port))
    return listener


class Front:
    """The operations port, which outlives the speaking process: Kubernetes sees a container at work, not a dead one."""

    def __init__(self, speaking: Path, restarts: Mapping[Cause, int]) -> None:
        """Pass questions on to the socket ``speaking``; show ``restarts`` among the metrics."""
        self._speaking = speaking
        self._registry = CollectorRegistry()
        self._registry.register(_Restarts(restarts))

    def answer(self, path: str) -> Reply:
        """Answer one GET: whether the container lives by itself, everything else in the speaking process's words."""
        if path == "/healthz":
            return HTTPStatus.OK, PLAIN, b"alive\n"
        try:
            status, content_type, body = self._asked(path)
        except OSError:
            return HTTPStatus.SERVICE_UNAVAILABLE, PLAIN, b"the speaking process is being started\n"
        own = generate_latest(self._registry) if path == "/metrics" else b""
        return status, content_type, body + own

    def _asked(self, path: str) -> Reply:
        """Ask the speaking process."""
        connection = http.client.HTTPConnection("localhost")
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.settimeout(ANSWER_SECONDS)
        try:
            connection.sock.connect(str(self._speaking))
            connection.request("GET", path)
            told = connection.getresponse()
            return HTTPStatus(told.status), told.getheader("Content-Type", PLAIN), told.read()
        finally:
            connection.close()


class _Restarts(Collector):
    """How often the speaking process was started again, by cause."""

    def __init__(self, counted: Mapping[Cause, int]) -> None:
        self._counted = counted

    def collect(self) -> Iterable[Metric]:
        family = CounterMetricFamily("cosyvoice_restarts", "Times the speaking process was started again, by cause.", labels=("cause",))
        for cause, times in self._counted.items():
            family.add_metric((cause.value,), times)
        return [family]
