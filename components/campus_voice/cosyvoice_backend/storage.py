"""What a backend keeps, and for how long."""

from collections.abc import Sequence
from dataclasses import dataclass

from campus_voice.ai_app_backend.application import Claim
from campus_voice.shared.enums import AccessMode
from campus_voice.shared.fields import Fields

OUTPUTS = "outputs"
VOICES = "voices"
OUTPUTS_CLAIM = "cosyvoice-output-pvc"
VOICES_CLAIM = "cosyvoice-voices-pvc"

_DAY_SECONDS = 86400
_SCRATCH = {"cpu": "2Gi", "gpu": "10Gi"}
_SHARED_MEMORY = {"cpu": None, "gpu": "1Gi"}


@dataclass(frozen=True)
class Storage:
    """What a backend keeps, and for how long."""

    outputs: Claim
    """The recordings."""

    outputs_path: str
    outputs_ttl_seconds: int
    """Age at which a recording is deleted; 0 keeps them all."""

    voices: Claim | None
    """The teachers' voices; None where the server knows none."""

    scratch: str
    shared_memory: str | None
    delete_data: bool

    @property
    def claims(self) -> Sequence[Claim]:
        """Every volume."""
        return [self.outputs] if self.voices is None else [self.outputs, self.voices]


def read(fields: Fields, *, gpu: bool, voices: bool) -> Storage:
    """Read the arguments about volumes; `voices` says whether the server keeps teachers' voices."""
    kind = "gpu" if gpu else "cpu"
    storage_class = fields.given("storage_class")
    access = fields.choice("storage_access", AccessMode.ONE_NODE)
    voices_size = fields.quantity("voices_storage", "1Gi")
    days = fields.integer("outputs_ttl_days", 30, 0, 3650, "recordings hold what somebody wrote or said")
    return Storage(
        outputs=Claim(OUTPUTS, OUTPUTS_CLAIM, fields.quantity("storage"), storage_class, access),
        outputs_path=fields.text("outputs_path", "/root/CosyVoice/outputs"),
        outputs_ttl_seconds=days * _DAY_SECONDS,
        voices=Claim(VOICES, VOICES_CLAIM, voices_size, storage_class, access) if voices else None,
        scratch=fields.quantity("scratch", _SCRATCH[kind]),
        shared_memory=fields.optional_quantity("shared_memory", _SHARED_MEMORY[kind]),
        delete_data=fields.flag("delete_data", default=False),
    )
