"""When the node takes pods, after a first start and after one on what an earlier run left behind."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from campus_sandbox.errors import SandboxError
from campus_sandbox.node.api import Api, ApiError
from campus_sandbox.node.network import NODE_NAME
from campus_sandbox.node.node import Node
from campus_sandbox.node.waiting import wait_until
from campus_sandbox.paths import Paths

READY_SECONDS: Final = 90.0


def unready(api: Api, started_at: float) -> str:
    """What the node still lacks, as a clause; empty when it is ready.

    Args:
        api: its API server.
        started_at: when the node was started, in seconds since the epoch. What the API server knows from
            before may be true no more: the node and its pods count once the kubelet has told of them again.
    """
    since = datetime.fromtimestamp(int(started_at), UTC)
    return _first_lacking(
        {
            **_serving(api),
            f"node {NODE_NAME} is ready": lambda: _node_is_ready(api, since),
            "all pods were started again": lambda: _pods_are_current(api, since),
        }
    )


def wait_ready(node: Node, paths: Paths) -> None:
    """Wait until the node takes pods and those of an earlier run are back.

    Raises:
        SandboxError: a daemon ended or the time is over, naming what is missing.
    """
    api = Api(paths.kubeconfig)
    _wait(node, paths, lambda: unready(api, node.started_at()))


def wait_serving(node: Node, paths: Paths) -> None:
    """Wait until objects can be created, pods included, whether or not the node takes pods already.

    Raises:
        SandboxError: a daemon ended or the time is over, naming what is missing.
    """
    api = Api(paths.kubeconfig)
    _wait(node, paths, lambda: _first_lacking(_serving(api)))


def pod_is_ready(pod: Mapping[str, Any]) -> bool:
    """Whether a pod serves and is not about to go."""
    conditions = pod["status"].get("conditions", [])
    ready = any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)
    return ready and "deletionTimestamp" not in pod["metadata"]


def _wait(node: Node, paths: Paths, lacking_now: Callable[[], str]) -> None:
    lacking = ""

    def complete() -> bool:
        nonlocal lacking
        node.check_daemons()
        lacking = lacking_now()
        return not lacking

    if not wait_until(complete, READY_SECONDS):
        raise SandboxError(
            f"after {READY_SECONDS:.0f} s it is still not so that {lacking}",
            way_out=f"look into {paths.logs}, then run `campus-sandbox down` and `campus-sandbox up`",
        )


def _serving(api: Api) -> Mapping[str, Callable[[], bool]]:
    return {
        "the API server is ready": lambda: api.text("/readyz") == "ok",
        # Pods of a namespace are refused before it has one.
        "the default service account exists": lambda: _exists(
            api, "/api/v1/namespaces/default/serviceaccounts/default"
        ),
    }


def _first_lacking(conditions: Mapping[str, Callable[[], bool]]) -> str:
    for clause, holds in conditions.items():
        try:
            if not holds():
                return clause
        except ApiError:
            return clause
    return ""


def _node_is_ready(api: Api, since: datetime) -> bool:
    conditions = api.get(f"/api/v1/nodes/{NODE_NAME}")["status"].get("conditions", [])
    ready = [one for one in conditions if one["type"] == "Ready" and one["status"] == "True"]
    return any(_time(one["lastHeartbeatTime"]) >= since for one in ready)


def _exists(api: Api, path: str) -> bool:
    return bool(api.get(path))


def _pods_are_current(api: Api, since: datetime) -> bool:
    """Whether no container that the API server takes for running is of an earlier run."""
    pods: list[dict[str, Any]] = api.get("/api/v1/pods")["items"]
    containers = [one for pod in pods for one in pod["status"].get("containerStatuses", [])]
    running = [one["state"]["running"] for one in containers if "running" in one["state"]]
    return all(_time(one["startedAt"]) >= since for one in running)


def _time(text: str) -> datetime:
    """A time as the API writes it, `2026-01-31T12:00:00Z`."""
    return datetime.fromisoformat(text)
