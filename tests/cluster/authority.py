"""A public certificate authority for trials, in the cluster: pebble, the small ACME server of Let's Encrypt.

It proves a name as such an authority does, by a connection to port 80 of what DNS says, and knows nothing of
the gateway (https://github.com/letsencrypt/pebble).
"""

import base64
import json
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from tests.cluster.framework import ROOT, Kubectl

NAMESPACE: Final = "public-authority"
NAME: Final = "pebble"
ACME_PORT: Final = 14000
MANAGEMENT_PORT: Final = 15000
_METADATA: Final = {"name": NAME, "namespace": NAMESPACE}
_LABELS: Final = {"app": NAME}


@dataclass(frozen=True)
class Authority:
    """The authority as its customers know it."""

    directory: str
    """Address of its ACME directory, inside the cluster."""

    server_ca: str
    """PEM text by which its own server is trusted."""

    root: str
    """PEM text of the root under which it signs."""


@contextmanager
def public_authority(kubectl: Kubectl, folder: Path) -> Iterator[Authority]:
    """The authority, running; its namespace goes with it."""
    file = folder / "authority.yaml"
    file.write_text(yaml.safe_dump_all(_objects()))
    try:
        kubectl("apply", "-f", str(file))
        for thing in (f"certificate/{NAME}", f"deployment/{NAME}"):
            condition = "Ready" if thing.startswith("certificate") else "Available"
            kubectl("-n", NAMESPACE, "wait", thing, f"--for=condition={condition}", "--timeout=180s")
        server = kubectl.live(NAMESPACE, "secret", NAME)["data"]["ca.crt"]
        management = f"/api/v1/namespaces/{NAMESPACE}/services/https:{NAME}:management/proxy"
        yield Authority(
            directory=f"https://{NAME}.{NAMESPACE}.svc:{ACME_PORT}/dir",
            server_ca=base64.b64decode(server).decode(),
            root=kubectl("get", "--raw", f"{management}/roots/0"),
        )
    finally:
        kubectl("delete", "namespace", NAMESPACE, "--ignore-not-found", "--timeout=180s")


def _objects() -> list[dict[str, Any]]:
    """What pebble runs on; its own server's certificate is not one of those it signs."""
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}},
        {
            "apiVersion": "cert-manager.io/v1",
            "kind": "Issuer",
            "metadata": _METADATA,
            "spec": {"selfSigned": {}},
        },
        {
            "apiVersion": "cert-manager.io/v1",
            "kind": "Certificate",
            "metadata": _METADATA,
            "spec": {
                "dnsNames": [f"{NAME}.{NAMESPACE}.svc"],
                "issuerRef": {"name": NAME},
                "privateKey": {"rotationPolicy": "Always"},
                "secretName": NAME,
            },
        },
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": _METADATA,
            "data": {"pebble.json": json.dumps(_config())},
        },
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": _METADATA, "spec": _deployment()},
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": _METADATA,
            "spec": {
                "ports": [
                    {"name": "acme", "port": ACME_PORT},
                    {"name": "management", "port": MANAGEMENT_PORT},
                ],
                "selector": _LABELS,
            },
        },
    ]


def _config() -> dict[str, Any]:
    return {
        "pebble": {
            "listenAddress": f"0.0.0.0:{ACME_PORT}",
            "managementListenAddress": f"0.0.0.0:{MANAGEMENT_PORT}",
            "certificate": "/tls/tls.crt",
            "privateKey": "/tls/tls.key",
            # The ports of the world: pebble's own default is a proof on port 5002.
            "httpPort": 80,
            "tlsPort": 443,
            "keyAlgorithm": "ecdsa",
            "retryAfter": {"authz": 1, "order": 1},
        }
    }


def _deployment() -> dict[str, Any]:
    version = tomllib.loads((ROOT / "versions.toml").read_text())["pebble"]["version"]
    container = {
        "name": NAME,
        "image": f"ghcr.io/letsencrypt/pebble:{version}",
        "imagePullPolicy": "IfNotPresent",
        "args": ["-config", "/config/pebble.json"],
        "env": [
            # A proof is asked for each time, and at once.
            {"name": "PEBBLE_AUTHZREUSE", "value": "0"},
            {"name": "PEBBLE_VA_NOSLEEP", "value": "1"},
        ],
        "readinessProbe": {
            "httpGet": {"path": "/dir", "port": ACME_PORT, "scheme": "HTTPS"},
            "periodSeconds": 1,
        },
        "volumeMounts": [
            {"name": "config", "mountPath": "/config", "readOnly": True},
            {"name": "tls", "mountPath": "/tls", "readOnly": True},
        ],
    }
    return {
        "replicas": 1,
        "selector": {"matchLabels": _LABELS},
        "template": {
            "metadata": {"labels": _LABELS},
            "spec": {
                "containers": [container],
                "volumes": [
                    {"name": "config", "configMap": {"name": NAME}},
                    {"name": "tls", "secret": {"secretName": NAME}},
                ],
            },
        },
    }
