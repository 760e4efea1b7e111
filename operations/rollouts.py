"""A roll-out that did not end in time, and the image that ran before it.

Run as a program after a failed `up`, it says so in one sentence a speech server, and otherwise nothing.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from operations.cluster import Cluster, connect
from operations.command import carry_out
from operations.errors import OperationError
from operations.outputs import Backend
from operations.stack import read_stack

SETTING = "campus-voice:image"
_REVISION = "deployment.kubernetes.io/revision"
_LATE = "ProgressDeadlineExceeded"


@dataclass(frozen=True)
class Late:
    """A Deployment whose pods were not ready in time."""

    namespace: str
    name: str
    image: str
    seconds: int
    """How long they had."""

    before: str | None
    """The image of the last revision that had another one; None when there is none."""

    @property
    def words(self) -> str:
        """What happened, and the value to go back to."""
        told = f"image {self.image} was not ready within {self.seconds} s"
        return told if self.before is None else f"{told}: go back to {SETTING}: {self.before}"


def late(backend: Backend, cluster: Cluster) -> Late | None:
    """The backend's Deployment, if its pods were not ready in time."""
    deployments = cluster.raw("apps", "deployments", backend.selector)
    sets = cluster.raw("apps", "replicasets", backend.selector)
    return next(
        (
            late_of(one, [made for made in sets if _is_owned(made, one)])
            for one in deployments
            if one["metadata"]["namespace"] == backend.namespace
            and one["metadata"]["name"] == backend.deployment
        ),
        None,
    )


def late_of(deployment: Mapping[str, Any], sets: Sequence[Mapping[str, Any]]) -> Late | None:
    """What a Deployment and its ReplicaSets tell; None when its pods are ready, or still have time."""
    conditions = deployment.get("status", {}).get("conditions", [])
    if not any(one["type"] == "Progressing" and one.get("reason") == _LATE for one in conditions):
        return None
    image = _image(deployment)
    earlier = sorted((made for made in sets if _image(made) != image), key=_revision)
    return Late(
        deployment["metadata"]["namespace"],
        deployment["metadata"]["name"],
        image,
        int(deployment["spec"]["progressDeadlineSeconds"]),
        _image(earlier[-1]) if earlier else None,
    )


def _image(workload: Mapping[str, Any]) -> str:
    return str(workload["spec"]["template"]["spec"]["containers"][0]["image"])


def _revision(workload: Mapping[str, Any]) -> int:
    return int(workload["metadata"].get("annotations", {}).get(_REVISION, 0))


def _is_owned(replica_set: Mapping[str, Any], deployment: Mapping[str, Any]) -> bool:
    owners = replica_set["metadata"].get("ownerReferences", [])
    return deployment["metadata"]["uid"] in [owner["uid"] for owner in owners]


def main(arguments: Sequence[str]) -> int:
    """Say which speech servers were late, and what to go back to."""
    parser = argparse.ArgumentParser(prog="python -m operations.rollouts", description=__doc__)
    parser.add_argument("--stack", default="dev", help="the Pulumi stack (default: dev)")
    name = parser.parse_args(arguments).stack
    try:
        stack = read_stack(name)
    except OperationError:
        return 0  # Nothing came of the first `up`, so there is nothing to go back to.
    cluster = connect(stack.kubeconfig, stack.context)
    for backend in stack.outputs.backends.values():
        if found := late(backend, cluster):
            print(f"{found.namespace}/{found.name}: {found.words}")
    return 0


if __name__ == "__main__":
    sys.exit(carry_out(main))
