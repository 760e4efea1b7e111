"""Kubernetes objects as plain data, the way their YAML reads."""

from collections.abc import Mapping
from typing import Any

import yaml

Manifest = dict[str, Any]
"""One Kubernetes object."""

Objects = dict[str, Manifest]
"""Kubernetes objects by the suffix that names them within their component; the suffix never changes."""

Text = Any
"""A string, or a Pulumi Output of one: passed on untouched, never read."""

Labels = Any
"""Labels by key, or a Pulumi Output of them: passed on untouched, never read."""

WAIT_FOR_READY = {"pulumi.com/waitFor": "condition=Ready"}
"""Makes Pulumi wait until the object's condition Ready is true."""

SKIP_AWAIT = {"pulumi.com/skipAwait": "true"}
"""Makes Pulumi go on as soon as the API server accepted the object."""


def metadata(
    name: str,
    labels: Mapping[str, str],
    *,
    namespace: str | None = None,
    annotations: Mapping[str, Text] | None = None,
) -> Manifest:
    """Make an object's metadata. Absent parts are left out, as the API server stores them."""
    made: Manifest = {"name": name, "labels": dict(labels)}
    if namespace is not None:
        made["namespace"] = namespace
    if annotations:
        made["annotations"] = dict(annotations)
    return made


def namespace(
    name: str, labels: Mapping[str, str], *, enforce: str | None = None, warn: str | None = None
) -> Manifest:
    """Make a Namespace that enforces the Pod Security level `enforce` and warns about `warn`."""
    levels = {}
    if enforce is not None:
        levels["pod-security.kubernetes.io/enforce"] = enforce
    if warn is not None:
        levels["pod-security.kubernetes.io/warn"] = warn
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata(name, {**labels, **levels})}


def restricted_container() -> Manifest:
    """Make the security context of every container of ours: nothing beyond its own process."""
    return {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
    }


def restricted_pod(user: int, *, fs_group: int | None = None) -> Manifest:
    """Make a pod's security context for the numeric `user`; volumes belong to `fs_group` when given."""
    made: Manifest = {
        "runAsGroup": user,
        "runAsNonRoot": True,
        "runAsUser": user,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    if fs_group is not None:
        made["fsGroup"] = fs_group
        made["fsGroupChangePolicy"] = "OnRootMismatch"
    return made


def root_container() -> Manifest:
    """Make the security context of somebody else's container that runs as root.

    It keeps the capabilities by which root reads and changes files of other users inside its own image; the
    Pod Security level `baseline` allows them.
    """
    return {
        "allowPrivilegeEscalation": False,
        "capabilities": {"add": ["CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID"], "drop": ["ALL"]},
        "readOnlyRootFilesystem": False,
    }


def environment(values: Mapping[str, Text]) -> list[Manifest]:
    """Make a container's environment from plain values."""
    return [{"name": name, "value": value} for name, value in values.items()]


def environment_of_pod(fields: Mapping[str, str]) -> list[Manifest]:
    """Make a container's environment from fields of its pod, such as `metadata.namespace`."""
    return [
        {"name": name, "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": path}}}
        for name, path in fields.items()
    ]


def yaml_loader() -> type[yaml.SafeLoader]:
    """Choose the parser of libyaml where it is built in: ten times as fast on 300 kB."""
    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)
