"""The numbers that ``/metrics`` shows. None of them holds a text, a voice or a person."""

from collections.abc import Callable, Iterator, Mapping

from prometheus_client import CollectorRegistry, Counter, Histogram, Info, Metric, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from cosyvoice_server import __version__
from cosyvoice_server.sweeping import Sweeper
from cosyvoice_server.turns import Turns
from cosyvoice_server.watchdog import Watchdog, anonymous_memory

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
        self.renewals = Counter(
            "cosyvoice_renewals",
            "Times that the server has begun to stop by itself, to be started anew, by reason (stalled, engine, memory).",
            ("reason",),
            registry=self.registry,
        )

    def watch(self, turns: Turns, abandoned: Callable[[], int], sweeper: Sweeper, watchdog: Watchdog) -> None:
        """Read the queues, the slots, the outputs volume and the memory at every scrape."""
        self.registry.register(Levels(turns, abandoned, sweeper, watchdog))

    def text(self) -> bytes:
        """Write all metrics in Prometheus's text format."""
        return generate_latest(self.registry)


class Levels(Collector):
    """What is read, not counted."""

    def __init__(self, turns: Turns, abandoned: Callable[[], int], sweeper: Sweeper, watchdog: Watchdog) -> None:
        self._turns = turns
        self._watchdog = watchdog
        self._abandoned = abandoned
        self._sweeper = sweeper

    def collect(self) -> Iterator[Metric]:
        """Give every level as it is now."""
        waiting, running = self._turns.waiting(), self._turns.running_by_campus()
        yield gauge("cosyvoice_in_flight_requests", "Syntheses running now.", running.total())
        yield gauge("cosyvoice_queue_size", "Requests waiting for a synthesis slot.", waiting.total())
        yield gauge("cosyvoice_slots", "Syntheses that may run at once.", self._turns.slots)
        yield gauge("cosyvoice_abandoned_syntheses", "Syntheses that hold a slot though their request has ended.", self._abandoned())
        campuses = self._turns.campuses()
        yield by_campus("cosyvoice_campus_in_flight_requests", "Syntheses running now.", {name: running[name] for name in campuses})
        yield by_campus("cosyvoice_campus_queue_size", "Requests waiting for a slot.", {name: waiting[name] for name in campuses})
        yield by_campus("cosyvoice_outputs_bytes", "Size of the recordings on the outputs volume.", self._sweeper.bytes)
        yield gauge("cosyvoice_outputs_free_bytes", "Space left on the outputs volume.", self._sweeper.free())
        yield gauge("cosyvoice_memory_bytes", "Anonymous memory of the process.", anonymous_memory())
        yield gauge("cosyvoice_memory_ceiling_bytes", "Memory at which it is started anew; 0: none.", self._watchdog.memory_ceiling)


def gauge(name: str, meaning: str, value: float) -> Metric:
    """Make a level of the whole server."""
    return GaugeMetricFamily(name, meaning, value=value)


def by_campus(name: str, meaning: str, values: Mapping[str, float]) -> Metric:
    """Make a level of each campus."""
    family = GaugeMetricFamily(name, meaning, labels=("campus",))
    for campus, value in values.items():
        family.add_metric((campus,), value)
    return family
