"""When objects of built-in kinds are ready: pure functions of what the server answers.

The rules of rollouts are those of `kubectl rollout status`
(https://kubernetes.io/docs/reference/kubectl/generated/kubectl_rollout/kubectl_rollout_status/).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Final

from campus_sandbox.providers.kubernetes.objects import Object, dig, kind_key
from campus_sandbox.providers.kubernetes.pods import problems
from campus_sandbox.providers.kubernetes.state import (
    READY,
    State,
    Surroundings,
    condition,
    failed,
    has_condition,
    observed,
    waiting,
)


class Need(Enum):
    """Other objects a rule looks at."""

    PODS = auto()
    ENDPOINT_SLICES = auto()
    STORAGE_CLASS = auto()


@dataclass(frozen=True)
class Rule:
    """How one kind is waited for.

    Attributes:
        assess: the state of one object.
        need: which other objects `assess` looks at.
        timeout: seconds, when the program says nothing.
        on_read: whether a refresh reports an object that is not ready.
    """

    assess: Callable[[Object, Surroundings], State]
    need: Need | None = None
    timeout: float = 300.0
    on_read: bool = False


def rule_of(obj: Mapping[str, Any]) -> Rule | None:
    """The rule of the object's kind; None for kinds that are done as soon as they exist."""
    return _RULES.get(kind_key(obj))


def _deployment(obj: Object, around: Surroundings) -> State:
    progressing = condition(obj, "Progressing")
    if not observed(obj):
        return waiting("the controller to see the change")
    if progressing.get("reason") == "ProgressDeadlineExceeded":
        return failed(_with_problems(str(progressing.get("message", "progress deadline exceeded")), around))
    wanted = _count(obj, "spec", "replicas", default=1)
    updated = _count(obj, "status", "updatedReplicas")
    available = _count(obj, "status", "availableReplicas")
    old = _count(obj, "status", "replicas") - updated
    if updated < wanted:
        return _rollout(f"{updated} of {wanted} replicas updated", around)
    if old > 0:
        return _rollout(f"{old} old replicas to end", around)
    if available < updated:
        return _rollout(f"{available} of {updated} updated replicas available", around)
    return READY


def _stateful_set(obj: Object, around: Surroundings) -> State:
    if not observed(obj):
        return waiting("the controller to see the change")
    wanted = _count(obj, "spec", "replicas", default=1)
    ready, updated = _count(obj, "status", "readyReplicas"), _count(obj, "status", "updatedReplicas")
    if ready < wanted:
        return _rollout(f"{ready} of {wanted} replicas ready", around)
    if dig(obj, "spec", "updateStrategy", "type") == "OnDelete":
        return READY
    partition = _count(obj, "spec", "updateStrategy", "rollingUpdate", "partition")
    if partition:
        due = wanted - partition
        return READY if updated >= due else _rollout(f"{updated} of {due} replicas updated", around)
    if dig(obj, "status", "currentRevision") != dig(obj, "status", "updateRevision"):
        return _rollout(f"{updated} of {wanted} replicas updated", around)
    return READY


def _daemon_set(obj: Object, around: Surroundings) -> State:
    if not observed(obj):
        return waiting("the controller to see the change")
    wanted = _count(obj, "status", "desiredNumberScheduled")
    for key, word in (
        ("updatedNumberScheduled", "updated"),
        ("numberReady", "ready"),
        ("numberAvailable", "available"),
    ):
        count = _count(obj, "status", key)
        if count < wanted:
            return _rollout(f"{count} of {wanted} pods {word}", around)
    return READY


def _job(obj: Object, around: Surroundings) -> State:
    if has_condition(obj, "Failed"):
        told = condition(obj, "Failed")
        return failed(_with_problems(f"{told.get('reason', 'failed')}: {told.get('message', '')}", around))
    if has_condition(obj, "Complete"):
        return READY
    done = _count(obj, "status", "succeeded")
    return _rollout(f"{done} of {_count(obj, 'spec', 'completions', default=1)} completions", around)


def _pod(obj: Object, _: Surroundings) -> State:
    phase = dig(obj, "status", "phase")
    if phase == "Failed":
        return failed("; ".join(problems([obj])) or "the pod failed")
    if phase == "Succeeded" or has_condition(obj, "Ready"):
        return READY
    return _rollout(f"the pod to be ready (phase {phase or 'unknown'})", Surroundings(pods=[obj]))


def _claim(obj: Object, around: Surroundings) -> State:
    phase = dig(obj, "status", "phase")
    if phase == "Bound":
        return READY
    # Such a claim is bound only when a pod uses it, which may well depend on this resource.
    if dig(around.storage_class, "volumeBindingMode") == "WaitForFirstConsumer":
        return READY
    if phase == "Lost":
        return failed("the claim lost its volume")
    wanted = dig(obj, "spec", "storageClassName")
    return waiting(f"a volume of storage class {wanted or 'default'} (phase {phase or 'unknown'})")


def _volume(obj: Object, _: Surroundings) -> State:
    phase = dig(obj, "status", "phase")
    return READY if phase in ("Available", "Bound") else waiting(f"the volume (phase {phase or 'unknown'})")


def _service(obj: Object, around: Surroundings) -> State:
    balanced = dig(obj, "spec", "type") == "LoadBalancer"
    if balanced and not dig(obj, "status", "loadBalancer", "ingress"):
        return waiting("the load balancer's address; does this cluster provide load balancers?")
    headless = dig(obj, "spec", "clusterIP") == "None"
    if headless or dig(obj, "spec", "type") == "ExternalName" or not dig(obj, "spec", "selector"):
        return READY
    endpoints = [one for each in around.endpoint_slices for one in each.get("endpoints") or []]
    unready = [one for one in endpoints if _is_unready(one)]
    if unready:
        names = ", ".join(str(dig(one, "targetRef", "name") or one.get("addresses")) for one in unready)
        return waiting(f"{len(unready)} of {len(endpoints)} endpoints to be ready: {names}")
    return READY


def _is_unready(endpoint: Mapping[str, Any]) -> bool:
    # A pod on its way out stays listed as unready until it is gone.
    return dig(endpoint, "conditions", "ready") is False and not dig(endpoint, "conditions", "terminating")


def _ingress(obj: Object, _: Surroundings) -> State:
    address = dig(obj, "status", "loadBalancer", "ingress")
    return READY if address else waiting("an address from an ingress controller")


def _namespace(obj: Object, _: Surroundings) -> State:
    phase = dig(obj, "status", "phase")
    return READY if phase == "Active" else waiting(f"the namespace to be active (phase {phase or 'unknown'})")


def _crd(obj: Object, _: Surroundings) -> State:
    names = condition(obj, "NamesAccepted")
    if names.get("status") == "False":
        return failed(str(names.get("message", "its names are not accepted")))
    return READY if has_condition(obj, "Established") else waiting("the kind to be served")


def _quota(obj: Object, _: Surroundings) -> State:
    same = dig(obj, "spec", "hard") == dig(obj, "status", "hard")
    return READY if same else waiting("the quota to be counted")


def _secret(obj: Object, _: Surroundings) -> State:
    if obj.get("type") == "kubernetes.io/service-account-token" and not obj.get("data"):
        return waiting("the token")
    return READY


def _rollout(reason: str, around: Surroundings) -> State:
    return waiting(_with_problems(reason, around))


def _with_problems(text: str, around: Surroundings) -> str:
    found = problems(around.pods)
    return f"{text}; {'; '.join(found)}" if found else text


def _count(obj: Object, *path: str, default: int = 0) -> int:
    value = dig(obj, *path)
    return default if value is None else int(value)


_RULES: Final[Mapping[tuple[str, str], Rule]] = {
    ("apps", "Deployment"): Rule(_deployment, Need.PODS, 600.0, on_read=True),
    ("apps", "StatefulSet"): Rule(_stateful_set, Need.PODS, 600.0, on_read=True),
    ("apps", "DaemonSet"): Rule(_daemon_set, Need.PODS, 600.0, on_read=True),
    ("batch", "Job"): Rule(_job, Need.PODS, 600.0, on_read=True),
    ("", "Pod"): Rule(_pod, on_read=True),
    ("", "PersistentVolumeClaim"): Rule(_claim, Need.STORAGE_CLASS),
    ("", "PersistentVolume"): Rule(_volume),
    ("", "Service"): Rule(_service, Need.ENDPOINT_SLICES, 600.0, on_read=True),
    ("networking.k8s.io", "Ingress"): Rule(_ingress, None, 600.0, on_read=True),
    ("", "Namespace"): Rule(_namespace),
    ("apiextensions.k8s.io", "CustomResourceDefinition"): Rule(_crd),
    ("", "ResourceQuota"): Rule(_quota, None, 60.0),
    ("", "Secret"): Rule(_secret, None, 30.0),
}
