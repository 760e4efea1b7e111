"""What a CosyVoiceBackend accepts, and its settings with every default filled in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from campus_voice.ai_app_backend import backup, placement, power, reading
from campus_voice.ai_app_backend.application import Walls
from campus_voice.ai_app_backend.backup import Backup
from campus_voice.ai_app_backend.placement import Placement
from campus_voice.ai_app_backend.power import Power
from campus_voice.shared import errors, versions
from campus_voice.shared.enums import Engine, SecurityProfile, SpeechServer, Update
from campus_voice.shared.errors import Problem
from campus_voice.shared.fields import Fields
from campus_voice.shared.manifests import Text

from . import acceleration, model, refusals, scaling, storage, updates
from .acceleration import Acceleration
from .model import Model
from .scaling import Scaling
from .storage import Storage

if TYPE_CHECKING:
    from .args import CosyVoiceBackendArgs

NAME = "cosyvoice"
"""Name of the application, and the beginning of most of its objects' names."""

PORT = 7860
"""Serves people and the API."""

MODEL_MEMORY = "8Gi"
"""What CosyVoice3 needs on a GPU: its users report 3.4 to 5.2 GB, and long texts or TensorRT take more
(https://github.com/FunAudioLLM/CosyVoice/issues/835)."""


@dataclass(frozen=True)
class Start:
    """How the server is started; empty parts are the image's own."""

    command: Sequence[str]
    args: Sequence[str]
    working_dir: str | None
    environment: Mapping[str, Text]


@dataclass(frozen=True)
class BackendSettings:
    """A CosyVoiceBackend's arguments, checked."""

    namespace: str
    image: Text
    pull_secrets: Sequence[str]
    server: SpeechServer
    start: Start
    port: int
    profile: SecurityProfile
    engine: Engine
    model: Model | None
    acceleration: Acceleration
    replicas: int
    """Pods; where they are scaled, the most there are."""

    scaling: Scaling | None
    """How their number changes; None: it does not."""

    update: Update
    shared: bool
    placement: Placement
    power: Power
    storage: Storage
    backup: Backup | None
    backup_recordings: bool
    enrolment_keys: Mapping[str, Text]
    walls: Walls
    longest_request_seconds: int
    start_seconds: int
    scrape_annotations: bool

    @property
    def ours(self) -> bool:
        """Whether the image holds this release's server."""
        return self.server is SpeechServer.CAMPUS_VOICE

    @property
    def alone(self) -> bool:
        """Whether there is never more than one pod."""
        return self.replicas <= 1 and self.update is Update.RECREATE


_CPU_POWER = Power(
    cpu_request="100m",
    cpu_limit=None,
    memory_request="1Gi",
    memory_limit="2Gi",
    storage_request="256Mi",
    storage_limit="4Gi",
)
_GPU_POWER = Power(
    cpu_request="2",
    cpu_limit="4",
    memory_request="8Gi",
    memory_limit="16Gi",
    storage_request="5Gi",
    storage_limit="30Gi",
)
_START_SECONDS = {"cpu": 300, "gpu": 1800}


def settings(name: str, args: "CosyVoiceBackendArgs") -> BackendSettings:
    """Check the arguments of the CosyVoiceBackend `name`.

    Raises:
        InvalidSettingsError: some cannot work; all of them are named.
    """
    fields = Fields(args)
    server = fields.choice("server", SpeechServer.CAMPUS_VOICE)
    ours = server is SpeechServer.CAMPUS_VOICE
    placed = placement.read(fields, gpus=None, needs=MODEL_MEMORY)
    kind = "gpu" if placed.gpus else "cpu"
    kept = storage.read(fields, gpu=placed.gpus > 0, voices=ours)
    accelerated = acceleration.read(fields)
    fetched = model.read(fields, kept.outputs.access, tensorrt=accelerated.tensorrt)
    namespace = fields.label("namespace")
    claims = [*kept.claims, *(fetched.claims if fetched else ())]
    scaled = scaling.read(fields, claims, placed.gpus, metrics=ours)
    checked = BackendSettings(
        namespace=namespace,
        image=args.get("image") or versions.cpu_speech_image(),
        pull_secrets=args.get("pull_secrets", []),
        server=server,
        start=_start(args, ours=ours),
        port=fields.port("port", PORT),
        profile=fields.choice("security_profile", server.profile),
        engine=fields.choice("engine", Engine.COSYVOICE if placed.gpus else Engine.KOKORO),
        model=fetched,
        acceleration=accelerated,
        replicas=scaled.maximum if scaled else reading.replicas(fields, claims, "storage_access"),
        scaling=scaled,
        update=updates.read(fields, claims, placed.gpus),
        shared=fields.flag("shared", default=False),
        placement=placed,
        power=power.read(fields.nested("resources"), _GPU_POWER if placed.gpus else _CPU_POWER),
        storage=kept,
        backup=backup.read(fields, NAME, namespace),
        backup_recordings=fields.nested("backup").flag("recordings", default=True),
        enrolment_keys=args.get("enrolment_keys", {}),
        walls=reading.walls(fields),
        longest_request_seconds=reading.seconds(
            fields, "longest_request_seconds", 600, "it bounds how long a stop waits"
        ),
        start_seconds=reading.seconds(
            fields, "start_seconds", _START_SECONDS[kind], "it bounds how long a deployment waits"
        ),
        scrape_annotations=fields.flag("scrape_annotations", default=True),
    )
    refusals.combinations(fields, checked)
    errors.refuse(f"CosyVoiceBackend {name!r}", fields.problems)
    return checked


def problems(args: "CosyVoiceBackendArgs") -> Sequence[Problem]:
    """Tell what a CosyVoiceBackend would refuse of `args`, with whatever is missing among it.

    For those who take settings from people and want to say where each was written.
    """
    try:
        settings("backend", args)
    except errors.InvalidSettingsError as refusal:
        return refusal.problems
    return ()


def _start(args: "CosyVoiceBackendArgs", *, ours: bool) -> Start:
    return Start(
        command=args.get("command", [] if ours else ["bash", "run.sh"]),
        args=args.get("args", []),
        working_dir=args.get("working_dir", None if ours else "/root"),
        environment=args.get("env", {}),
    )
