"""The control plane of a ContourGateway: Contour, what it may do and what it is told."""

import hashlib

from campus_voice.shared import labels, scrape
from campus_voice.shared.manifests import (
    Manifest,
    Objects,
    environment_of_pod,
    metadata,
    restricted_container,
    restricted_pod,
)

from .certificates import CONTOUR_KEYS
from .checks import GatewaySettings
from .contour_config import contour_yaml

ACCOUNT = "contour-account"
BUDGET = "contour-disruption-budget"
CLUSTER_ROLE = "contour-cluster-role"
CLUSTER_ROLE_BINDING = "contour-cluster-role-binding"
ROLE = "contour-role"
ROLE_BINDING = "contour-role-binding"
CONFIG = "contour-config"
DEPLOYMENT = "contour-deployment"
SERVICE = "contour-service"

NAME = "contour"
SELECTOR = {"app": NAME}
XDS_PORT = 8001
METRICS_PORT = 8000
USER = 65534
"""The user `nobody`, as in Contour's own manifests."""


def objects(settings: GatewaySettings) -> Objects:
    """Render the control plane."""
    config = contour_yaml()
    return {
        ACCOUNT: {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": _metadata(settings),
            "automountServiceAccountToken": False,
        },
        BUDGET: _budget(settings),
        CLUSTER_ROLE: _cluster_role(settings),
        CLUSTER_ROLE_BINDING: _binding(settings, "ClusterRole", _cluster_role_name(settings)),
        ROLE: _role(settings),
        ROLE_BINDING: _binding(settings, "Role", NAME),
        CONFIG: {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": _metadata(settings),
            "data": {"contour.yaml": config},
        },
        DEPLOYMENT: _deployment(settings, config),
        SERVICE: {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": _metadata(settings),
            "spec": {
                "ports": [{"name": "xds", "port": XDS_PORT, "protocol": "TCP", "targetPort": XDS_PORT}],
                "selector": dict(SELECTOR),
                "type": "ClusterIP",
            },
        },
    }


def _cluster_role_name(settings: GatewaySettings) -> str:
    """Name what belongs to no namespace after the class, of which a cluster has each only once."""
    return f"{settings.ingress_class}-contour"


def _metadata(settings: GatewaySettings, name: str = NAME) -> Manifest:
    return metadata(name, _labels(), namespace=settings.namespace)


def _labels() -> dict[str, str]:
    return labels.common(NAME, "gateway")


def _cluster_role(settings: GatewaySettings) -> Manifest:
    """Render what Contour reads in every namespace: its upstream role without the Gateway API.

    It reads every Secret, since its informer has no filter
    (https://github.com/projectcontour/contour/blob/v1.33.6/cmd/contour/serve.go).
    """
    read = ["get", "list", "watch"]
    report = ["create", "get", "update"]
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": metadata(_cluster_role_name(settings), _labels()),
        "rules": [
            {"apiGroups": [""], "resources": ["secrets", "services"], "verbs": read},
            {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": read},
            {"apiGroups": ["networking.k8s.io"], "resources": ["ingresses"], "verbs": read},
            {"apiGroups": ["networking.k8s.io"], "resources": ["ingresses/status"], "verbs": report},
            {
                "apiGroups": ["projectcontour.io"],
                "resources": ["extensionservices", "httpproxies", "tlscertificatedelegations"],
                "verbs": read,
            },
            {
                "apiGroups": ["projectcontour.io"],
                "resources": ["extensionservices/status", "httpproxies/status"],
                "verbs": report,
            },
        ],
    }


def _role(settings: GatewaySettings) -> Manifest:
    """Render what Contour writes in its own namespace: events, and the lease of its leader."""
    write = ["create", "get", "update"]
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "metadata": _metadata(settings),
        "rules": [
            {"apiGroups": [""], "resources": ["events"], "verbs": write},
            {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": write},
        ],
    }


def _binding(settings: GatewaySettings, kind: str, role: str) -> Manifest:
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": f"{kind}Binding",
        "metadata": metadata(role, _labels()) if kind == "ClusterRole" else _metadata(settings),
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": role},
        "subjects": [{"kind": "ServiceAccount", "name": NAME, "namespace": settings.namespace}],
    }


def _deployment(settings: GatewaySettings, config: str) -> Manifest:
    annotations = {"campus-voice/config-sha256": hashlib.sha256(config.encode()).hexdigest()}
    if settings.scrape_annotations:
        annotations |= scrape.annotations(METRICS_PORT, "/metrics")
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": _metadata(settings),
        "spec": {
            "replicas": settings.contour_replicas,
            "selector": {"matchLabels": dict(SELECTOR)},
            "strategy": {
                "rollingUpdate": {"maxSurge": "50%", "maxUnavailable": 0},
                "type": "RollingUpdate",
            },
            "template": {
                "metadata": {"annotations": annotations, "labels": {**_labels(), **SELECTOR}},
                "spec": _pod(settings),
            },
        },
    }


def _pod(settings: GatewaySettings) -> Manifest:
    return {
        # It reads the cluster's objects; the account itself mounts no token anywhere else.
        "automountServiceAccountToken": True,
        "containers": [_container(settings)],
        "enableServiceLinks": False,
        "securityContext": restricted_pod(USER),
        "serviceAccountName": NAME,
        "topologySpreadConstraints": [
            _spread("kubernetes.io/hostname"),
            _spread("topology.kubernetes.io/zone"),
        ],
        "volumes": [
            {"name": "contourcert", "secret": {"secretName": CONTOUR_KEYS}},
            {"configMap": {"name": NAME}, "name": "contour-config"},
        ],
    }


def _spread(topology: str) -> Manifest:
    """Render that replicas of one release keep apart where they can; one node still runs them all."""
    return {
        "labelSelector": {"matchLabels": dict(SELECTOR)},
        "matchLabelKeys": ["pod-template-hash"],
        "maxSkew": 1,
        "topologyKey": topology,
        "whenUnsatisfiable": "ScheduleAnyway",
    }


def _budget(settings: GatewaySettings) -> Manifest:
    """Render that a drain takes one replica at a time, which a single replica does not hold up either.

    Envoy needs none: a drain passes over DaemonSets.
    """
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": _metadata(settings),
        "spec": {
            "maxUnavailable": 1,
            "selector": {"matchLabels": dict(SELECTOR)},
            # A replica that does not work may go, or it would keep its node from being drained for ever.
            "unhealthyPodEvictionPolicy": "AlwaysAllow",
        },
    }


def _container(settings: GatewaySettings) -> Manifest:
    return {
        "args": [
            "serve",
            "--incluster",
            "--xds-address=0.0.0.0",
            f"--xds-port={XDS_PORT}",
            "--contour-cafile=/certs/ca.crt",
            "--contour-cert-file=/certs/tls.crt",
            "--contour-key-file=/certs/tls.key",
            "--config-path=/config/contour.yaml",
            f"--root-namespaces={settings.routes_namespace}",
            f"--ingress-class-name={settings.ingress_class}",
            f"--envoy-service-http-port={settings.http_listener}",
            f"--envoy-service-https-port={settings.https_listener}",
            # A leader that cannot renew in time ends itself; an API server may be busy for longer than the
            # default of 10 seconds (https://github.com/projectcontour/contour/issues/6374).
            "--leader-election-lease-duration=60s",
            "--leader-election-renew-deadline=45s",
            "--leader-election-retry-period=10s",
        ],
        "command": ["contour"],
        "env": environment_of_pod({"CONTOUR_NAMESPACE": "metadata.namespace", "POD_NAME": "metadata.name"}),
        "image": settings.contour_image,
        "imagePullPolicy": "IfNotPresent",
        "livenessProbe": {"httpGet": {"path": "/healthz", "port": METRICS_PORT}, "periodSeconds": 10},
        "name": NAME,
        "ports": [
            {"containerPort": XDS_PORT, "name": "xds", "protocol": "TCP"},
            {"containerPort": METRICS_PORT, "name": "metrics", "protocol": "TCP"},
        ],
        # The port opens once every cache is filled and the first configuration is built.
        "readinessProbe": {"periodSeconds": 2, "tcpSocket": {"port": XDS_PORT}},
        "resources": {
            "limits": {"memory": "512Mi"},
            "requests": {"cpu": "100m", "memory": "128Mi"},
        },
        "securityContext": restricted_container(),
        "volumeMounts": [
            {"mountPath": "/certs", "name": "contourcert", "readOnly": True},
            {"mountPath": "/config", "name": "contour-config", "readOnly": True},
        ],
    }
