"""Kubeconfig files from the node's keys."""

import base64
import os
from pathlib import Path
from typing import Any

import yaml

NAME = "campus-voice"


def kubeconfig(pki: Path, identity: str, server: str) -> dict[str, Any]:
    """A kubeconfig that carries everything it needs.

    Args:
        pki: folder of `ensure_pki`.
        identity: the leaf whose key and certificate prove who calls, for example `admin`.
        server: the API server as the caller reaches it, `https://HOST:PORT`.
    """
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {
                "name": NAME,
                "cluster": {"server": server, "certificate-authority-data": _encoded(pki / "ca.crt")},
            }
        ],
        "users": [
            {
                "name": identity,
                "user": {
                    "client-certificate-data": _encoded(pki / f"{identity}.crt"),
                    "client-key-data": _encoded(pki / f"{identity}.key"),
                },
            }
        ],
        "contexts": [{"name": NAME, "context": {"cluster": NAME, "user": identity}}],
        "current-context": NAME,
    }


def write_kubeconfig(file: Path, content: dict[str, Any]) -> None:
    """Write `content` to `file`, readable by its owner only, as a whole or not at all."""
    draft = file.with_name(file.name + ".new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        yaml.safe_dump(content, stream, sort_keys=False)
    draft.replace(file)


def _encoded(file: Path) -> str:
    return base64.b64encode(file.read_bytes()).decode("ascii")
