"""Waiting until objects are ready or gone."""

import time
from collections.abc import Callable
from typing import Final

from campus_sandbox.providers.kubernetes.apply import Cluster
from campus_sandbox.providers.kubernetes.conditions import Condition, assess, conditions_of
from campus_sandbox.providers.kubernetes.discovery import UnknownKindError
from campus_sandbox.providers.kubernetes.objects import (
    SKIP_AWAIT,
    TIMEOUT_SECONDS,
    Object,
    annotation,
    dig,
    display,
    is_true,
    kind_key,
    metadata,
    name_of,
    namespace_of,
)
from campus_sandbox.providers.kubernetes.rules import Need, Rule, rule_of
from campus_sandbox.providers.kubernetes.session import ApiError, UnreachableError
from campus_sandbox.providers.kubernetes.state import READY, Phase, State, Surroundings, condition, waiting

_POLL_SECONDS: Final = 0.3
_CONDITION_SECONDS: Final = 600.0
_DELETE_SECONDS: Final = 300.0
_DELETE_WORKLOAD_SECONDS: Final = 600.0
_EVENTS: Final = 5
_SKIPS_DELETION: Final = frozenset(
    {("", "Namespace"), ("", "Pod"), ("batch", "Job")}
    | {("apps", kind) for kind in ("DaemonSet", "Deployment", "StatefulSet")}
)

Status = Callable[[str], None]


class NotReadyError(Exception):
    """An object did not become ready: it failed, it cannot be looked at, time ran out, or the user cancelled.

    Args:
        message: what was waited for, what was seen last, and the warnings the cluster recorded.
        last: the object as last seen.
    """

    def __init__(self, message: str, last: Object) -> None:
        super().__init__(message)
        self.last = last


def timeout_of(obj: Object, custom: float, default: float) -> float:
    """Seconds to wait: the resource's custom timeout, else its annotation, else the kind's default."""
    if custom:
        return custom
    text = annotation(obj, TIMEOUT_SECONDS)
    return float(text) if text.isdecimal() and int(text) else default


def until_ready(
    cluster: Cluster, wanted: Object, live: Object, custom_timeout: float, status: Status
) -> Object:
    """Wait for an object that was just created or changed, and for an API server that does not answer.

    Args:
        cluster: where it lives.
        wanted: the inputs, whose annotations steer the waiting.
        live: the object as the server answered.
        custom_timeout: the resource's own timeout in seconds; 0 for none.
        status: told what is being waited for.

    Returns:
        The object as last seen.

    Raises:
        NotReadyError: see there.
        ValueError: the `waitFor` annotation is not understood.
    """
    rule, conditions = rule_of(live), conditions_of(wanted)
    if is_true(wanted, SKIP_AWAIT) or (rule is None and not conditions):
        return live
    default = rule.timeout if rule and not conditions else _CONDITION_SECONDS
    limit = timeout_of(wanted, custom_timeout, default)
    deadline = time.monotonic() + limit
    told = ""
    while True:
        live, now = _look(cluster, rule, conditions, live, again=bool(told))
        if now.phase is Phase.READY:
            return live
        if now.phase is Phase.FAILED:
            raise NotReadyError(f"{display(live)} failed: {now.reason}{_warnings(cluster, live)}", live)
        if now.reason != told:
            told = now.reason
            status(f"waiting for {told}")
        if time.monotonic() >= deadline:
            said = f"{display(live)} was not ready after {limit:g} s: waiting for {told}"
            raise NotReadyError(said + _conditions(live) + _warnings(cluster, live), live)
        if cluster.cancelled.wait(_POLL_SECONDS):
            raise NotReadyError(f"cancelled while waiting for {told} of {display(live)}", live)


def state_now(cluster: Cluster, wanted: Object, live: Object) -> State:
    """What a refresh says about an object: not ready for the kinds that the official provider checks then."""
    rule = rule_of(live)
    if rule is None or not rule.on_read or is_true(wanted, SKIP_AWAIT):
        return READY
    return _assess(cluster, rule, live)


def until_gone(cluster: Cluster, obj: Object, custom_timeout: float, status: Status) -> None:
    """Wait until a deleted object, and in the foreground what it owns, is gone.

    Raises:
        ApiError: the server does not let it be looked at.
        NotReadyError: it is still there after the timeout, or nobody answers who would know.
    """
    key = kind_key(obj)
    if is_true(obj, SKIP_AWAIT) and key in _SKIPS_DELETION:
        return
    default = _DELETE_WORKLOAD_SECONDS if key[0] == "apps" else _DELETE_SECONDS
    limit = timeout_of(obj, custom_timeout, default)
    deadline = time.monotonic() + limit
    first = ""
    while True:
        try:
            live = cluster.read(obj)
            uid = str(metadata(live).get("uid", ""))
            first = first or uid
            if uid != first:
                return
            how, reason = "was still there", _keeps(live)
        except UnreachableError as lost:
            live, how, reason = obj, "was not seen to be gone", str(lost)
        except UnknownKindError:
            return
        except ApiError as refused:
            if refused.not_found:
                return
            raise
        if time.monotonic() >= deadline:
            raise NotReadyError(f"{display(obj)} {how} {limit:g} s after its deletion: {reason}", live)
        status(f"waiting for deletion: {reason}")
        if cluster.cancelled.wait(_POLL_SECONDS):
            raise NotReadyError(f"cancelled while waiting for the deletion of {display(obj)}", live)


def _assess(cluster: Cluster, rule: Rule | None, live: Object) -> State:
    return READY if rule is None else rule.assess(live, _surroundings(cluster, rule, live))


def _look(
    cluster: Cluster, rule: Rule | None, conditions: tuple[Condition, ...], live: Object, again: bool
) -> tuple[Object, State]:
    """The object, read again if wanted, and how far it is."""
    try:
        if again:
            live = cluster.read(live)
        return live, assess(live, conditions) if conditions else _assess(cluster, rule, live)
    except UnreachableError as lost:
        return live, waiting(f"the API server: {lost}")
    except UnknownKindError as gone:
        raise NotReadyError(
            f"{display(live)} was deleted with its kind while it was waited for", live
        ) from gone
    except ApiError as refused:
        if refused.not_found:
            raise NotReadyError(f"{display(live)} was deleted while it was waited for", live) from refused
        raise NotReadyError(f"{display(live)} could not be waited for: {refused}", live) from refused


def _surroundings(cluster: Cluster, rule: Rule, live: Object) -> Surroundings:
    if rule.need is Need.PODS:
        return Surroundings(pods=_pods(cluster, live))
    if rule.need is Need.ENDPOINT_SLICES:
        selector = f"kubernetes.io/service-name={name_of(live)}"
        slices = cluster.related(
            "discovery.k8s.io/v1", "EndpointSlice", namespace_of(live), labelSelector=selector
        )
        return Surroundings(endpoint_slices=slices)
    if rule.need is Need.STORAGE_CLASS:
        return Surroundings(storage_class=_storage_class(cluster, live))
    return Surroundings()


def _pods(cluster: Cluster, live: Object) -> list[Object]:
    labels = dig(live, "spec", "selector", "matchLabels") or {}
    if not labels:
        return []
    selector = ",".join(f"{key}={value}" for key, value in sorted(labels.items()))
    return cluster.related("v1", "Pod", namespace_of(live), labelSelector=selector)


def _storage_class(cluster: Cluster, claim: Object) -> Object | None:
    wanted = dig(claim, "spec", "storageClassName")
    classes = cluster.related("storage.k8s.io/v1", "StorageClass", "")
    return next((one for one in classes if name_of(one) == wanted), None)


def _keeps(live: Object) -> str:
    told = [
        str(condition(live, kind).get("message"))
        for kind in (
            "NamespaceContentRemaining",
            "NamespaceFinalizersRemaining",
            "NamespaceDeletionContentFailure",
        )
        if condition(live, kind).get("status") == "True"
    ]
    finalizers = metadata(live).get("finalizers") or []
    if finalizers:
        told.append(f"finalizers {', '.join(finalizers)}")
    return "; ".join(told) or "it has no finalizers left"


def _conditions(live: Object) -> str:
    conditions = dig(live, "status", "conditions")
    if not isinstance(conditions, list) or not conditions:
        return "; it has no status conditions yet"
    told = [
        f"{one.get('type')}={one.get('status')}" + (f" ({one['message']})" if one.get("message") else "")
        for one in conditions
    ]
    return f"; last seen: {', '.join(told)}"


def _warnings(cluster: Cluster, live: Object) -> str:
    try:
        events = cluster.related(
            "v1",
            "Event",
            namespace_of(live) or "default",
            fieldSelector=f"involvedObject.uid={metadata(live).get('uid')},type=Warning",
        )
    except (ApiError, UnknownKindError, UnreachableError):
        return ""
    told = list(dict.fromkeys(f"{one.get('reason')}: {one.get('message')}" for one in events))
    return f"; events: {'; '.join(told[-_EVENTS:])}" if told else ""
