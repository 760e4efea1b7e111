"""Keeping the outputs volume in bounds: old recordings go, what a killed server left half-written goes, and the rest is counted."""

import contextlib
import logging
import shutil
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

SWEEP_SECONDS = 300.0
"""The longest time between two sweeps."""
FORGOTTEN = ".forgotten"
"""An empty file in the folder of a campus that was erased, at the time of this file."""
LOG = logging.getLogger(__name__)


class Sweeper:
    """Sweeps the outputs folder from a thread of its own: a volume that hangs holds up nobody."""

    def __init__(self, outputs: Path, ttl_seconds: int, longest_request_seconds: int) -> None:
        """Keep recordings for ``ttl_seconds`` (0: for ever), and what is half-written for as long as a request may last."""
        self._outputs = outputs
        self._ttl = ttl_seconds
        self._longest_request = longest_request_seconds
        self._pause = threading.Event()
        self.bytes: dict[str, int] = {}
        """What each campus has on the volume, since the last sweep."""

    def start(self) -> None:
        """Sweep now and from time to time until the process ends."""
        threading.Thread(target=self._run, name="sweeper", daemon=True).start()

    def sweep(self) -> None:
        """Delete what is too old or a forgotten campus's, and count what stays."""
        now = time.time()
        found: Counter[str] = Counter()
        for folder in self._outputs.glob("*/"):
            forgotten = self._forgotten_until(folder)
            for file in files(folder):
                with contextlib.suppress(OSError):  # another server on this volume may have swept it just now
                    status = file.stat()
                    age = now - status.st_mtime
                    old = self._longest_request < age if file.suffix == ".part" else 0 < self._ttl < age
                    if old or status.st_mtime < forgotten:
                        file.unlink()
                    else:
                        found[folder.name] += status.st_size
        self.bytes = dict(found)

    def free(self) -> int:
        """Count the bytes that are left on the volume; 0 while there is none."""
        try:
            return shutil.disk_usage(self._outputs).free
        except OSError:
            return 0

    def _forgotten_until(self, folder: Path) -> float:
        """Tell the time before which everything in a campus's folder is to be erased; 0 for a campus that was never forgotten.

        A folder that cannot be read, as a file system's own may be, is no campus's.
        What a restored backup brings back is older than the mark, and what was being spoken then is younger by one request.
        """
        with contextlib.suppress(OSError):
            return (folder / FORGOTTEN).stat().st_mtime + self._longest_request
        return 0.0

    def _run(self) -> None:
        interval = min(SWEEP_SECONDS, max(1.0, self._ttl / 4)) if self._ttl else SWEEP_SECONDS
        while True:
            try:
                self.sweep()
            except OSError as error:
                LOG.error("the outputs volume could not be swept: %s", error.strerror)
            self._pause.wait(interval)


def files(folder: Path) -> Iterator[Path]:
    """Name a campus's recordings, whole and half-written, and nothing else that somebody may keep on the volume."""
    for pattern in ("output_*.wav", "output_*.part"):
        yield from folder.glob(pattern)
