"""Whether the server is starting, ready or draining, and whether its event loop still turns."""

import threading
import time
from enum import StrEnum

STALLED_SECONDS = 60.0
"""An event loop that has not turned for so long answers nobody."""


class Phase(StrEnum):
    """The parts of a server's life, in order."""

    STARTING = "starting"
    READY = "ready"
    DRAINING = "draining"


class Lifecycle:
    """Shared by the event loop, which writes it, and the operations server's thread, which reads it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._phase = Phase.STARTING
        self._last_turn: float | None = None

    @property
    def phase(self) -> Phase:
        """The present phase."""
        with self._lock:
            return self._phase

    def enter(self, phase: Phase) -> None:
        """Go to a later phase; a server that drains never becomes ready again."""
        with self._lock:
            if self._phase is not Phase.DRAINING:
                self._phase = phase

    def turned(self) -> None:
        """Note that the event loop has just turned."""
        with self._lock:
            self._last_turn = time.monotonic()

    @property
    def stalled(self) -> bool:
        """Whether the event loop has stopped turning since it began to."""
        with self._lock:
            return self._last_turn is not None and time.monotonic() - self._last_turn > STALLED_SECONDS
