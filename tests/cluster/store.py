"""An S3 store in the cluster: rclone, with a folder to serve (https://rclone.org/commands/rclone_serve_s3/)."""

import base64
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from tests.cluster.backups import PYTHON, Reader
from tests.cluster.framework import ROOT, Kubectl

BUCKET: Final = "campus-backups"
NAMESPACE: Final = "store"
NAME: Final = "store"
PORT: Final = 9000
FOLDER: Final = "/data"
_METADATA: Final = {"name": NAME, "namespace": NAMESPACE}
_LABELS: Final = {"app": NAME}


@dataclass(frozen=True)
class Store:
    """The store as its customers know it."""

    endpoint: str
    authority: str
    """PEM text by which its certificate is trusted."""

    key: str
    secret_key: str
    files: Reader
    """What it keeps, below `FOLDER`."""


@contextmanager
def s3_store(kubectl: Kubectl, folder: Path) -> Iterator[Store]:
    """The store, running, with an empty bucket; its namespace goes with it."""
    key, secret_key = "campus", "known to the store and to us"
    file = folder / "store.yaml"
    file.write_text(yaml.safe_dump_all(_objects(key, secret_key)))
    try:
        kubectl("apply", "-f", str(file))
        kubectl("-n", NAMESPACE, "wait", f"certificate/{NAME}", "--for=condition=Ready", "--timeout=180s")
        kubectl("-n", NAMESPACE, "rollout", "status", f"deployment/{NAME}", "--timeout=180s")
        authority = kubectl.live(NAMESPACE, "secret", NAME)["data"]["ca.crt"]
        yield Store(
            endpoint=f"https://{NAME}.{NAMESPACE}.svc:{PORT}",
            authority=base64.b64decode(authority).decode(),
            key=key,
            secret_key=secret_key,
            files=Reader(kubectl, NAMESPACE, f"deployment/{NAME}", "reader"),
        )
    finally:
        kubectl("delete", "namespace", NAMESPACE, "--ignore-not-found", "--timeout=180s")


def _objects(key: str, secret_key: str) -> list[dict[str, Any]]:
    issuer = {"apiVersion": "cert-manager.io/v1", "kind": "Issuer", "metadata": _METADATA}
    certificate = {
        "dnsNames": [f"{NAME}.{NAMESPACE}.svc"],
        "issuerRef": {"name": NAME},
        "privateKey": {"rotationPolicy": "Always"},
        "secretName": NAME,
    }
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}},
        {**issuer, "spec": {"selfSigned": {}}},
        {**issuer, "kind": "Certificate", "spec": certificate},
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": _METADATA,
            "spec": _deployment(key, secret_key),
        },
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": _METADATA,
            "spec": {"ports": [{"port": PORT}], "selector": _LABELS},
        },
    ]


def _deployment(key: str, secret_key: str) -> dict[str, Any]:
    versions = tomllib.loads((ROOT / "versions.toml").read_text())
    data = {"name": "data", "mountPath": FOLDER}
    server = {
        "name": NAME,
        "image": f"docker.io/rclone/rclone:{versions['rclone']['version']}",
        "imagePullPolicy": "IfNotPresent",
        "args": ["serve", "s3", FOLDER, f"--addr=:{PORT}", "--cert=/tls/tls.crt", "--key=/tls/tls.key"],
        "env": [{"name": "RCLONE_AUTH_KEY", "value": f'"{key},{secret_key}"'}],
        "readinessProbe": {"tcpSocket": {"port": PORT}, "periodSeconds": 1},
        "volumeMounts": [data, {"name": "tls", "mountPath": "/tls", "readOnly": True}],
    }
    python = {
        "image": f"ghcr.io/campus-voice/cosyvoice:{versions['product']['version']}-cpu",
        "imagePullPolicy": "IfNotPresent",
        "securityContext": {"runAsUser": 0},
        "volumeMounts": [data],
    }
    made = f"import pathlib; pathlib.Path('{FOLDER}/{BUCKET}').mkdir(exist_ok=True)"
    bucket = {**python, "name": "bucket", "command": [PYTHON, "-c", made]}
    reader = {**python, "name": "reader", "command": [PYTHON, "-c", "import signal; signal.pause()"]}
    return {
        "replicas": 1,
        "selector": {"matchLabels": _LABELS},
        "template": {
            "metadata": {"labels": _LABELS},
            "spec": {
                "containers": [server, reader],
                "initContainers": [bucket],
                "terminationGracePeriodSeconds": 1,
                "volumes": [
                    {"name": "data", "emptyDir": {}},
                    {"name": "tls", "secret": {"secretName": NAME}},
                ],
            },
        },
    }
