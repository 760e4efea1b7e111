"""A CosyVoiceBackend as an application that answers HTTP."""

from collections.abc import Mapping, Sequence

from campus_voice.ai_app_backend.application import Application, Probe, Probes, Volume
from campus_voice.shared.enums import Update
from campus_voice.shared.manifests import Text
from campus_voice.shared.quantities import whole

from . import acceleration, model
from .checks import NAME, PORT, BackendSettings

SERVICE_NAME = "cosyvoice-service"
METRICS_PORT = 9464
"""Serves metrics and probes; never routed."""

ENROLMENT_NAME = "cosyvoice-enrolment"
"""Name of the Secret."""

_VOICES = "/root/CosyVoice/voices"
_ENROLMENT = "/etc/cosyvoice/enrolment"
_USER = 10001
_PROBE_SECONDS = 2
_READABLE_BY_GROUP = 0o440

_AFTER_DRAIN_SECONDS = 30
"""What the server is given, beyond the longest request, to close its files."""

_CEILING_PERCENT = 85
"""Share of the memory limit at which the server restarts itself between two requests, before the kernel
kills it within one."""


def application(settings: BackendSettings) -> Application:
    """Turn a backend's settings into the application that they describe."""
    longest = settings.longest_request_seconds
    return Application(
        name=NAME,
        namespace=settings.namespace,
        image=settings.image,
        pull_secrets=settings.pull_secrets,
        command=settings.start.command,
        args=settings.start.args,
        working_dir=settings.start.working_dir,
        environment={**(_environment(settings) if settings.ours else {}), **settings.start.environment},
        port=settings.port,
        service=SERVICE_NAME,
        service_port=PORT,
        metrics_port=METRICS_PORT if settings.ours else None,
        metrics_path="/metrics",
        scrape_annotations=settings.scrape_annotations,
        probes=_probes(settings),
        volumes=_volumes(settings),
        scratch=settings.storage.scratch,
        shared_memory=settings.storage.shared_memory,
        placement=settings.placement,
        power=settings.power,
        profile=settings.profile,
        user=_USER,
        replicas=settings.replicas,
        recreate=settings.update is Update.RECREATE,
        walls=settings.walls,
        stop_seconds=longest + _AFTER_DRAIN_SECONDS,
        pre_stop_seconds=0 if settings.ours else longest,
        delete_data=settings.storage.delete_data,
        annotations={} if settings.model is None else {model.ANNOTATION: settings.model.told},
        scaled=settings.scaling is not None,
    )


def saved(settings: BackendSettings) -> Sequence[Volume]:
    """Choose the volumes that are backed up: what people made, not what can be fetched again."""
    kept = settings.storage
    wanted = [kept.voices, kept.outputs if settings.backup_recordings else None]
    return [volume for volume in _volumes(settings) if volume.claim and volume.claim in wanted]


def _volumes(settings: BackendSettings) -> list[Volume]:
    storage = settings.storage
    outputs = _of_claim(storage.outputs.name)
    volumes = [Volume("outputs", storage.outputs_path, outputs, claim=storage.outputs)]
    if storage.voices is not None:
        volumes.append(Volume("voices", _VOICES, _of_claim(storage.voices.name), claim=storage.voices))
        keys = {"secret": {"secretName": ENROLMENT_NAME, "defaultMode": _READABLE_BY_GROUP}}
        volumes.append(Volume("enrolment", _ENROLMENT, keys, read_only=True))
    if settings.model is not None:
        source = {"persistentVolumeClaim": {"claimName": settings.model.claim_name, "readOnly": True}}
        volumes.append(Volume("model", model.FOLDER, source, read_only=True))
    if cache := acceleration.volume(settings.acceleration, alone=settings.alone):
        volumes.append(cache)
    return volumes


def _of_claim(name: str) -> dict[str, dict[str, str]]:
    return {"persistentVolumeClaim": {"claimName": name}}


def _environment(settings: BackendSettings) -> Mapping[str, Text]:
    """Tell this release's server what it is to do."""
    values = {
        "COSYVOICE_ENGINE": settings.engine.value,
        "COSYVOICE_OUTPUTS_DIR": settings.storage.outputs_path,
        "COSYVOICE_OUTPUTS_TTL_SECONDS": str(settings.storage.outputs_ttl_seconds),
        "COSYVOICE_VOICES_DIR": _VOICES,
        "COSYVOICE_ENROLMENT_DIR": _ENROLMENT,
        "COSYVOICE_PORT": str(settings.port),
        "COSYVOICE_METRICS_PORT": str(METRICS_PORT),
        "COSYVOICE_SHARED": "true" if settings.shared else "false",
        "COSYVOICE_DEADLINE_SECONDS": str(settings.longest_request_seconds),
        "COSYVOICE_DRAIN_SECONDS": str(settings.longest_request_seconds),
        "COSYVOICE_MEMORY_CEILING_BYTES": str(_memory_ceiling(settings)),
        "COSYVOICE_START_SECONDS": str(settings.start_seconds),
        **acceleration.environment(settings.acceleration),
    }
    if settings.model is not None:
        values["COSYVOICE_MODEL_DIR"] = settings.model.folder
    return values


def _memory_ceiling(settings: BackendSettings) -> int:
    return whole(settings.power.memory_limit) * _CEILING_PERCENT // 100


def _probes(settings: BackendSettings) -> Probes:
    """Ask this release's server at its metrics port, which answers even when the pages are busy.

    A third party's has nothing but its page. It answers also while every synthesis hangs, so such a pod is
    restarted only when the whole process does.
    """
    failures = max(settings.start_seconds // _PROBE_SECONDS, 1)
    if settings.ours:
        return Probes(
            startup=Probe("/readyz", METRICS_PORT, _PROBE_SECONDS, failures),
            # While a process that hangs is found (15 s) and replaced (some 10 s without a GPU), requests wait
            # in the server's own listener. A pod that is not ready would have them refused.
            readiness=Probe("/readyz", METRICS_PORT, period=5, failures=7),
            liveness=Probe("/healthz", METRICS_PORT, period=10, failures=6),
        )
    return Probes(
        startup=Probe("/", settings.port, _PROBE_SECONDS, failures),
        readiness=Probe("/", settings.port, period=10, failures=3),
        liveness=Probe("/", settings.port, period=20, failures=6, timeout=10),
    )
