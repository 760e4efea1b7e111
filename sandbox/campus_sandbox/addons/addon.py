"""What an addon is, and the shapes that several share."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

Manifest = Mapping[str, Any]

# Pods of addons keep to the strictest profile: https://kubernetes.io/docs/concepts/security/pod-security-standards/.
RESTRICTED_CONTAINER: Final[Manifest] = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}


@dataclass(frozen=True)
class Deployed:
    """A Deployment that must be available before the addon serves."""

    namespace: str
    name: str


@dataclass(frozen=True)
class Addon:
    """Something the cluster runs.

    Attributes:
        name: as messages call it.
        content: what to apply as YAML or JSON, each object before those that need it.
        deployments: what must be available then.
    """

    name: str
    content: str
    deployments: tuple[Deployed, ...] = ()


def objects(*manifests: Manifest) -> str:
    """Objects as the content of an addon."""
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": manifests})


def subject(account: str, namespace: str) -> Manifest:
    """A service account as the subject of a binding."""
    return {"kind": "ServiceAccount", "name": account, "namespace": namespace}


def role_ref(kind: str, name: str) -> Manifest:
    """The role a binding gives."""
    return {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": name}
