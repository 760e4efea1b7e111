"""Objects that several tests use, as a program would write them."""

from typing import Any

CONFIG_MAP = "kubernetes:core/v1:ConfigMap"
SECRETS = "kubernetes:core/v1:Secret"
SERVICE = "kubernetes:core/v1:Service"
CLAIM = "kubernetes:core/v1:PersistentVolumeClaim"
DEPLOYMENT = "kubernetes:apps/v1:Deployment"
DAEMON_SET = "kubernetes:apps/v1:DaemonSet"
JOB = "kubernetes:batch/v1:Job"
CRD = "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition"

Manifest = dict[str, Any]

RUNNING = {
    "phase": "Running",
    "podIP": "10.1.1.1",
    "conditions": [{"type": "Ready", "status": "True"}],
    "containerStatuses": [],
}
"""Status of a pod that serves, as a kubelet reports it."""


def config_map(namespace: str, name: str | None = "settings", **data: str) -> Manifest:
    """A ConfigMap; without a name it is named automatically."""
    meta = {"namespace": namespace, **({"name": name} if name else {})}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": data}


def deployment(namespace: str, replicas: int = 1, **spec: Any) -> Manifest:
    """A Deployment named `voice` whose pods carry `app: voice`."""
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "voice", "namespace": namespace},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": "voice"}},
            "template": pod_template(),
            **spec,
        },
    }


def pod_template() -> Manifest:
    """Pods with quantities and empty values that the server writes in another way."""
    container = {
        "name": "server",
        "image": "voice:1",
        "env": [],
        "resources": {"requests": {"cpu": "1000m", "memory": "1024Mi"}, "limits": {"cpu": 2}},
        "ports": [{"containerPort": 7860}],
    }
    return {
        "metadata": {"labels": {"app": "voice"}},
        "spec": {"hostNetwork": False, "containers": [container]},
    }


def service(namespace: str, name: str = "voice", **spec: Any) -> Manifest:
    """A ClusterIP Service for the pods of `deployment`."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"selector": {"app": "voice"}, "ports": [{"port": 7860}], **spec},
    }


def job(namespace: str) -> Manifest:
    """A Job that may fail once and for all."""
    pod = pod_template()
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "fill", "namespace": namespace},
        "spec": {
            "backoffLimit": 0,
            "template": {**pod, "spec": {**pod["spec"], "restartPolicy": "Never"}},
        },
    }


def claim(namespace: str, storage_class: str) -> Manifest:
    """A claim for a volume that nobody provides."""
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "outputs", "namespace": namespace},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": storage_class,
            "resources": {"requests": {"storage": "1024Mi"}},
        },
    }


def crd(kind: str, scope: str = "Namespaced", **spec_schema: Any) -> Manifest:
    """A CRD of group `test.campus` with a `status` subresource; `spec_schema` is the schema of `.spec`."""
    plural = kind.lower() + "s"
    schema = {
        "type": "object",
        "properties": {
            "spec": {"type": "object", "x-kubernetes-preserve-unknown-fields": True, **spec_schema},
            "status": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
        },
    }
    version = {
        "name": "v1",
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": schema},
        "subresources": {"status": {}},
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.test.campus"},
        "spec": {
            "group": "test.campus",
            "names": {"kind": kind, "plural": plural},
            "scope": scope,
            "versions": [version],
        },
    }


def custom(kind: str, namespace: str, annotations: dict[str, str] | None = None, **spec: Any) -> Manifest:
    """An object of a kind that `crd` defines, named `it`."""
    return {
        "apiVersion": "test.campus/v1",
        "kind": kind,
        "metadata": {
            "name": "it",
            "namespace": namespace,
            **({"annotations": annotations} if annotations else {}),
        },
        "spec": spec,
    }


def custom_type(kind: str) -> str:
    """The Pulumi type of `custom` objects."""
    return f"kubernetes:test.campus/v1:{kind}"
