"""What a CosyVoiceBackend is told about the number of its pods."""

from typing import NotRequired, TypedDict


class CosyVoiceBackendSchoolHoursArgs(TypedDict):
    """When the school needs more speech pods."""

    timezone: str
    """Name of the time zone, such as `Asia/Shanghai`."""

    start: str
    """When they have to start, as in cron: `30 7 * * 1-5`."""

    end: str
    """When they may end, as in cron: `0 18 * * 1-5`."""

    replicas: int
    """Speech pods in between."""


class CosyVoiceBackendScalingArgs(TypedDict):
    """How the number of speech pods follows the need: by KEDA, which has to be on the cluster."""

    max_replicas: int
    """The most speech pods; the routes' `backend_replicas`. Above 1 it needs volumes for many nodes."""

    min_replicas: NotRequired[int]
    """The fewest speech pods; with 0 nobody can speak out of school hours. Default: 1."""

    school_hours: NotRequired[CosyVoiceBackendSchoolHoursArgs]
    """When there are more. This or `prometheus`, or both."""

    prometheus: NotRequired[str]
    """Address of the Prometheus that reads the pods' metrics with a label `namespace`: pods are added by the
    syntheses that run and wait."""

    syntheses_per_pod: NotRequired[int]
    """Syntheses, running and waiting, for which one pod is enough. Default: 2."""

    cluster_gpus: NotRequired[int]
    """GPUs that the cluster has for this backend, required with GPUs: `max_replicas` may not need more."""
