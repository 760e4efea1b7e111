"""Pods that run on an image which was packed anew under the same name."""

import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from campus_sandbox.errors import SandboxError
from campus_sandbox.node.api import Api, ApiError
from campus_sandbox.node.readiness import pod_is_ready
from campus_sandbox.node.waiting import wait_until

RESTART_SECONDS: Final = 180.0


def image_ids(archives: Sequence[Path]) -> dict[str, str]:
    """The id of each image in packed archives, by name: the digest of its configuration, as pods tell it."""
    ids: dict[str, str] = {}
    for archive in archives:
        with tarfile.open(archive) as tar:
            for image in json.load(tar.extractfile("manifest.json") or io.BytesIO(b"[]")):
                ids |= {name: f"sha256:{Path(image['Config']).name}" for name in image["RepoTags"]}
    return ids


def outdated_pods(api: Api, ids: Mapping[str, str]) -> list[str]:
    """Paths of the pods that run another image of a name than that of `ids`; empty without an answer."""
    try:
        pods = api.get("/api/v1/pods")["items"]
    except ApiError:
        return []
    return [_path(pod) for pod in pods if _is_outdated(pod, ids)]


def restart_outdated(api: Api, ids: Mapping[str, str]) -> None:
    """Delete the pods that run an image of before, and wait until what takes their place is ready.

    Raises:
        SandboxError: something is not ready in time, naming it.
    """
    old = outdated_pods(api, ids)
    for path in old:
        api.delete(path)
    namespaces = sorted({path.rpartition("/pods/")[0] for path in old})
    waiting: list[str] = []

    def back() -> bool:
        waiting[:] = [
            _path(pod)
            for namespace in namespaces
            for pod in api.get(f"{namespace}/pods")["items"]
            if _path(pod) in old or not (pod["status"].get("phase") == "Succeeded" or pod_is_ready(pod))
        ]
        return not waiting

    if not wait_until(back, RESTART_SECONDS):
        names = ", ".join(path.rpartition("/")[2] for path in waiting)
        raise SandboxError(
            f"{RESTART_SECONDS:.0f} s after their image had changed these are not ready: {names}",
            way_out="see why with `campus-sandbox exec -- kubectl get events --all-namespaces`",
        )


def _path(pod: Mapping[str, Any]) -> str:
    return f"/api/v1/namespaces/{pod['metadata']['namespace']}/pods/{pod['metadata']['name']}"


def _is_outdated(pod: Mapping[str, Any], ids: Mapping[str, str]) -> bool:
    images = {container["name"]: container["image"] for container in pod["spec"]["containers"]}
    return any(
        images[status["name"]] in ids and status.get("imageID", "") not in ("", ids[images[status["name"]]])
        for status in pod["status"].get("containerStatuses", [])
    )
