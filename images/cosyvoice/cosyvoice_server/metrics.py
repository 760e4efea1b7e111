"""The numbers that ``/metrics`` shows. None of them holds a text, a voice or a person."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from cosyvoice_server import __version__

CONTENT_TYPE = CONTENT_TYPE_LATEST
SECONDS = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0)
FACTORS = (0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 4.0)


class Metrics:
    """The server's metrics, in a registry of their own."""

    def __init__(self, engine: str) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        Info("cosyvoice_build", "What is running.", registry=self.registry).info({"version": __version__, "engine": engine})
        self.requests = Counter(
            "cosyvoice_requests",
            "Requests to speak that have ended, by campus, mode and outcome (spoken, refused, failed, cancelled, deadline).",
            ("campus", "mode", "outcome"),
            registry=self.registry,
        )
        self.audio_seconds = Counter("cosyvoice_audio_seconds", "Seconds of audio spoken.", ("campus", "mode"), registry=self.registry)
        self.synthesis_seconds = Histogram(
            "cosyvoice_synthesis_seconds",
            "Time from the start of a synthesis to its last chunk.",
            ("campus", "mode"),
            buckets=SECONDS,
            registry=self.registry,
        )
        self.first_audio_seconds = Histogram(
            "cosyvoice_first_audio_seconds",
            "Time from the start of a synthesis to one second of audio (or all of it, when it is shorter).",
            ("campus", "mode"),
            buckets=SECONDS,
            registry=self.registry,
        )
        self.unsaved = Counter(
            "cosyvoice_unsaved_outputs", "Replies that could not be written to the outputs volume.", ("campus",), registry=self.registry
        )
        self.errors = Counter(
            "cosyvoice_errors",
            "Requests that were not spoken, by kind: busy (the queue was full), refused, deadline, or the engine's exception.",
            ("campus", "kind"),
            registry=self.registry,
        )
        self.waiting_seconds = Histogram(
            "cosyvoice_waiting_seconds", "Time a spoken request waited for its turn.", ("campus",), buckets=SECONDS, registry=self.registry
        )
        self.real_time_factor = Histogram(
            "cosyvoice_real_time_factor",
            "Seconds in the engine for one second of audio.",
            ("campus", "mode"),
            buckets=FACTORS,
            registry=self.registry,
        )
        self._running = Gauge("cosyvoice_in_flight_requests", "Syntheses running now.", registry=self.registry)
        self._waiting = Gauge("cosyvoice_queue_size", "Requests waiting for a synthesis slot.", registry=self.registry)

    def watch(self, running: Callable[[], int], waiting: Callable[[], int]) -> None:
        """Read the number of running and of waiting syntheses at every scrape."""
        self._running.set_function(running)
        self._waiting.set_function(waiting)

    def text(self) -> bytes:
        """Write all metrics in Prometheus's text format."""
        return generate_latest(self.registry)
