"""How many speech pods there are, and when: by KEDA, at the hours of a school and by what is being spoken.

A pod that starts loads its model for minutes, so the number for school hours is there before the first
lesson, and the number of syntheses only adds to it. A pod that goes finishes what it speaks: KEDA only lowers
the Deployment's number, and the pod drains as in any roll-out.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from campus_voice.ai_app_backend.application import Application, Claim
from campus_voice.shared import labels
from campus_voice.shared.enums import AccessMode
from campus_voice.shared.fields import Fields
from campus_voice.shared.manifests import WAIT_FOR_READY, Manifest, metadata

SCALER = "scaled-object"

DEFINITION = "scaledobjects.keda.sh"
"""Name of the definition by which KEDA is found."""

MISSING = "scaling-needs-keda-on-the-cluster"
"""Suffix under which it is looked for: what people read when it is not there."""

_MOST_PODS = 100
_POLL_SECONDS = 15
_CALM_SECONDS = 600
"""How long fewer pods have to be enough before one goes: each that comes back costs minutes."""

_GONE_SECONDS = 300
"""What is between two pods that go."""

_UNKNOWN_POLLS = 4
"""After how many questions without an answer the number for school hours is kept."""

_ADDRESS = re.compile(r"https?://[A-Za-z0-9.\-]+(:\d{1,5})?(/[^\s?#]*)?")
_CRON = re.compile(r"([\d*/,\-]+\s+){4}[\d*/,\-]+", re.ASCII)
_TIMEZONE = re.compile(r"UTC|[A-Z][A-Za-z_]+(/[A-Z][A-Za-z_\-]+){1,2}")


@dataclass(frozen=True)
class SchoolHours:
    """When the school needs more pods."""

    timezone: str
    start: str
    end: str
    replicas: int


@dataclass(frozen=True)
class Scaling:
    """How the number of pods follows the need."""

    minimum: int
    maximum: int
    hours: SchoolHours | None
    prometheus: str | None
    """Address of the Prometheus that reads the pods' metrics."""

    syntheses_per_pod: int


def read(fields: Fields, claims: Sequence[Claim], gpus: int, *, metrics: bool) -> Scaling | None:
    """Read the argument `scaling`; None where the number of pods is fixed.

    Args:
        fields: the backend's arguments.
        claims: the volumes that every pod mounts.
        gpus: GPUs of each pod.
        metrics: whether the server tells how many syntheses it has.
    """
    if fields.given("scaling") is None:
        return None
    own = fields.nested("scaling")
    why = "KEDA moves the number of pods between the two"
    maximum = own.integer("max_replicas", None, 1, _MOST_PODS, why)
    scaling = Scaling(
        minimum=own.integer("min_replicas", 1, 0, maximum, why),
        maximum=maximum,
        hours=_hours(own, maximum),
        prometheus=_prometheus(own, metrics=metrics),
        syntheses_per_pod=own.integer("syntheses_per_pod", 2, 1, 64, "so many are spoken well by one pod"),
    )
    _check(fields, own, scaling, claims)
    _check_gpus(own, scaling, gpus)
    return scaling


def scaled_object(application: Application, scaling: Scaling) -> Manifest:
    """Render KEDA's ScaledObject (https://keda.sh/docs/2.21/reference/scaledobject-spec/)."""
    down = {"periodSeconds": _GONE_SECONDS, "type": "Pods", "value": 1}
    spec: Manifest = {
        "advanced": {
            "horizontalPodAutoscalerConfig": {
                "behavior": {"scaleDown": {"policies": [down], "stabilizationWindowSeconds": _CALM_SECONDS}}
            }
        },
        "cooldownPeriod": _CALM_SECONDS,
        "maxReplicaCount": scaling.maximum,
        "minReplicaCount": scaling.minimum,
        "pollingInterval": _POLL_SECONDS,
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": application.name},
        "triggers": _triggers(application, scaling),
    }
    if scaling.prometheus is not None:
        usual = scaling.minimum if scaling.hours is None else scaling.hours.replicas
        spec["fallback"] = {"failureThreshold": _UNKNOWN_POLLS, "replicas": max(usual, 1)}
    return {
        "apiVersion": "keda.sh/v1alpha1",
        "kind": "ScaledObject",
        "metadata": metadata(
            application.name,
            labels.common(application.name, "backend"),
            namespace=application.namespace,
            annotations=WAIT_FOR_READY,
        ),
        "spec": spec,
    }


def _triggers(application: Application, scaling: Scaling) -> list[Manifest]:
    """Render what the number follows; the highest of all counts."""
    triggers: list[Manifest] = []
    if scaling.prometheus is not None:
        pods = f'{{namespace="{application.namespace}"}}'
        query = f"sum(cosyvoice_in_flight_requests{pods}) + sum(cosyvoice_queue_size{pods})"
        triggers.append(
            {
                "metadata": {
                    "query": query,
                    "serverAddress": scaling.prometheus,
                    "threshold": str(scaling.syntheses_per_pod),
                },
                "metricType": "AverageValue",
                "type": "prometheus",
            }
        )
    if scaling.hours is not None:
        hours = scaling.hours
        triggers.append(
            {
                "metadata": {
                    "desiredReplicas": str(hours.replicas),
                    "end": hours.end,
                    "start": hours.start,
                    "timezone": hours.timezone,
                },
                "type": "cron",
            }
        )
    return triggers


def _hours(fields: Fields, maximum: int) -> SchoolHours | None:
    if fields.given("school_hours") is None:
        return None
    own = fields.nested("school_hours")
    return SchoolHours(
        timezone=_matching(
            own,
            "timezone",
            _TIMEZONE,
            "it has to be a name of the time zone database",
            "the hours are those of a clock on a wall",
            "Write it like Asia/Shanghai.",
        ),
        start=_moment(own, "start"),
        end=_moment(own, "end"),
        replicas=own.integer("replicas", None, 1, maximum, "there are never more pods than max_replicas"),
    )


def _moment(fields: Fields, name: str) -> str:
    return _matching(
        fields,
        name,
        _CRON,
        "it has to be five fields: minute, hour, day, month, day of the week",
        "KEDA reads it as cron does",
        'Write it like "30 7 * * 1-5", a quarter of an hour before it is needed.',
    )


def _prometheus(fields: Fields, *, metrics: bool) -> str | None:
    if fields.given("prometheus") is None:
        return None
    if not metrics:
        fields.refuse(
            "prometheus",
            "it must not be given beside a third party's server",
            "that tells no metrics",
            "Remove it, and scale by school_hours.",
        )
    return _matching(
        fields,
        "prometheus",
        _ADDRESS,
        "it has to be an http or https address without a query",
        "KEDA asks there how many syntheses there are",
        "Write it like http://prometheus-server.monitoring.svc.",
    )


def _matching(fields: Fields, name: str, form: re.Pattern[str], rule: str, why: str, way_out: str) -> str:
    value = fields.given(name)
    if isinstance(value, str) and form.fullmatch(value):
        return value
    fields.refuse(name, rule, why, way_out)
    return ""


def _check(fields: Fields, own: Fields, scaling: Scaling, claims: Sequence[Claim]) -> None:
    if scaling.hours is None and scaling.prometheus is None:
        own.refuse(
            "school_hours",
            "school_hours, prometheus or both have to be given",
            "the number of pods has to follow something",
            "Give the school's hours, or remove scaling and set replicas.",
        )
    if scaling.minimum == 0 and scaling.hours is None:
        own.refuse(
            "min_replicas",
            "it must not be 0 without school_hours",
            "a pod that is not there counts no syntheses, so nothing would ever bring it back",
            "Write 1, or give the school's hours.",
        )
    if fields.given("replicas") is not None:
        fields.refuse(
            "replicas",
            "it must not be given beside scaling",
            "KEDA sets the number of pods, and each deployment would set it back",
            "Remove it, or remove scaling.",
        )
    bound = [claim.name for claim in claims if claim.access is AccessMode.ONE_NODE]
    if scaling.maximum > 1 and bound:
        own.refuse(
            "max_replicas",
            f"it must not be above 1 beside volumes of one node, such as {bound[0]}",
            "the second pod would wait for ever on any other node",
            f"Write 1, or storage_access {AccessMode.MANY_NODES} with a class that can share volumes.",
        )


def _check_gpus(own: Fields, scaling: Scaling, gpus: int) -> None:
    if not gpus:
        return
    there = own.integer(
        "cluster_gpus", None, 1, 10_000, "a pod without a GPU waits for ever and speaks nothing"
    )
    if scaling.maximum * gpus > there:
        own.refuse(
            "max_replicas",
            f"it must not be above {there // gpus}, for which cluster_gpus has {gpus} each",
            "a pod without a GPU waits for ever and speaks nothing",
            "Lower it, or add GPUs and raise cluster_gpus.",
        )
