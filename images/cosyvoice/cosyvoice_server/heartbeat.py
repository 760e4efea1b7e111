"""What the first process hands to the speaking process, and what the speaking process says back: that it lives."""

import os
import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

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

    def __init__(self, descriptor: int) -> None:
        """Speak on ``descriptor``."""
        self._socket = socket.socket(fileno=descriptor)

    def begin(self, ailment: Callable[[], str]) -> None:
        """Say that the process is ready, and go on from now on.

        Args:
            ailment: gives the reason why the process cannot even end by itself; empty when there is none.
        """
        self._socket.send(READY.encode())
        threading.Thread(target=self._beat, args=(ailment,), name="heartbeat", daemon=True).start()

    def _beat(self, ailment: Callable[[], str]) -> None:
        pause = threading.Event()
        while not pause.wait(BEAT_SECONDS):
            reason = ailment()
            try:
                self._socket.send(f"{STUCK} {reason}".encode() if reason else ALIVE.encode())
            except ConnectionError:  # the first process is gone, and so is the container
                os._exit(1)


@dataclass(frozen=True)
class Place:
    """Where a speaking process meets the world."""

    listener: socket.socket
    """For people and the API."""

    operations: int | Path
    """Where it answers about itself: a port, or a socket in the file system."""

    heartbeat: Heartbeat | None
    """How it tells the first process that it lives, if there is one."""


def inherited_place(environment: Mapping[str, str]) -> Place:
    """Take the place that the first process has prepared."""
    given = inherited(environment)
    return Place(socket.socket(fileno=given.listener), Path(given.operations), Heartbeat(given.heartbeat))
