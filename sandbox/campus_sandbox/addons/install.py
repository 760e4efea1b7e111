"""Applying the addons and waiting for them."""

import hashlib
import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from urllib.parse import quote

from campus_sandbox.addons.addon import Addon, Deployed
from campus_sandbox.errors import SandboxError
from campus_sandbox.node.api import Api, ApiError
from campus_sandbox.node.readiness import pod_is_ready
from campus_sandbox.node.waiting import wait_until
from campus_sandbox.paths import Paths, give_to_owner

FIELD_MANAGER: Final = "campus-sandbox"
AVAILABLE_SECONDS: Final = 120.0


def apply(paths: Paths, addon: Addon) -> None:
    """Apply an addon on the server's side, unless exactly this was applied to this cluster before.

    Raises:
        SandboxError: the API server refuses something.
    """
    if is_applied(paths, addon):
        return
    done = subprocess.run(
        [
            *(paths.bin / "kube", "kubectl", f"--kubeconfig={paths.kubeconfig}", "apply", "--server-side"),
            *("--force-conflicts", f"--field-manager={FIELD_MANAGER}", "--filename=-"),
        ],
        input=addon.content,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise SandboxError(f"{addon.name} could not be applied ({' '.join(done.stderr.split())})")
    _remember(paths, addon)


def is_applied(paths: Paths, addon: Addon) -> bool:
    """Whether exactly this was applied to this cluster before."""
    return _applied(paths).get(addon.name) == _digest(addon)


def missing(api: Api, addons: Sequence[Addon]) -> list[Deployed]:
    """The addons' Deployments that are not available."""
    return [
        deployed for addon in addons for deployed in addon.deployments if not _is_available(api, deployed)
    ]


def wait_available(api: Api, addons: Sequence[Addon]) -> None:
    """Wait until every Deployment of the addons is available.

    Raises:
        SandboxError: the time is over, naming those that are not.
    """
    left: list[Deployed] = []

    def complete() -> bool:
        left[:] = missing(api, addons)
        return not left

    if not wait_until(complete, AVAILABLE_SECONDS):
        names = ", ".join(f"{deployed.namespace}/{deployed.name}" for deployed in left)
        raise SandboxError(
            f"after {AVAILABLE_SECONDS:.0f} s these are not available: {names}",
            way_out="see why with `campus-sandbox exec -- kubectl get events --all-namespaces`",
        )


def _is_available(api: Api, deployed: Deployed) -> bool:
    """Whether as many pods of the current kind are ready as there should be.

    The pods are asked, not the Deployment's count: after a crash that is the last to learn.
    """
    try:
        found = api.get(f"/apis/apps/v1/namespaces/{deployed.namespace}/deployments/{deployed.name}")
        labels = ",".join(f"{key}={value}" for key, value in found["spec"]["selector"]["matchLabels"].items())
        pods = api.get(f"/api/v1/namespaces/{deployed.namespace}/pods?labelSelector={quote(labels)}")["items"]
    except ApiError:
        return False
    status, wanted = found.get("status", {}), found["spec"]["replicas"]
    is_current = status.get("observedGeneration", 0) >= found["metadata"]["generation"]
    ready = sum(map(pod_is_ready, pods))
    return bool(is_current and status.get("updatedReplicas", 0) == wanted == ready)


def _digest(addon: Addon) -> str:
    return hashlib.sha256(addon.content.encode()).hexdigest()


def _record(paths: Paths) -> Path:
    return paths.node_state / "addons.json"


def _applied(paths: Paths) -> dict[str, str]:
    try:
        return dict(json.loads(_record(paths).read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        # Damaged or not there: then everything is applied again, which changes nothing.
        return {}


def _remember(paths: Paths, addon: Addon) -> None:
    record = json.dumps(_applied(paths) | {addon.name: _digest(addon)}, indent=1, sort_keys=True)
    fresh = _record(paths).with_suffix(".new")
    fresh.write_text(record + "\n", encoding="utf-8")
    give_to_owner(fresh, paths.owner)
    fresh.replace(_record(paths))
