"""Running a command in a container, with the right to get and create `pods/exec` that the kubeconfig's user has.

The request is a GET that becomes a WebSocket: the right to get it is always asked for, and from Kubernetes 1.35 on
that to create it as well (https://github.com/kubernetes/kubernetes/pull/134577).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import yaml
from kubernetes.client.exceptions import ApiException
from kubernetes.stream import stream
from kubernetes.stream.ws_client import ERROR_CHANNEL

from operations.answering import answering
from operations.errors import OperationError

LONGEST = 600
"""Seconds that a command may take."""


@dataclass(frozen=True)
class Ended:
    """A command that has ended."""

    failure: str
    """Why it failed, in the cluster's words; empty when it succeeded."""

    said: str
    """What it wrote to standard output."""

    complained: str
    """What it wrote to standard error."""


def run(core: Any, place: tuple[str, str, str], command: Sequence[str]) -> Ended:
    """Run a command in `place`, a pod's namespace, its name and a container, through the API client `core`.

    Raises:
        OperationError: it cannot be started, or has not ended after LONGEST.
    """
    namespace, pod, container = place
    with answering(f"the pod {namespace}/{pod}", "entered"):
        try:
            session = stream(
                core.connect_get_namespaced_pod_exec,
                pod,
                namespace,
                container=container,
                command=list(command),
                stdout=True,
                stderr=True,
                _preload_content=False,
            )
        except ApiException as error:
            raise _refused(error) from error
        session.run_forever(timeout=LONGEST)
    if session.is_open():
        session.close()
        raise OperationError(
            f"A command in the pod {namespace}/{pod} has no end",
            f"it has run for {LONGEST} s",
            "See what its server does with `make logs COMPONENT=server`, and run this again.",
        )
    status = yaml.safe_load(session.read_channel(ERROR_CHANNEL)) or {}
    failure = "" if status.get("status") == "Success" else str(status.get("message", "the connection broke"))
    return Ended(failure, session.read_stdout(), session.read_stderr())


def _refused(error: ApiException) -> ApiException:
    """What the API server answered, which the client hides in a text with all headers."""
    told = re.match(r"Handshake status (\d+) ([\w ]+)", str(error.reason))
    return ApiException(status=int(told[1]), reason=told[2].strip()) if told else error
