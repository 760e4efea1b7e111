"""Keeping the outputs volume in bounds: old recordings go, what a killed server left half-written goes, and the rest is counted."""

import contextlib
import shutil
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

SWEEP_SECONDS = 300.0
"""The longest time between two sweeps."""


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
        """Delete what is too old, and count what stays."""
        now = time.time()
        found: Counter[str] = Counter()
        for file in self._files():
            with contextlib.suppress(OSError):  # another server on this volume may have swept it just now
                status = file.stat()
                age = now - status.st_mtime
                if self._longest_request < age if file.suffix == ".part" else 0 < self._ttl < age:
                    file.unlink()
                else:
                    found[file.parent.name] += status.st_size
        self.bytes = dict(found)

    def free(self) -> int:
        """Count the bytes that are left on the volume; 0 while there is none."""
        try:
            return shutil.disk_usage(self._outputs).free
        except OSError:
            return 0

    def _files(self) -> Iterator[Path]:
        """Name the recordings, whole and half-written, and nothing else that somebody may keep on the volume."""
        for pattern in ("*/output_*.wav", "*/output_*.part"):
            yield from self._outputs.glob(pattern)

    def _run(self) -> None:
        interval = min(SWEEP_SECONDS, max(1.0, self._ttl / 4)) if self._ttl else SWEEP_SECONDS
        while True:
            with contextlib.suppress(OSError):
                self.sweep()
            self._pause.wait(interval)
