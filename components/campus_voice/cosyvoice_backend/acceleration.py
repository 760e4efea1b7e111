"""How CosyVoice uses its GPU, and where what is built for that is kept."""

from collections.abc import Mapping
from dataclasses import dataclass

from campus_voice.ai_app_backend.application import Claim, Volume
from campus_voice.shared.enums import AccessMode
from campus_voice.shared.fields import Fields

_NAME = "cache"
_CLAIM = "cosyvoice-cache-pvc"
_FOLDER = "/var/cache/cosyvoice"
_SWITCHES = ("fp16", "tensorrt", "vllm")


@dataclass(frozen=True)
class Acceleration:
    """How CosyVoice uses its GPU."""

    fp16: bool
    tensorrt: bool
    vllm: bool
    storage: str
    """Size of the volume for what TensorRT and vLLM build."""

    storage_class: str | None

    @property
    def builds(self) -> bool:
        """Whether something is built."""
        return self.tensorrt or self.vllm


def read(fields: Fields) -> Acceleration:
    """Read the argument `acceleration`; all is off where it is not given."""
    own = fields.nested("acceleration")
    made = Acceleration(
        **{switch: own.flag(switch, default=False) for switch in _SWITCHES},
        storage=own.quantity("storage", "8Gi"),
        storage_class=own.given("storage_class"),
    )
    for name in ("storage", "storage_class"):
        if own.given(name) is not None and not made.builds:
            own.refuse(
                name,
                "it must not be given without tensorrt or vllm",
                "nothing else is built from the model",
                "Remove it, or set one of the two to true.",
            )
    return made


def environment(acceleration: Acceleration) -> Mapping[str, str]:
    """Tell the server which switches are on, and where it may build."""
    on = {f"COSYVOICE_{name.upper()}": "true" for name in _SWITCHES if getattr(acceleration, name)}
    return {**on, "COSYVOICE_CACHE_DIR": _FOLDER} if acceleration.builds else on


def volume(acceleration: Acceleration, *, alone: bool) -> Volume | None:
    """Choose where the server may build; None where it builds nothing.

    A server removes what another has left unfinished there, so each needs a volume for itself.

    Args:
        acceleration: how it uses its GPU.
        alone: whether there is never a second pod; then the volume can outlive the pod.
    """
    if not acceleration.builds:
        return None
    size, storage_class = acceleration.storage, acceleration.storage_class
    claim = Claim(_NAME, _CLAIM, size, storage_class, AccessMode.ONE_NODE, rebuilt=True)
    if alone:
        return Volume(_NAME, _FOLDER, {"persistentVolumeClaim": {"claimName": claim.name}}, claim=claim)
    return Volume(_NAME, _FOLDER, {"ephemeral": {"volumeClaimTemplate": {"spec": claim.spec}}})
