"""What a stack's file may say about the number of speech pods, when it is not fixed."""

from typing import Annotated, TypeAlias

from pydantic import Field, StringConstraints

from .rule import Rule
from .strict import Strict

_PODS = Rule(
    "it must be a whole number from 0 to 100",
    "each speech pod takes its share of the nodes",
    "Write a small number, at most as many as there are GPUs.",
)

Pods: TypeAlias = Annotated[int, Field(ge=0, le=100), _PODS]

Syntheses: TypeAlias = Annotated[
    int,
    Field(ge=1, le=64),
    Rule(
        "it must be a whole number from 1 to 64",
        "one speech pod is enough for so many at once",
        "Leave it out for 2.",
    ),
]

Gpus: TypeAlias = Annotated[
    int,
    Field(ge=1, le=10_000),
    Rule(
        "it must be a whole number from 1 to 10000",
        "there are never more speech pods than GPUs for them",
        "Write how many GPUs the cluster has for this backend.",
    ),
]

SpareGpus: TypeAlias = Annotated[
    int,
    Field(ge=0, le=10_000),
    Rule(
        "it must be a whole number from 0 to 10000",
        "so many GPUs are free for an update while nothing is updated",
        "Leave it out for 0.",
    ),
]

Moment: TypeAlias = Annotated[
    str,
    StringConstraints(pattern=r"^([\d*/,-]+\s+){4}[\d*/,-]+$"),
    Rule(
        "it must be five fields: minute, hour, day, month, day of the week",
        "it is read as cron does",
        'Write it like "30 7 * * 1-5", in quotes.',
    ),
]

Timezone: TypeAlias = Annotated[
    str,
    StringConstraints(pattern=r"^(UTC|[A-Z][A-Za-z_]+(/[A-Z][A-Za-z_-]+){1,2})$"),
    Rule(
        "it must be a name of the time zone database",
        "the hours are those of a clock on a wall",
        "Write it like Asia/Shanghai.",
    ),
]

Server: TypeAlias = Annotated[
    str,
    StringConstraints(pattern=r"^https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[^\s?#]*)?$"),
    Rule(
        "it must be an http:// or https:// address without a query",
        "KEDA asks there how many syntheses there are",
        "Write it like http://prometheus-server.monitoring.svc.",
    ),
]


class SchoolHoursSettings(Strict):
    """When the school needs more speech pods."""

    timezone: Timezone
    """The time zone."""

    start: Moment
    """When they have to start, as in cron."""

    end: Moment
    """When they may end, as in cron."""

    replicas: Pods
    """Speech pods in between."""


class ScalingSettings(Strict):
    """How the number of speech pods follows the need, by KEDA."""

    max_replicas: Pods
    """The most speech pods."""

    min_replicas: Pods | None = None
    """The fewest speech pods. Default: 1."""

    school_hours: (
        Annotated[
            SchoolHoursSettings,
            Rule(
                "it must be a block with the keys timezone, start, end and replicas",
                "there are more speech pods in these hours",
                'Write it like `{timezone: Asia/Shanghai, start: "30 7 * * 1-5", end: "0 18 * * 1-5", '
                "replicas: 2}`.",
            ),
        ]
        | None
    ) = None
    """When there are more."""

    prometheus: Server | None = None
    """Address of the Prometheus that knows how many syntheses there are."""

    syntheses_per_pod: Syntheses | None = None
    """Syntheses, running and waiting, for which one pod is enough. Default: 2."""

    cluster_gpus: Gpus | None = None
    """GPUs that the cluster has for this backend; required with GPUs."""
