"""How the last backup of a speech server ended."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from operations.cluster import Cluster

KEPT = "--keep-within-weekly"
"""The option of restic that says how old a backup may get."""


class Outcome(StrEnum):
    """How a run ended."""

    NONE = "none yet"
    RUNNING = "started"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True)
class Run:
    """One run of a backup."""

    outcome: Outcome
    at: datetime | None = None
    """When it began or, once it is over, ended."""

    why: str = ""
    """What it waits for, or which step failed and what it said last."""


def last_run(cluster: Cluster, namespace: str, cron_job: str) -> Run | None:
    """The newest run of a CronJob, also one that was started by hand; None when there is no such CronJob."""
    crons = cluster.raw("batch", "cronjobs")
    if not any(_is_of(cron, namespace) and cron["metadata"]["name"] == cron_job for cron in crons):
        return None
    jobs = [job for job in cluster.raw("batch", "jobs") if _is_of(job, namespace) and _from(job, cron_job)]
    if not jobs:
        return Run(Outcome.NONE)
    newest = max(jobs, key=lambda job: str(job["metadata"]["creationTimestamp"]))
    pods = cluster.raw("", "pods", {"batch.kubernetes.io/job-name": newest["metadata"]["name"]})
    return run_of(newest, [pod for pod in pods if _is_of(pod, namespace)])


def kept_days(cluster: Cluster, namespace: str, cron_job: str) -> int | None:
    """For how many days the CronJob keeps its oldest backup; None when there is no such CronJob."""
    for cron in cluster.raw("batch", "cronjobs"):
        if _is_of(cron, namespace) and cron["metadata"]["name"] == cron_job:
            return _days(cron["spec"]["jobTemplate"]["spec"]["template"]["spec"])
    return None


def run_of(job: Mapping[str, Any], pods: Sequence[Mapping[str, Any]]) -> Run:
    """What a Job and its pods tell about the run."""
    status = job.get("status", {})
    ended = {one["type"]: one for one in status.get("conditions", []) if one["status"] == "True"}
    if "Complete" in ended:
        return Run(Outcome.SUCCEEDED, _time(ended["Complete"]["lastTransitionTime"]))
    if "Failed" in ended:
        why = _failed_step(pods) or str(ended["Failed"].get("message", ""))
        return Run(Outcome.FAILED, _time(ended["Failed"]["lastTransitionTime"]), why)
    return Run(Outcome.RUNNING, _time(job["metadata"]["creationTimestamp"]), _waits_for(pods))


def _days(pod: Mapping[str, Any]) -> int | None:
    """What the pod's arguments say after KEPT, such as `30d`."""
    for container in (*pod.get("initContainers", []), *pod["containers"]):
        arguments = container.get("args", [])
        if KEPT in arguments:
            return int(arguments[arguments.index(KEPT) + 1].removesuffix("d"))
    return None


def _failed_step(pods: Sequence[Mapping[str, Any]]) -> str:
    """The step that ended with an error, and the last line it wrote."""
    for name, state in _states(pods):
        ended = state.get("terminated", {})
        if ended.get("exitCode"):
            lines = str(ended.get("message", "")).strip().splitlines()
            return f"{name}: {lines[-1] if lines else ended.get('reason', 'no reason given')}"
    return ""


def _waits_for(pods: Sequence[Mapping[str, Any]]) -> str:
    """What keeps a step from starting, such as a Secret that is missing."""
    reasons = [state["waiting"] for _, state in _states(pods) if "message" in state.get("waiting", {})]
    return str(reasons[0]["message"]) if reasons else ""


def _states(pods: Sequence[Mapping[str, Any]]) -> list[tuple[str, Mapping[str, Any]]]:
    return [
        (str(container["name"]), container["state"])
        for pod in pods
        for kind in ("initContainerStatuses", "containerStatuses")
        for container in pod.get("status", {}).get(kind, [])
    ]


def _is_of(item: Mapping[str, Any], namespace: str) -> bool:
    return bool(item["metadata"]["namespace"] == namespace)


def _from(job: Mapping[str, Any], cron_job: str) -> bool:
    owners = job["metadata"].get("ownerReferences", [])
    return any(owner["kind"] == "CronJob" and owner["name"] == cron_job for owner in owners)


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
