"""What is counted and written down of one reply: never its text, its voice or its audio."""

import logging
import time
from collections.abc import Callable

from cosyvoice_server.campus import Caller
from cosyvoice_server.engines.base import Mode
from cosyvoice_server.metrics import Metrics

LOG = logging.getLogger(__name__)


class Reply:
    """The numbers of one reply, and its line in the log."""

    def __init__(self, metrics: Metrics, caller: Caller, mode: Mode, clock: Callable[[], float] = time.monotonic) -> None:
        self.outcome = "cancelled"  # until it is known to have ended otherwise
        self._metrics = metrics
        self._caller = caller
        self._mode = mode.slug
        self._clock = clock
        self._asked = clock()
        self._began: float | None = None
        self._audio = 0.0
        self._first: float | None = None

    def heard(self, seconds: float, began: float | None) -> None:
        """Note a chunk of so many seconds of audio, from a synthesis that began then."""
        self._began = began
        self._audio += seconds
        if self._first is None and self._audio >= 1:
            self._first = self._clock()

    def failed(self, outcome: str, error: BaseException) -> None:
        """Note how it ended, and why."""
        self.outcome = outcome
        self._metrics.errors.labels(self._caller.campus, type(error).__name__ if outcome == "failed" else outcome).inc()

    def end(self, engine_seconds: float) -> None:
        """Count the reply, and log it."""
        now = self._clock()
        metrics, labels = self._metrics, (self._caller.campus, self._mode)
        metrics.requests.labels(*labels, self.outcome).inc()
        metrics.audio_seconds.labels(*labels).inc(self._audio)
        if self.outcome == "spoken" and self._began is not None:
            metrics.waiting_seconds.labels(self._caller.campus).observe(self._began - self._asked)
            metrics.synthesis_seconds.labels(*labels).observe(now - self._began)
            metrics.first_audio_seconds.labels(*labels).observe((self._first or now) - self._began)
            if self._audio:
                metrics.real_time_factor.labels(*labels).observe(engine_seconds / self._audio)
        LOG.info(
            "request %s campus=%s mode=%s outcome=%s seconds=%.2f audio_seconds=%.2f",
            self._caller.audit_id,
            self._caller.campus,
            self._mode,
            self.outcome,
            now - self._asked,
            self._audio,
        )
