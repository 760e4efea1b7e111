"""When the server has to be started anew: it makes no progress, its engine is broken, or it is over its memory ceiling."""

from collections.abc import Callable
from enum import Enum
from pathlib import Path

from cosyvoice_server.lifecycle import Lifecycle

STATUS = Path("/proc/self/status")


class Renewal(Enum):
    """Why a server stops by itself, with the exit code that tells it from other ends."""

    STALLED = 70
    ENGINE = 71
    MEMORY = 75


class Watchdog:
    """Read by the event loop, which acts, and by ``/healthz`` from another thread, which tells Kubernetes."""

    def __init__(self, lifecycle: Lifecycle, stall_seconds: float, memory_ceiling: int = 0) -> None:
        """Call a synthesis stalled that has brought no chunk for ``stall_seconds``.

        ``memory_ceiling`` is a number of bytes of anonymous memory, which is what a container is killed for; 0 means none.
        """
        self.memory_ceiling = memory_ceiling
        self._lifecycle = lifecycle
        self._stall_seconds = stall_seconds
        self._silences: Callable[[], list[float]] = list
        self._ailment: Callable[[], str] = str

    def watch(self, silences: Callable[[], list[float]], ailment: Callable[[], str]) -> None:
        """Look at the running syntheses and at the engine.

        ``silences`` tells how many seconds ago each synthesis brought its last chunk, and ``ailment`` why the engine cannot
        speak again.
        """
        self._silences = silences
        self._ailment = ailment

    def complaint(self) -> str:
        """Say in one sentence what keeps the server from working; empty when nothing does."""
        if self._lifecycle.stalled:
            return "the event loop has stopped turning"
        longest = max(self._silences(), default=0.0)
        if longest > self._stall_seconds:
            return f"a synthesis has brought no chunk for {longest:.0f} s"
        return self._ailment()

    def hopeful(self) -> bool:
        """Tell whether any running synthesis may still come to its end."""
        return any(silence <= self._stall_seconds for silence in self._silences())

    def renewal(self) -> Renewal | None:
        """Tell why the server should stop taking requests and be started anew, if it should."""
        if self._ailment():
            return Renewal.ENGINE
        if self.complaint():
            return Renewal.STALLED
        return Renewal.MEMORY if self.over_ceiling() else None

    def over_ceiling(self) -> bool:
        """Tell whether the process has more memory than it may."""
        return 0 < self.memory_ceiling < anonymous_memory()


def anonymous_memory() -> int:
    """Count the bytes of memory that no file backs (``RssAnon``, https://docs.kernel.org/filesystems/proc.html)."""
    (kilobytes,) = (line.split()[1] for line in STATUS.read_text().splitlines() if line.startswith("RssAnon:"))
    return int(kilobytes) * 1024
