"""Running a command in a container, as a user who may get and create `pods/exec`.

The request is a GET that becomes a WebSocket: the right to get is always asked for, and from Kubernetes 1.35
on that to create as well (https://github.com/kubernetes/kubernetes/pull/134577).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import yaml
from kubernetes.client.exceptions import ApiException
from kubernetes.stream import stream
from kubernetes.stream.ws_client import ERROR_CHANNEL
from websocket import WebSocketException

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
        OperationError: it cannot be started, its connection breaks, or it has not ended after LONGEST.
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
        try:
            session.run_forever(timeout=LONGEST)
        except (WebSocketException, OSError) as error:
            raise OperationError(
                f"A command in the pod {namespace}/{pod} was cut off",
                f"its connection broke ({type(error).__name__}), and its work may be done, or a part of it",
                "Run this again: what is done already stays done.",
            ) from error
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


def _refused(error: ApiException) -> Exception:
    """What the API server answered, or that it did not: the client hides both behind status 0."""
    told = re.match(r"Handshake status (\d+) ([\w ]+)", str(error.reason))
    refusal: Exception = error
    if told:
        refusal = ApiException(status=int(told[1]), reason=told[2].strip())
    elif error.status == 0:
        refusal = ConnectionError(error.reason)
    return refusal
