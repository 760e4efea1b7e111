"""The health of each part of a stack, as plain rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from operations.backups import Outcome, Run
from operations.cluster import Claim, Custom, Pod
from operations.guards import Finding
from operations.rollouts import Failure

INCLUDE_NOT_FOUND = "IncludeNotFound"
"""Contour's reason for an HTTPProxy whose included one is not there."""


@dataclass(frozen=True)
class Row:
    """One part of a stack."""

    part: str
    """What it is, such as `campus north` or `envoy`."""

    name: str
    where: str
    state: str
    healthy: bool


def pod_row(part: str, pod: Pod) -> Row:
    """A pod: healthy when it is ready, restarts are told."""
    restarts = f", {pod.restarts} restarts" if pod.restarts else ""
    trouble = f", {pod.trouble}" if pod.trouble else ""
    state = "Ready" if pod.ready else f"{pod.phase}, not ready"
    return Row(
        part, pod.name, f"{pod.namespace} on {pod.node or 'no node'}", state + restarts + trouble, pod.ready
    )


def no_pod_row(part: str, namespace: str, replicas: int | None = None) -> Row:
    """The absence of every pod of a part; `replicas` are those its Deployment wants, if it has one."""
    why = "scaled to zero" if replicas == 0 else "no pod"
    return Row(part, "-", namespace, why, healthy=False)


def failure_row(part: str, found: Failure) -> Row:
    """A model that could not be fetched, or pods that were not ready in time."""
    return Row(part, f"{found.kind} {found.name}", found.namespace, found.words, healthy=False)


def proxy_row(
    part: str, namespace: str, name: str, proxies: Mapping[str, Custom], *, own_stack: bool = False
) -> Row:
    """An HTTPProxy: healthy when Contour calls it valid.

    The one of a campus with a stack of its own (`own_stack`) may also wait for what that stack brings.
    """
    if name not in proxies:
        return Row(part, f"HTTPProxy {name}", namespace, "missing", healthy=False)
    status = proxies[name].status
    errors = _condition(status, "Valid").get("errors", [])
    if own_stack and errors and all(error.get("reason") == INCLUDE_NOT_FOUND for error in errors):
        return Row(part, f"HTTPProxy {name}", namespace, f"waits for stack campus-{name}", healthy=True)
    state = str(status.get("currentStatus", "not yet judged by Contour"))
    valid = state == "valid"
    why = "" if valid else f": {_first_error(status)}"
    return Row(part, f"HTTPProxy {name}", namespace, state + why, valid)


def certificate_row(namespace: str, certificate: Custom, now: datetime) -> Row:
    """A Certificate: healthy when cert-manager calls it ready and it has not run out."""
    ready = _condition(certificate.status, "Ready")
    name = f"Certificate {certificate.name}"
    if ready.get("status") != "True":
        return Row("certificate", name, namespace, str(ready.get("message", "not issued yet")), healthy=False)
    until = datetime.fromisoformat(str(certificate.status["notAfter"]))
    left = until - now
    state = (
        f"until {until:%Y-%m-%d %H:%M} UTC, {left.days} days left"
        if left.total_seconds() > 0
        else "has run out"
    )
    return Row("certificate", name, namespace, state, left.total_seconds() > 0)


def claim_row(part: str, namespace: str, name: str, claim: Claim | None) -> Row:
    """A PersistentVolumeClaim: healthy when it is bound."""
    if claim is None:
        return Row(part, f"claim {name}", namespace, "missing", healthy=False)
    return Row(
        part, f"claim {name}", namespace, f"{claim.phase} {claim.size}".strip(), claim.phase == "Bound"
    )


def backup_row(part: str, namespace: str, name: str, run: Run | None, now: datetime) -> Row:
    """The backup: healthy when its last run did not fail and waits for nothing."""
    if run is None:
        return Row(part, f"backup {name}", namespace, "missing", healthy=False)
    when = "" if run.at is None else f" {_ago(now - run.at)} ago"
    why = f", {run.why}" if run.why else ""
    healthy = run.outcome is not Outcome.FAILED and not run.why
    return Row(part, f"backup {name}", namespace, f"{run.outcome}{when}{why}", healthy)


def guard_row(policy: str) -> Row:
    """An admission policy that everything in the cluster keeps."""
    return Row("guard", policy, "every namespace", "kept by all that is there", healthy=True)


def no_guard_row(ingress_class: str) -> Row:
    """The absence of every admission policy of the gateway."""
    return Row("guard", f"{ingress_class}-*", "-", "no admission policy", healthy=False)


def finding_row(finding: Finding) -> Row:
    """An object that was there before the admission policy which would refuse it."""
    return Row("guard", f"{finding.resource}/{finding.name}", finding.namespace, finding.why, healthy=False)


def _ago(time: timedelta) -> str:
    """How long ago, in the largest unit that leaves at least two of them."""
    minutes = max(int(time.total_seconds()) // 60, 0)
    for unit, length in (("days", 24 * 60), ("hours", 60)):
        if minutes >= 2 * length:
            return f"{minutes // length} {unit}"
    return f"{minutes} min"


def _condition(status: Mapping[str, Any], kind: str) -> Mapping[str, Any]:
    found: list[Mapping[str, Any]] = [
        item for item in status.get("conditions", []) if item.get("type") == kind
    ]
    return found[0] if found else {}


def _first_error(status: Mapping[str, Any]) -> str:
    """The most telling sentence of an HTTPProxy's status."""
    errors: list[Mapping[str, Any]] = _condition(status, "Valid").get("errors", [])
    return str(errors[0]["message"] if errors else status.get("description", "no reason given"))
