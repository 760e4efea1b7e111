"""Computing power of one pod."""

from dataclasses import dataclass

from campus_voice.shared.fields import Fields
from campus_voice.shared.manifests import Manifest
from campus_voice.shared.quantities import exact

_FIELDS = ("cpu", "memory", "storage")
_KNOWN = frozenset(f"{name}_{bound}" for name in _FIELDS for bound in ("request", "limit"))


@dataclass(frozen=True)
class Power:
    """Computing power of one pod; None is no bound. The GPUs are not here, but in its placement."""

    cpu_request: str
    cpu_limit: str | None
    memory_request: str
    memory_limit: str
    storage_request: str
    """Of the node's disk: what the container writes, its log and what is below /tmp."""

    storage_limit: str


def read(fields: Fields, default: Power) -> Power:
    """Read the argument `resources`; a limit below a request is refused, and so are GPUs."""
    power = Power(
        cpu_request=fields.quantity("cpu_request", default.cpu_request),
        cpu_limit=fields.optional_quantity("cpu_limit", default.cpu_limit),
        memory_request=fields.quantity("memory_request", default.memory_request),
        memory_limit=fields.quantity("memory_limit", default.memory_limit),
        storage_request=fields.quantity("storage_request", default.storage_request),
        storage_limit=fields.quantity("storage_limit", default.storage_limit),
    )
    for name in _FIELDS:
        request, limit = getattr(power, f"{name}_request"), getattr(power, f"{name}_limit")
        if limit is not None and exact(request) > exact(limit):
            fields.refuse_as(
                request,
                f"{name}_request",
                f"it must not be above {name}_limit, which is {limit}",
                "nothing can reserve more than it may ever use, and Kubernetes refuses such a pod",
                f"Lower {name}_request, or raise {name}_limit.",
            )
    for name in sorted(fields.names() - _KNOWN):
        fields.refuse(
            name,
            f"it has to be one of {', '.join(sorted(_KNOWN))}",
            "GPUs and other devices are reserved and limited by one and the same number",
            "Count GPUs in gpus, and name their kind in gpu_resource.",
        )
    return power


def render(power: Power) -> Manifest:
    """Render a container's `resources`."""
    requests = {
        "cpu": power.cpu_request,
        "ephemeral-storage": power.storage_request,
        "memory": power.memory_request,
    }
    limits = {"ephemeral-storage": power.storage_limit, "memory": power.memory_limit}
    if power.cpu_limit is not None:
        limits["cpu"] = power.cpu_limit
    return {"limits": limits, "requests": requests}
