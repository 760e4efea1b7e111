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
    return [_path(pod) for pod in _outdated(api, ids)]


def _outdated(api: Api, ids: Mapping[str, str]) -> list[Mapping[str, Any]]:
    try:
        return [pod for pod in api.get("/api/v1/pods")["items"] if _is_outdated(pod, ids)]
    except ApiError:
        return []


def restart_outdated(api: Api, ids: Mapping[str, str]) -> None:
    """Delete the pods that run an image of before, and wait until what takes their place is ready.

    A pod that somebody listens to ends when its grace period does, at the latest.

    Raises:
        SandboxError: something is not ready in time, naming it.
    """
    renewal = _Renewal(api, ids)
    grace = max((pod["spec"]["terminationGracePeriodSeconds"] for pod in _outdated(api, ids)), default=0)
    if not wait_until(renewal.is_complete, grace + RESTART_SECONDS):
        raise SandboxError(
            f"{RESTART_SECONDS:.0f} s after their image had changed these are not ready: "
            f"{', '.join(path.rpartition('/')[2] for path in renewal.waiting)}",
            way_out="see why with `campus-sandbox exec -- kubectl get events --all-namespaces`",
        )


class _Renewal:
    """The pods that run another image than they should, and those of the same owners that follow them."""

    def __init__(self, api: Api, ids: Mapping[str, str]) -> None:
        self._api = api
        self._ids = ids
        self._owners: set[str] = set()
        self.waiting: list[str] = []

    def is_complete(self) -> bool:
        """Ask the outdated to go, and tell whether all who follow them are ready."""
        try:
            pods = self._api.get("/api/v1/pods")["items"]
            old = [pod for pod in pods if _is_outdated(pod, self._ids)]
            for pod in old:
                self._owners |= _owners(pod)
                if "deletionTimestamp" not in pod["metadata"]:
                    self._api.delete(_path(pod))
        except ApiError:
            # One went by itself meanwhile, or the server is busy: the next look tells.
            return False
        followers = [pod for pod in pods if _owners(pod) & self._owners]
        self.waiting = [_path(pod) for pod in followers if not pod_is_ready(pod)]
        return not old and not self.waiting


def _path(pod: Mapping[str, Any]) -> str:
    return f"/api/v1/namespaces/{pod['metadata']['namespace']}/pods/{pod['metadata']['name']}"


def _owners(pod: Mapping[str, Any]) -> set[str]:
    return {owner["uid"] for owner in pod["metadata"].get("ownerReferences", [])}


def _is_outdated(pod: Mapping[str, Any], ids: Mapping[str, str]) -> bool:
    images = {container["name"]: container["image"] for container in pod["spec"]["containers"]}
    return any(
        images[status["name"]] in ids and status.get("imageID", "") not in ("", ids[images[status["name"]]])
        for status in pod["status"].get("containerStatuses", [])
    )
