"""The copy of a reply on the outputs volume; a volume that is full costs the copy, not the reply."""

import logging
from datetime import UTC, datetime
from pathlib import Path

from cosyvoice_server.audio import Recording
from cosyvoice_server.engines.base import Samples
from cosyvoice_server.metrics import Metrics

LOG = logging.getLogger(__name__)


class Copy:
    """One reply's copy, written chunk by chunk; used from the engine's thread."""

    def __init__(self, metrics: Metrics, outputs: Path, campus: str, sample_rate: int) -> None:
        self._metrics = metrics
        self._campus = campus
        self._folder = outputs / campus
        self._sample_rate = sample_rate
        self._recording: Recording | None = None
        self._lost = False

    def add(self, chunk: Samples) -> None:
        """Append a chunk; the first one begins the file, so that a refused request leaves none."""
        if self._lost:
            return
        try:
            if self._recording is None:
                timestamp = datetime.now(UTC).strftime("%Y%m%d_%H%M%S")
                self._recording = Recording(self._sample_rate, self._folder, timestamp)
            self._recording.add(chunk)
        except OSError as error:
            self._lose(error)

    def finish(self) -> None:
        """Keep the whole."""
        if self._recording is None:
            return
        try:
            self._recording.finish()
        except OSError as error:
            self._lose(error)
        self.discard()

    def discard(self) -> None:
        """Leave nothing half-written behind."""
        recording, self._recording = self._recording, None
        if recording is not None:
            recording.discard()

    def _lose(self, error: OSError) -> None:
        """Count a copy that could not be kept, once."""
        self._lost = True
        self.discard()
        self._metrics.unsaved.labels(self._campus).inc()
        LOG.error("a reply of campus %s was not kept: %s", self._campus, error.strerror)
