"""Volumes: folders of the sandbox's state, made on demand for the default storage class."""

import json
from typing import Final

from campus_sandbox.addons.addon import (
    RESTRICTED_CONTAINER,
    Addon,
    Deployed,
    Manifest,
    objects,
    role_ref,
    subject,
)
from campus_sandbox.node.layout import VOLUMES

NAMESPACE: Final = "local-path-storage"
NAME: Final = "local-path-provisioner"
STORAGE_CLASS: Final = "local-path"
CONFIG_FOLDER: Final = "/etc/config"
READ: Final = ["get", "list", "watch"]
WRITE: Final = [*READ, "create", "patch", "update", "delete"]


def local_path(version: str, busybox_image: str) -> Addon:
    """The local path provisioner: https://github.com/rancher/local-path-provisioner.

    Args:
        version: of the provisioner, without a leading v.
        busybox_image: runs the provisioner's helper pods, which make and remove folders on the node.
    """
    content = objects(
        _namespace(), *_rights(), _configuration(busybox_image), _deployment(version), _storage_class()
    )
    return Addon("local path provisioner", content, (Deployed(NAMESPACE, NAME),))


def _namespace() -> Manifest:
    """The helper pods mount folders of the node: nothing but `privileged` lets them."""
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": NAMESPACE, "labels": {"pod-security.kubernetes.io/enforce": "privileged"}},
    }


def _rights() -> tuple[Manifest, ...]:
    rbac = "rbac.authorization.k8s.io/v1"
    place = {"name": NAME, "namespace": NAMESPACE}
    return (
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": place},
        {
            "apiVersion": rbac,
            "kind": "Role",
            "metadata": place,
            "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": WRITE}],
        },
        {
            "apiVersion": rbac,
            "kind": "RoleBinding",
            "metadata": place,
            "roleRef": role_ref("Role", NAME),
            "subjects": [subject(NAME, NAMESPACE)],
        },
        {
            "apiVersion": rbac,
            "kind": "ClusterRole",
            "metadata": {"name": NAME},
            "rules": [
                {
                    "apiGroups": [""],
                    "resources": ["nodes", "persistentvolumeclaims", "configmaps", "pods", "pods/log"],
                    "verbs": READ,
                },
                {"apiGroups": [""], "resources": ["persistentvolumes"], "verbs": WRITE},
                {"apiGroups": [""], "resources": ["events"], "verbs": ["create", "patch"]},
                {"apiGroups": ["storage.k8s.io"], "resources": ["storageclasses"], "verbs": READ},
            ],
        },
        {
            "apiVersion": rbac,
            "kind": "ClusterRoleBinding",
            "metadata": {"name": NAME},
            "roleRef": role_ref("ClusterRole", NAME),
            "subjects": [subject(NAME, NAMESPACE)],
        },
    )


def _configuration(busybox_image: str) -> Manifest:
    """Folders are everybody's (0777): a pod's fsGroup is not applied to folders of the node."""
    folders = {"nodePathMap": [{"node": "DEFAULT_PATH_FOR_NON_LISTED_NODES", "paths": [str(VOLUMES)]}]}
    helper = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "helper-pod"},
        "spec": {
            "priorityClassName": "system-node-critical",
            "terminationGracePeriodSeconds": 0,
            "containers": [
                {"name": "helper-pod", "image": busybox_image, "imagePullPolicy": "IfNotPresent"},
            ],
        },
    }
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "local-path-config", "namespace": NAMESPACE},
        "data": {
            "config.json": json.dumps(folders),
            "setup": '#!/bin/sh\nset -eu\nmkdir -m 0777 -p "$VOL_DIR"\n',
            "teardown": '#!/bin/sh\nset -eu\nrm -rf "$VOL_DIR"\n',
            "helperPod.yaml": json.dumps(helper),
        },
    }


def _deployment(version: str) -> Manifest:
    labels = {"app.kubernetes.io/name": NAME}
    container = {
        "name": NAME,
        "image": f"docker.io/rancher/local-path-provisioner:v{version}",
        "imagePullPolicy": "IfNotPresent",
        "command": [NAME, "start"],
        "args": ["--config", f"{CONFIG_FOLDER}/config.json", "--service-account-name", NAME],
        "env": [
            {"name": "POD_NAMESPACE", "valueFrom": {"fieldRef": {"fieldPath": "metadata.namespace"}}},
            {"name": "CONFIG_MOUNT_PATH", "value": f"{CONFIG_FOLDER}/"},
        ],
        "resources": {"requests": {"cpu": "25m", "memory": "32Mi"}, "limits": {"memory": "128Mi"}},
        "securityContext": {**RESTRICTED_CONTAINER, "runAsNonRoot": True, "runAsUser": 65534},
        "volumeMounts": [{"name": "config", "mountPath": CONFIG_FOLDER, "readOnly": True}],
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": NAME, "namespace": NAMESPACE},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {
                    "serviceAccountName": NAME,
                    "containers": [container],
                    "volumes": [{"name": "config", "configMap": {"name": "local-path-config"}}],
                },
            },
        },
    }


def _storage_class() -> Manifest:
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {
            "name": STORAGE_CLASS,
            "annotations": {"storageclass.kubernetes.io/is-default-class": "true"},
        },
        "provisioner": "rancher.io/local-path",
        "volumeBindingMode": "WaitForFirstConsumer",
        "reclaimPolicy": "Delete",
    }
