"""A model that a Job brings from a mirror inside the cluster, through the walls of both, and a server that speaks with it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from campus_voice import CosyVoiceBackendArgs, backend_namespace
from campus_voice.cosyvoice_backend import checks, render

from tests.cluster import mirror
from tests.cluster.framework import Kubectl, StackUnderTest

NAMESPACE = "model-school"
ARGS: CosyVoiceBackendArgs = {
    "namespace": NAMESPACE,
    "gpus": 0,
    "storage": "64Mi",
    "voices_storage": "64Mi",
    "longest_request_seconds": 1,
    "gateway_namespace": "projectcontour",
    "gateway_selector": {"app": "envoy"},
}


class ModelSchool:
    """A namespace with the mirror."""

    def __init__(self, kubectl: Kubectl, folder: Path) -> None:
        self._kubectl, self._file = kubectl, folder / "objects.json"
        self.apply(backend_namespace(NAMESPACE), *mirror.mirror(NAMESPACE))
        self.do("wait", "--for=condition=Ready", "--timeout=120s", f"pod/{mirror.NAME}")

    def do(self, *words: str) -> str:
        """Run kubectl in the namespace."""
        return self._kubectl("-n", NAMESPACE, *words)

    def apply(self, *objects: Any) -> None:
        """Bring objects."""
        self._file.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)}))
        self._kubectl("apply", "--server-side", "-f", str(self._file))


@pytest.fixture
def school(deployed: StackUnderTest, kubectl: Kubectl, tmp_path: Path) -> Iterator[ModelSchool]:
    assert deployed.name == "dev", "the image of the speech server is there"
    yield ModelSchool(kubectl, tmp_path)
    kubectl("delete", "namespace", NAMESPACE, "--timeout=120s")


def test_a_server_speaks_with_the_model_that_its_job_has_fetched(school: ModelSchool) -> None:
    revision = school.do("exec", mirror.NAME, "--", mirror.PYTHON, "-c", mirror.REVISION).strip()
    address = mirror.address(NAMESPACE)
    args: CosyVoiceBackendArgs = {
        **ARGS,
        "model": {"url": {"address": address, "revision": revision}, "storage": "256Mi"},
    }
    objects = render.objects(checks.settings("model", args))
    (job,) = (one for one in objects.values() if one["kind"] == "Job")
    (server,) = (one for one in objects.values() if one["kind"] == "Deployment")
    name = f"job/{job['metadata']['name']}"

    school.apply(*(one for one in objects.values() if one is not server))
    school.do("wait", "--for=condition=Complete", "--timeout=180s", name)
    told = school.do("logs", name)
    assert "model.onnx" in told, f"the fetch tells what it does: {told}"

    school.apply(server)
    school.do("rollout", "status", "deployment/cosyvoice", "--timeout=180s")
    folder = school.do(
        "exec",
        "deploy/cosyvoice",
        "--",
        mirror.PYTHON,
        "-c",
        "import os; print(os.environ['COSYVOICE_MODEL_DIR'])",
    )
    assert folder.strip() == f"/models/{revision}", (
        f"it speaks with this revision, not with the image's: {folder}"
    )

    school.do("delete", name)
    school.apply(job)
    school.do("wait", "--for=condition=Complete", "--timeout=120s", name)
    assert "is complete" in school.do("logs", name), "a second fetch finds everything there"
