"""Roll-outs that did not end in time, models that could not be fetched, and the values to go back to.

Run as a program after a failed `up`, it says so in one sentence each, and otherwise nothing.
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from operations.backups import Outcome, run_of
from operations.cluster import Cluster, connect
from operations.command import carry_out
from operations.errors import OperationError
from operations.outputs import Backend
from operations.stack import read_stack

_MODEL = "campus-voice/model"
"""The annotation in which CosyVoiceBackend says which model a Deployment runs on, or a Job fetches."""

_SOURCES = ("hub", "url")
"""Parts of a model's description that have parts themselves."""

_ACCELERATION = ("tensorrt",)
"""Parts of a model's description that the setting `acceleration` decides."""

_LATE = "ProgressDeadlineExceeded"


@dataclass(frozen=True)
class Version:
    """What an `up` brings: the two values that are reviewed."""

    image: str | None
    """None where it is not known."""

    model: str | None
    """What decides which model is loaded, as JSON; None where the image holds it."""

    def settings(self) -> dict[str, str]:
        """The values, by the names of the settings."""
        values = {"image": str(self.image)}
        for key, value in json.loads(self.model or "{}").items():
            if key in _SOURCES:
                values |= {f"model.{key}.{name}": json.dumps(part) for name, part in value.items()}
            else:
                setting = "acceleration" if key in _ACCELERATION else "model"
                values[f"{setting}.{key}"] = json.dumps(value)
        return values

    def back_from(self, other: "Version") -> str:
        """The settings by which `other` is left for this; empty where they differ in none."""
        if self.image is None:
            return ""
        here, there = self.settings(), other.settings()
        told = [_written(name, f" {value}") for name, value in here.items() if there.get(name) != value]
        gone = dict.fromkeys(".".join(name.split(".")[:2]) for name in there if name not in here)
        if self.model is None and gone:
            gone = {"model": None}  # Nothing tells how a model in the image was accelerated.
        return " and ".join([*told, *(f"no {_written(name)}" for name in gone)])


def _written(name: str, value: str = "") -> str:
    """A setting such as `model.hub.revision` as it stands in a stack's file, and below which keys."""
    *above, key = f"campus-voice:{name}".split(".")
    return f"{key}:{value}" + (f" below {' '.join(f'{step}:' for step in above)}" if above else "")


@dataclass(frozen=True)
class Failure:
    """An object of a roll-out that did not get there."""

    namespace: str
    kind: str
    name: str
    what: str
    """What it did not do, and why if that is known."""

    back: str
    """The settings to go back to; empty where no value that is known to work was another one."""

    @property
    def words(self) -> str:
        """What happened, and the way back."""
        return f"{self.what}: go back to {self.back}" if self.back else self.what


def failures(backend: Backend, cluster: Cluster) -> list[Failure]:
    """What of the backend could not be fetched, or was not ready in time."""
    good = Version(backend.image, backend.model)
    jobs = [job for job in cluster.raw("batch", "jobs") if _is_in(backend, job) and _version(job).model]
    deployments = [
        one
        for one in cluster.raw("apps", "deployments", backend.selector)
        if _is_in(backend, one) and one["metadata"]["name"] == backend.deployment
    ]
    found = [unfetched_of(job, _pods(job, backend, cluster), good) for job in jobs]
    found += [late_of(one, good) for one in deployments]
    return [one for one in found if one is not None]


def late_of(deployment: Mapping[str, Any], good: Version) -> Failure | None:
    """What a Deployment tells; None when its pods are ready, or still have time.

    `good` is what the last `up` that went well brought.
    """
    conditions = deployment.get("status", {}).get("conditions", [])
    if not any(one["type"] == "Progressing" and one.get("reason") == _LATE for one in conditions):
        return None
    tried = _version(deployment)
    model = f" with model {tried.model}" if tried.model not in {None, good.model} else ""
    seconds = int(deployment["spec"]["progressDeadlineSeconds"])
    what = f"image {tried.image}{model} was not ready within {seconds} s"
    return _failure("Deployment", deployment, what, good.back_from(tried))


def unfetched_of(job: Mapping[str, Any], pods: Sequence[Mapping[str, Any]], good: Version) -> Failure | None:
    """What a Job that fetches a model, and its pods, tell; None when it has fetched it, or still may.

    `good` is what the last `up` that went well brought.
    """
    run = run_of(job, pods)
    if run.outcome is not Outcome.FAILED:
        return None
    tried = _version(job)
    what = f"model {tried.model} was not fetched by image {tried.image} ({run.why})"
    return _failure("Job", job, what, good.back_from(tried))


def _failure(kind: str, workload: Mapping[str, Any], what: str, back: str) -> Failure:
    metadata = workload["metadata"]
    return Failure(metadata["namespace"], kind, metadata["name"], what, back)


def _version(workload: Mapping[str, Any]) -> Version:
    image = str(workload["spec"]["template"]["spec"]["containers"][0]["image"])
    return Version(image, workload["metadata"].get("annotations", {}).get(_MODEL))


def _is_in(backend: Backend, item: Mapping[str, Any]) -> bool:
    return bool(item["metadata"]["namespace"] == backend.namespace)


def _pods(job: Mapping[str, Any], backend: Backend, cluster: Cluster) -> list[Mapping[str, Any]]:
    pods = cluster.raw("", "pods", {"batch.kubernetes.io/job-name": job["metadata"]["name"]})
    return [pod for pod in pods if _is_in(backend, pod)]


def main(arguments: Sequence[str]) -> int:
    """Say what was late or could not be fetched, and what to go back to."""
    parser = argparse.ArgumentParser(prog="python -m operations.rollouts", description=__doc__)
    parser.add_argument("--stack", default="dev", help="the Pulumi stack (default: dev)")
    name = parser.parse_args(arguments).stack
    try:
        stack = read_stack(name)
    except OperationError:
        return 0  # Nothing came of the first `up`, so there is nothing to go back to.
    cluster = connect(stack.kubeconfig, stack.context)
    for backend in stack.outputs.backends.values():
        for found in failures(backend, cluster):
            print(f"{found.namespace}/{found.name}: {found.words}")
    return 0


if __name__ == "__main__":
    sys.exit(carry_out(main))
