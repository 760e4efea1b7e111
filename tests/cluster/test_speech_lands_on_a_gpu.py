"""Speech pods that want a GPU: where they run, and what is told where there is none.

The GPUs are some that Kubernetes believes in: a number in a node's status, and the label of NVIDIA's GPU feature
discovery. The pod's program speaks on the CPU all the same.
"""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from campus_voice import CosyVoiceBackendArgs, Engine, backend_namespace
from campus_voice.cosyvoice_backend import checks, render
from campus_voice.shared import versions

from operations.cluster import connect
from operations.outputs import parse_outputs
from operations.status.inspection import inspect
from tests.cluster.framework import Kubectl, StackUnderTest, wait_until

NAMESPACE = "gpu-school"
GPU = "nvidia.com/gpu"
SMALL = "small-gpu"
ARGS: CosyVoiceBackendArgs = {
    "namespace": NAMESPACE,
    "gpus": 1,
    "storage": "64Mi",
    "voices_storage": "64Mi",
    "image": versions.cpu_speech_image(),
    "engine": Engine.KOKORO,
    "longest_request_seconds": 1,
    "resources": {"cpu_request": "100m", "memory_request": "512Mi", "storage_request": "64Mi"},
    "gateway_namespace": "projectcontour",
    "gateway_selector": {"app": "envoy"},
}


class GpuSchool:
    """A namespace with a backend, and nodes with the GPUs that a test gives them."""

    def __init__(self, kubectl: Kubectl, folder: Path) -> None:
        self._kubectl, self._file = kubectl, folder / "objects.json"
        self.node = kubectl("get", "nodes", "-o", "jsonpath={.items[0].metadata.name}")

    def place(self, args: CosyVoiceBackendArgs) -> None:
        """Bring the backend into a namespace of its own."""
        objects = render.objects(checks.settings("gpu", args))
        self._apply(backend_namespace(NAMESPACE), *objects.values())

    def give(self, node: str, memory: str) -> None:
        """Make Kubernetes believe that the node has one GPU with so many MiB."""
        self._kubectl("label", "node", node, f"{GPU}.memory={memory}", "--overwrite")
        self._status(node, {"allocatable": {GPU: "1"}, "capacity": {GPU: "1"}})

    def add_small_node(self) -> None:
        """Add a node that only the API server knows, with a small GPU and the taint of nodes with GPUs."""
        taint = {"key": GPU, "value": "present", "effect": "NoSchedule"}
        self._apply(
            {"apiVersion": "v1", "kind": "Node", "metadata": {"name": SMALL}, "spec": {"taints": [taint]}}
        )
        room = {"cpu": "8", "memory": "32Gi", "ephemeral-storage": "100Gi", "pods": "110"}
        ready = {"type": "Ready", "status": "True", "reason": "KubeletReady", "message": "believed"}
        self._status(SMALL, {"allocatable": room, "capacity": room, "conditions": [ready]})
        self.give(SMALL, "4096")

    def clear(self) -> None:
        """Leave the cluster without GPUs, and without the backend."""
        self._kubectl("delete", "node", SMALL, "--ignore-not-found")
        self._kubectl("label", "node", self.node, f"{GPU}.memory-")
        self._status(self.node, {"allocatable": {GPU: None}, "capacity": {GPU: None}})
        self._kubectl("delete", "namespace", NAMESPACE, "--ignore-not-found", "--timeout=120s")

    def pod(self) -> Any:
        """The speech pod; None before it is there."""
        found = json.loads(self._kubectl("-n", NAMESPACE, "get", "pods", "-o", "json"))["items"]
        return found[0] if found else None

    def says(self, condition: str) -> tuple[str, str]:
        """Status and message of a condition of the speech pod, empty before it has it."""
        pod = self.pod()
        told = pod["status"].get("conditions", []) if pod else []
        return next(
            ((one["status"], one.get("message", "")) for one in told if one["type"] == condition), ("", "")
        )

    def _status(self, node: str, status: object) -> None:
        change = json.dumps({"status": status})
        self._kubectl("patch", "node", node, "--subresource=status", "--type=merge", f"--patch={change}")

    def _apply(self, *objects: object) -> None:
        self._file.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)}))
        self._kubectl("apply", "--server-side", "-f", str(self._file))


@pytest.fixture
def school(kubectl: Kubectl, tmp_path: Path) -> Iterator[GpuSchool]:
    made = GpuSchool(kubectl, tmp_path)
    yield made
    made.clear()


def test_without_a_gpu_speech_waits_and_the_status_says_why(
    school: GpuSchool, deployed: StackUnderTest, environment: dict[str, str]
) -> None:
    school.place(ARGS)
    wait_until(
        lambda: f"Insufficient {GPU}" in school.says("PodScheduled")[1],
        deadline=60,
        what=f"the scheduler tells what no node has: {school.says('PodScheduled')}",
    )
    described = {
        "namespace": NAMESPACE,
        "service": "cosyvoice-service",
        "port": 7860,
        "deployment": "cosyvoice",
        "selector": {"app.kubernetes.io/name": "cosyvoice"},
        "outputsClaim": "cosyvoice-output-pvc",
    }
    outputs = parse_outputs("dev", deployed.outputs() | {"backends": {NAMESPACE: described}})
    rows = inspect(outputs, connect(environment["KUBECONFIG"]), datetime.fromtimestamp(time.time(), UTC))
    waiting = [row for row in rows if row.part == f"server {NAMESPACE}" and row.name.startswith("cosyvoice-")]
    assert [(row.healthy, row.where) for row in waiting] == [(False, f"{NAMESPACE} on no node")], f"{rows}"
    assert f"Insufficient {GPU}" in waiting[0].state, f"`make status` names what is missing: {waiting[0]}"


def test_speech_runs_on_the_node_whose_gpu_has_enough_memory(school: GpuSchool) -> None:
    school.add_small_node()
    school.place({**ARGS, "gpu_memory": "8Gi"})
    wait_until(
        lambda: "2 node(s) didn't match Pod's node affinity" in school.says("PodScheduled")[1],
        deadline=60,
        what="a GPU of 4 GiB does not do, and the other node has none",
    )
    school.give(school.node, "46068")
    wait_until(
        lambda: school.says("Ready")[0] == "True",
        deadline=180,
        what="the pod is ready once there is a GPU that is large enough",
    )
    spec = school.pod()["spec"]
    assert spec["nodeName"] == school.node, "it runs on the node with the large GPU"
    assert spec["containers"][0]["resources"]["limits"][GPU] == "1"
