"""The Kubernetes objects of a CosyVoiceBackend."""

from campus_voice.shared import labels, scrape
from campus_voice.shared.manifests import (
    SKIP_AWAIT,
    Manifest,
    Objects,
    environment,
    metadata,
    namespace,
    restricted_container,
    restricted_pod,
)

from .checks import BackendSettings, Power

CLAIM = "outputs"
DEPLOYMENT = "deployment"
SERVICE = "service"
NETWORK_POLICY = "network-policy"

CLAIM_NAME = "cosyvoice-output-pvc"
DEPLOYMENT_NAME = "cosyvoice"
SERVICE_NAME = "cosyvoice-service"
PORT = 7860
"""Serves people and the API."""

METRICS_PORT = 9464
"""Serves metrics and probes; never routed."""

SELECTOR = labels.selector("cosyvoice")
"""Labels that select the speech pods; a namespace holds one backend."""

_OUTPUTS = "/root/CosyVoice/outputs"
_MODEL = "/models"
_SCRATCH = "tmp"
_USER = 10001
_PROBE_SECONDS = 2
_START_SECONDS = {"cpu": 300, "gpu": 1800}
"""How long loading the model may take."""

_AFTER_DRAIN_SECONDS = 30
"""What the server is given, beyond the longest request, to close its files."""


def objects(settings: BackendSettings) -> Objects:
    """Render everything of one backend."""
    return {
        CLAIM: _claim(settings),
        DEPLOYMENT: _deployment(settings),
        SERVICE: _service(settings),
        NETWORK_POLICY: _network_policy(settings),
    }


def backend_namespace(name: str) -> Manifest:
    """Make the Namespace that a backend needs; whoever deploys the backend registers it.

    It enforces the Pod Security level `restricted`, which the backend's pods keep.
    """
    return namespace(name, labels.common("campus-voice", "backend"), enforce="restricted")


def _metadata(settings: BackendSettings, name: str, annotations: dict[str, str] | None = None) -> Manifest:
    return metadata(name, _labels(), namespace=settings.namespace, annotations=annotations)


def _labels() -> dict[str, str]:
    return labels.common("cosyvoice", "backend")


def _claim(settings: BackendSettings) -> Manifest:
    """Render the volume of the recordings.

    It is not waited for: most storage classes bind a volume only when its first pod is there, and that
    pod's Deployment is waited for.
    """
    spec: Manifest = {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": settings.storage}},
    }
    if settings.storage_class is not None:
        spec["storageClassName"] = settings.storage_class
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": _metadata(settings, CLAIM_NAME, SKIP_AWAIT),
        "spec": spec,
    }


def _service(settings: BackendSettings) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": _metadata(settings, SERVICE_NAME, SKIP_AWAIT),
        "spec": {
            "ports": [{"name": "http", "port": PORT, "protocol": "TCP", "targetPort": PORT}],
            "selector": dict(SELECTOR),
            "type": "ClusterIP",
        },
    }


def _network_policy(settings: BackendSettings) -> Manifest:
    """Render the wall: Envoy reaches the server, the monitoring its metrics; the server reaches nobody."""
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": _metadata(settings, DEPLOYMENT_NAME),
        "spec": {
            "ingress": [
                {
                    "from": [
                        {
                            "namespaceSelector": {
                                "matchLabels": {labels.NAMESPACE_NAME: settings.gateway_namespace}
                            },
                            "podSelector": {"matchLabels": settings.gateway_selector},
                        },
                        *({"ipBlock": {"cidr": network}} for network in settings.gateway_networks),
                    ],
                    "ports": [{"port": PORT, "protocol": "TCP"}],
                },
                {
                    "from": [
                        {
                            "namespaceSelector": {
                                "matchLabels": {labels.NAMESPACE_NAME: settings.monitoring_namespace}
                            }
                        }
                    ],
                    "ports": [{"port": METRICS_PORT, "protocol": "TCP"}],
                },
            ],
            "podSelector": {"matchLabels": dict(SELECTOR)},
            "policyTypes": ["Ingress", "Egress"],
        },
    }


def _deployment(settings: BackendSettings) -> Manifest:
    """Render the server.

    It is re-created instead of rolled: a second pod would wait for the GPU and the volume that the first
    one holds. A new pod therefore starts after the old one's last request, and the deadline counts both.
    """
    grace = settings.longest_request_seconds + _AFTER_DRAIN_SECONDS
    deadline = grace + _start_seconds(settings)
    pod: Manifest = {"labels": {**_labels(), **SELECTOR}}
    if settings.scrape_annotations:
        pod["annotations"] = dict(scrape.annotations(METRICS_PORT, "/metrics"))
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": _metadata(
            settings, DEPLOYMENT_NAME, {"pulumi.com/timeoutSeconds": str(deadline + _AFTER_DRAIN_SECONDS)}
        ),
        "spec": {
            "progressDeadlineSeconds": deadline,
            "replicas": settings.replicas,
            "selector": {"matchLabels": dict(SELECTOR)},
            "strategy": {"type": "Recreate"},
            "template": {"metadata": pod, "spec": _pod(settings, grace)},
        },
    }


def _pod(settings: BackendSettings, grace: int) -> Manifest:
    spec: Manifest = {
        "automountServiceAccountToken": False,
        "containers": [_container(settings)],
        "enableServiceLinks": False,
        "securityContext": restricted_pod(_USER, fs_group=_USER),
        "terminationGracePeriodSeconds": grace,
        "volumes": [
            {"name": "outputs", "persistentVolumeClaim": {"claimName": CLAIM_NAME}},
            {"name": _SCRATCH, "emptyDir": {}},
        ],
    }
    if settings.model_claim is not None:
        spec["volumes"].append(
            {"name": "model", "persistentVolumeClaim": {"claimName": settings.model_claim, "readOnly": True}}
        )
    if settings.node_selector:
        spec["nodeSelector"] = dict(settings.node_selector)
    if settings.tolerations:
        spec["tolerations"] = [dict(toleration) for toleration in settings.tolerations]
    if settings.runtime_class is not None:
        spec["runtimeClassName"] = settings.runtime_class
    return spec


def _container(settings: BackendSettings) -> Manifest:
    mounts: list[Manifest] = [
        {"mountPath": _OUTPUTS, "name": "outputs"},
        {"mountPath": f"/{_SCRATCH}", "name": _SCRATCH},
    ]
    if settings.model_claim is not None:
        mounts.append({"mountPath": _MODEL, "name": "model", "readOnly": True})
    return {
        "env": _environment(settings),
        "image": settings.image,
        "imagePullPolicy": "IfNotPresent",
        "livenessProbe": _probe("/healthz", period=10, failures=6),
        "name": "cosyvoice",
        "ports": [
            {"containerPort": PORT, "name": "http", "protocol": "TCP"},
            {"containerPort": METRICS_PORT, "name": "metrics", "protocol": "TCP"},
        ],
        "readinessProbe": _probe("/readyz", period=5, failures=3),
        "resources": _resources(settings, settings.power),
        "securityContext": restricted_container(),
        "startupProbe": _probe(
            "/readyz", period=_PROBE_SECONDS, failures=_start_seconds(settings) // _PROBE_SECONDS
        ),
        "volumeMounts": mounts,
    }


def _environment(settings: BackendSettings) -> list[Manifest]:
    values = {
        "COSYVOICE_ENGINE": settings.engine.value,
        "COSYVOICE_OUTPUTS_DIR": _OUTPUTS,
        "COSYVOICE_PORT": str(PORT),
        "COSYVOICE_METRICS_PORT": str(METRICS_PORT),
        "COSYVOICE_SHARED": "true" if settings.shared else "false",
        "COSYVOICE_DRAIN_SECONDS": str(settings.longest_request_seconds),
    }
    if settings.model_claim is not None:
        values["COSYVOICE_MODEL_DIR"] = _MODEL
    return environment(values)


def _resources(settings: BackendSettings, power: Power) -> Manifest:
    requests = {"cpu": power.cpu_request, "memory": power.memory_request}
    limits = {"memory": power.memory_limit}
    if power.cpu_limit is not None:
        limits["cpu"] = power.cpu_limit
    if settings.gpus:
        requests[settings.gpu_resource] = limits[settings.gpu_resource] = str(settings.gpus)
    return {"limits": limits, "requests": requests}


def _probe(path: str, *, period: int, failures: int) -> Manifest:
    """Render a probe of the metrics port, which answers even when the pages are busy."""
    return {
        "failureThreshold": failures,
        "httpGet": {"path": path, "port": METRICS_PORT},
        "periodSeconds": period,
        "timeoutSeconds": 5,
    }


def _start_seconds(settings: BackendSettings) -> int:
    return _START_SECONDS["gpu" if settings.gpus else "cpu"]
