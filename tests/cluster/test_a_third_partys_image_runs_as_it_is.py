"""An image that somebody else has packed, which starts by a script and runs as root, as a backend."""

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from campus_voice import CosyVoiceBackendArgs, SpeechServer, backend_namespace
from campus_voice.cosyvoice_backend import checks, render

from tests.cluster.framework import ROOT, Kubectl

NAMESPACE = "third-party"
BUSYBOX = tomllib.loads((ROOT / "versions.toml").read_text())["busybox"]["version"]
# What the widespread image's run.sh does, as far as Kubernetes sees it: it writes beside itself and below /root
# as root, and then serves one page at 7860.
RUN = (
    "set -e; id -u > /root/user; mkdir -p /root/www; touch /opened; echo speech > /root/www/index.html; "
    "echo sound > CosyVoice/outputs/$(hostname).wav; exec busybox httpd -f -p 7860 -h /root/www"
)
ARGS: CosyVoiceBackendArgs = {
    "namespace": NAMESPACE,
    "gpus": 0,
    "storage": "64Mi",
    "server": SpeechServer.THIRD_PARTY,
    "image": f"docker.io/library/busybox:{BUSYBOX}",
    "command": ["sh", "-c", RUN],
    "longest_request_seconds": 1,
    "resources": {"memory_request": "32Mi", "storage_request": "64Mi"},
    "gateway_namespace": "projectcontour",
    "gateway_selector": {"app": "envoy"},
}


class Backend:
    """The backend, by hand."""

    def __init__(self, kubectl: Kubectl) -> None:
        self._kubectl = kubectl

    def waits_until_ready(self) -> None:
        """Wait for the pod."""
        self._kubectl("-n", NAMESPACE, "rollout", "status", "deployment/cosyvoice", "--timeout=120s")

    def runs(self, *command: str) -> str:
        """What a command says inside the container."""
        return self._kubectl("-n", NAMESPACE, "exec", "deployment/cosyvoice", "--", *command)

    def replace_pod(self) -> None:
        """Delete the pod, and wait until it is gone."""
        self._kubectl("-n", NAMESPACE, "delete", "pod", "--all", "--timeout=120s")


@pytest.fixture
def backend(kubectl: Kubectl, tmp_path: Path) -> Iterator[Backend]:
    settings = checks.settings("third-party", ARGS)
    objects = [backend_namespace(NAMESPACE, settings.profile), *render.objects(settings).values()]
    file = tmp_path / "objects.json"
    file.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))
    kubectl("apply", "--server-side", "-f", str(file))
    yield Backend(kubectl)
    kubectl("delete", "namespace", NAMESPACE, "--timeout=120s")


def test_it_starts_as_root_writes_where_it_likes_and_keeps_its_recordings(backend: Backend) -> None:
    backend.waits_until_ready()
    assert backend.runs("cat", "/root/user").strip() == "0", "the image expects to be root"
    recordings = backend.runs("ls", "/root/CosyVoice/outputs").split()
    backend.replace_pod()
    backend.waits_until_ready()
    kept = backend.runs("ls", "/root/CosyVoice/outputs").split()
    assert set(recordings) < set(kept), f"recordings outlive the pod, and the next pod adds its own: {kept}"
