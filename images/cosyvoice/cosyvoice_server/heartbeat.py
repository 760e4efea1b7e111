"""What the first process hands to the speaking process, and what the speaking process says back: that it lives."""

import os
import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

READY, ALIVE, STUCK = "ready", "alive", "stuck"
"""The words: it has loaded; it goes on; it makes no progress, for the reason that follows."""
BEAT_SECONDS = 1.0

_LISTENER, _HEARTBEAT, _OPERATIONS = "COSYVOICE_LISTENER_FD", "COSYVOICE_HEARTBEAT_FD", "COSYVOICE_OPERATIONS_SOCKET"


@dataclass(frozen=True)
class Inheritance:
    """What a speaking process is started with."""

    listener: int
    """Descriptor of the listening TCP socket for people and the API."""

    heartbeat: int
    """Descriptor of a socket that takes one message for each sign of life."""

    operations: str
    """Path of the Unix socket on which it answers ``/healthz``, ``/readyz`` and ``/metrics``."""

    def environment(self) -> dict[str, str]:
        """Write it as variables."""
        return {_LISTENER: str(self.listener), _HEARTBEAT: str(self.heartbeat), _OPERATIONS: self.operations}

    @property
    def descriptors(self) -> tuple[int, int]:
        """The descriptors that have to be passed on."""
        return self.listener, self.heartbeat


def inherited(environment: Mapping[str, str]) -> Inheritance:
    """Read what this process was started with.

    Raises:
        KeyError: it was not started by the first process.
    """
    return Inheritance(int(environment[_LISTENER]), int(environment[_HEARTBEAT]), environment[_OPERATIONS])


class Heartbeat:
    """Says every second that the process lives, from a thread of its own, until something is wrong."""

    def __init__(self, descriptor: int, ailment: Callable[[], str | None]) -> None:
        """Speak on ``descriptor``; ``ailment`` gives the reason why no progress is made, or None."""
        self._socket = socket.socket(fileno=descriptor)
        self._ailment = ailment

    def begin(self) -> None:
        """Say that the process is ready, and go on from now on."""
        self._socket.send(READY.encode())
        threading.Thread(target=self._beat, name="heartbeat", daemon=True).start()

    def _beat(self) -> None:
        pause = threading.Event()
        while not pause.wait(BEAT_SECONDS):
            ailment = self._ailment()
            try:
                self._socket.send(ALIVE.encode() if ailment is None else f"{STUCK} {ailment}".encode())
            except ConnectionError:  # nobody is left to tell: the container ends
                os._exit(1)
