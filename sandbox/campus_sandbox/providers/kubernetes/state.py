"""What a look at an object says about waiting for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from campus_sandbox.providers.kubernetes.objects import Object, dig


class Phase(Enum):
    """Whether to go on waiting."""

    READY = "ready"
    WAITING = "waiting"
    FAILED = "failed"


@dataclass(frozen=True)
class State:
    """A phase, and in words what is missing or what went wrong."""

    phase: Phase
    reason: str = ""


READY = State(Phase.READY)


def waiting(reason: str) -> State:
    """Not there yet; `reason` completes "waiting for"."""
    return State(Phase.WAITING, reason)


def failed(reason: str) -> State:
    """It will never be there; `reason` is a sentence."""
    return State(Phase.FAILED, reason)


@dataclass(frozen=True)
class Surroundings:
    """Other objects that a rule looks at; only those it asks for are filled in.

    Attributes:
        pods: the object's pods.
        endpoint_slices: a Service's EndpointSlices.
        storage_class: the StorageClass that a PersistentVolumeClaim uses, if it exists.
    """

    pods: Sequence[Object] = field(default_factory=tuple)
    endpoint_slices: Sequence[Object] = field(default_factory=tuple)
    storage_class: Object | None = None


def condition(obj: Mapping[str, Any], kind: str) -> Mapping[str, Any]:
    """The status condition of one type, or an empty one."""
    conditions = dig(obj, "status", "conditions")
    if not isinstance(conditions, list):
        return {}
    return next((one for one in conditions if dig(one, "type") == kind), {})


def has_condition(obj: Mapping[str, Any], kind: str, status: str = "True") -> bool:
    """Whether a status condition has the given status (in any case, as `kubectl wait` compares)."""
    return str(condition(obj, kind).get("status", "")).lower() == status.lower()


def observed(obj: Mapping[str, Any]) -> bool:
    """Whether the controller has seen the object's latest spec."""
    return int(dig(obj, "status", "observedGeneration") or 0) >= int(dig(obj, "metadata", "generation") or 0)
