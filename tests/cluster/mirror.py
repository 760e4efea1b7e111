"""A mirror inside the cluster: the model of the CPU engine, which its image holds, served by that image."""

from typing import Any

from campus_voice.shared import versions
from campus_voice.shared.manifests import restricted_container, restricted_pod

NAME = "mirror"
PYTHON = "/usr/bin/python3.11"
REVISION = "import hashlib; print(hashlib.sha256(open('/opt/kokoro/SHA256SUMS', 'rb').read()).hexdigest())"
"""What the mirror's Python prints the revision of its model by."""

_PORT = 8000


def mirror(namespace: str) -> list[dict[str, Any]]:
    """A pod that serves the model's folder, and its name."""
    container = {
        "name": NAME,
        "image": versions.cpu_speech_image(),
        "imagePullPolicy": "IfNotPresent",
        "command": [PYTHON, "-m", "http.server", "--directory", "/opt/kokoro", str(_PORT)],
        "readinessProbe": {"httpGet": {"path": "/SHA256SUMS", "port": _PORT}, "periodSeconds": 1},
        "securityContext": restricted_container(),
    }
    pod = {
        "automountServiceAccountToken": False,
        "containers": [container],
        "securityContext": restricted_pod(10001),
        "terminationGracePeriodSeconds": 0,
    }
    named = {"name": NAME, "namespace": namespace}
    return [
        {"apiVersion": "v1", "kind": "Pod", "metadata": {**named, "labels": {"app": NAME}}, "spec": pod},
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": named,
            "spec": {"selector": {"app": NAME}, "ports": [{"port": _PORT}]},
        },
    ]


def address(namespace: str) -> str:
    """Where the mirror of a namespace is."""
    return f"http://{NAME}.{namespace}.svc.cluster.local:{_PORT}"
