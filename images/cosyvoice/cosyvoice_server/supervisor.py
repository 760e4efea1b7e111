"""The first process of the container: it holds the ports, and starts the speaking process again when that ends or hangs.

A container that Kubernetes starts again waits longer each time, up to five minutes, and refuses connections meanwhile
(https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#container-restarts). Here the next speaking process
begins at once, and who connects while it loads waits in the listener's backlog: a crash costs the requests under way.
"""

import contextlib
import logging
import os
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from types import FrameType

from cosyvoice_server.heartbeat import READY, STUCK, Inheritance
from cosyvoice_server.watchdog import Renewal

LOG = logging.getLogger(__name__)
BACKLOG = 512
"""Connections that wait for a speaking process; Linux caps it at ``net.core.somaxconn``."""
TURN_SECONDS = 0.5
END_SECONDS = 10.0
"""How long a killed process may take to be gone; one that stays hangs in a driver."""
LONGEST_MESSAGE = 4096
LOADS, PAUSE_SECONDS = 6, 2.0
"""How often a process is started in a row that fails to load, and the pause after each, where one has loaded before."""


class Cause(Enum):
    """Why a speaking process is gone, in the words of the metric."""

    ENDED = "ended"
    """By itself, or killed from outside, as when memory runs out."""
    HUNG = "hung"
    """It was silent for too long."""
    STUCK = "stuck"
    """It said itself that it makes no progress."""
    RENEWED = "renewed"
    """It had grown beyond its memory ceiling."""
    UNLOADED = "unloaded"
    """It never got ready."""


SAID = {renewal.value: Cause.RENEWED if renewal is Renewal.MEMORY else Cause.STUCK for renewal in Renewal}
"""What a speaking process says by its exit code."""


@dataclass(frozen=True)
class Patience:
    """Bounds, in seconds."""

    start: float
    """For loading the model."""

    silence: float
    """Between two signs of life of a process that has loaded."""


class UnkillableError(Exception):
    """A killed process did not go away: only the end of the container helps."""


class Supervisor:
    """Keeps one speaking process running on sockets that outlive it."""

    def __init__(self, command: Sequence[str], listener: socket.socket, operations: Path, patience: Patience) -> None:
        """Remember how to start.

        Args:
            command: the speaking process.
            listener: a bound TCP socket, for people and the API; it listens from now on.
            operations: where the speaking process puts the Unix socket on which it answers about itself.
            patience: bounds.
        """
        listener.listen(BACKLOG)
        self._command = command
        self._listener = listener
        self._operations = operations
        self._patience = patience
        self._process: subprocess.Popen[bytes] | None = None
        self._stopping = False
        self.restarts = dict.fromkeys(Cause, 0)

    def run(self) -> int:
        """Run until told to stop, or until no process can load; return the exit code for the container.

        The first process has to load at once. A later one may find a model that is being repaired, so that the failure
        ends the container only when it stays.

        Raises:
            UnkillableError: a process hangs beyond the reach of SIGKILL.
        """
        failures = LOADS
        while True:
            code, cause = self._life()
            failures = failures + 1 if cause is Cause.UNLOADED else 0
            if self._stopping or failures >= LOADS:
                return code
            self.restarts[cause] += 1
            LOG.warning("the speaking process (exit code %s) is started again: %s", code, cause.value)
            if cause is Cause.UNLOADED:
                time.sleep(PAUSE_SECONDS)

    def stop(self, _signal: int, _frame: FrameType | None) -> None:
        """Pass a signal to stop on: the process drains, and its end is the container's (a handler for SIGTERM)."""
        self._stopping = True
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)

    def _life(self) -> tuple[int, Cause]:
        """Start one process and see it to its end: its exit code, and why it ended."""
        self._operations.unlink(missing_ok=True)
        here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with here:
            with there:
                given = Inheritance(self._listener.fileno(), there.fileno(), str(self._operations))
                self._process = process = subprocess.Popen(
                    self._command,
                    env=os.environ | given.environment(),
                    pass_fds=given.descriptors,
                    start_new_session=True,  # what it has started ends with it
                )
            if self._stopping:  # the signal came before there was a process to pass it to
                process.send_signal(signal.SIGTERM)
            ready, cause = self._watched(here)
        if cause is None:  # it ends by itself, with an exit code that tells why
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(END_SECONDS)
        code = ended(process)
        return code, cause or (SAID.get(code, Cause.ENDED) if ready else Cause.UNLOADED)

    def _watched(self, heartbeat: socket.socket) -> tuple[bool, Cause | None]:
        """Wait until a process has ended or has to be: whether it ever got ready, and why it has to be ended."""
        ready, heard = False, time.monotonic()
        heartbeat.settimeout(TURN_SECONDS)
        while True:
            try:
                said = heartbeat.recv(LONGEST_MESSAGE).decode(errors="replace")
            except TimeoutError:
                bound = self._patience.silence if ready else self._patience.start
                if time.monotonic() - heard > bound:
                    LOG.error("the speaking process has been silent for %.0f s", bound)
                    return ready, Cause.HUNG
                continue
            if not said:  # it has closed its end, which it does by ending
                return ready, None
            heard = time.monotonic()
            word, _, reason = said.partition(" ")
            ready = ready or word == READY
            if word == STUCK:
                LOG.error("the speaking process makes no progress: %s", reason)
                return ready, Cause.STUCK


def ended(process: subprocess.Popen[bytes]) -> int:
    """End a process with all that it has started, and return its exit code (negative: the signal that ended it).

    Raises:
        UnkillableError: it is still there some seconds after SIGKILL.
    """
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    try:
        code = process.wait(END_SECONDS)
    except subprocess.TimeoutExpired as error:
        message = f"the speaking process {process.pid} does not end on SIGKILL: it hangs in a driver"
        raise UnkillableError(message) from error
    bury_orphans()
    return code


def bury_orphans() -> None:
    """Take leave of what a dead process has left to the container's first process."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG) != (0, 0):
            pass
