"""The edge of a ContourGateway: Envoy on each edge node, and how it stops."""

from collections.abc import Sequence

from campus_voice.shared import labels, scrape
from campus_voice.shared.enums import Exposure
from campus_voice.shared.manifests import (
    Manifest,
    Objects,
    environment_of_pod,
    metadata,
    restricted_container,
    restricted_pod,
)

from . import control_plane
from .certificates import ENVOY_KEYS
from .checks import GatewaySettings

ACCOUNT = "envoy-account"
DAEMON_SET = "envoy-daemonset"
SERVICE = "envoy-service"

NAME = "envoy"
SELECTOR = {"app": NAME}
HTTP_PORT = 8080
HTTPS_PORT = 8443
METRICS_PORT = 8002

_SHUTDOWN_PORT = 8090
_CPUS = 2
"""Envoy starts one worker per CPU of its limit; left alone it counts the node's."""

_CHECK_SECONDS = 1
_AFTER_DRAIN_SECONDS = 30
_START_SECONDS = 300
"""How long pulling the images and the first answer may take."""


def grace_seconds(settings: GatewaySettings) -> int:
    """Tell how long a stopping Envoy may take.

    It serves on until its last connection is closed: the longest request, then the time after which an
    idle connection is closed, then a margin.
    """
    return settings.longest_request_seconds + control_plane.CONNECTION_IDLE_SECONDS + _AFTER_DRAIN_SECONDS


def objects(settings: GatewaySettings) -> Objects:
    """Render the edge."""
    return {
        ACCOUNT: {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": _metadata(settings),
            "automountServiceAccountToken": False,
        },
        SERVICE: _service(settings),
        DAEMON_SET: {
            "apiVersion": "apps/v1",
            "kind": "DaemonSet",
            "metadata": metadata(
                NAME,
                _labels(),
                namespace=settings.namespace,
                annotations={"pulumi.com/timeoutSeconds": str(grace_seconds(settings) + _START_SECONDS)},
            ),
            "spec": {
                "selector": {"matchLabels": dict(SELECTOR)},
                "template": {"metadata": _pod_metadata(settings), "spec": _pod(settings)},
                "updateStrategy": {"rollingUpdate": _rolling(settings), "type": "RollingUpdate"},
            },
        },
    }


def _metadata(settings: GatewaySettings) -> Manifest:
    return metadata(NAME, _labels(), namespace=settings.namespace)


def _labels() -> dict[str, str]:
    return labels.common(NAME, "gateway")


def _service(settings: GatewaySettings) -> Manifest:
    balanced = settings.exposure is Exposure.LOAD_BALANCER
    spec: Manifest = {
        "ports": [
            {"name": "http", "port": settings.http_port, "protocol": "TCP", "targetPort": HTTP_PORT},
            {"name": "https", "port": settings.https_port, "protocol": "TCP", "targetPort": HTTPS_PORT},
        ],
        "selector": dict(SELECTOR),
        "type": "LoadBalancer" if balanced else "ClusterIP",
    }
    if balanced:
        # Keeps the address of the client, and only nodes that run Envoy receive traffic.
        spec["externalTrafficPolicy"] = "Local"
    return {"apiVersion": "v1", "kind": "Service", "metadata": _metadata(settings), "spec": spec}


def _rolling(settings: GatewaySettings) -> Manifest:
    """Render how Envoys are replaced: a host port is never free for two at once."""
    if settings.exposure is Exposure.HOST_PORT:
        return {"maxSurge": 0, "maxUnavailable": "10%"}
    return {"maxSurge": 1, "maxUnavailable": 0}


def _pod_metadata(settings: GatewaySettings) -> Manifest:
    made: Manifest = {"labels": {**_labels(), **SELECTOR}}
    if settings.scrape_annotations:
        made["annotations"] = dict(scrape.annotations(METRICS_PORT, "/stats/prometheus"))
    return made


def _pod(settings: GatewaySettings) -> Manifest:
    spec: Manifest = {
        "automountServiceAccountToken": False,
        "containers": [_shutdown_manager(settings), _envoy(settings)],
        "enableServiceLinks": False,
        "initContainers": [_bootstrap(settings)],
        "securityContext": restricted_pod(control_plane.USER),
        "serviceAccountName": NAME,
        "terminationGracePeriodSeconds": grace_seconds(settings),
        "volumes": [
            {"emptyDir": {}, "name": "envoy-admin"},
            {"emptyDir": {}, "name": "envoy-config"},
            {"name": "envoycert", "secret": {"secretName": ENVOY_KEYS}},
        ],
    }
    if settings.edge_node_selector:
        spec["nodeSelector"] = dict(settings.edge_node_selector)
    return spec


def _shutdown_manager(settings: GatewaySettings) -> Manifest:
    """Render the container that lets Envoy finish: it fails the health checks, then counts connections.

    It has no liveness probe, which would kill it in the middle
    (https://github.com/projectcontour/contour/issues/4851).
    """
    return {
        "args": ["envoy", "shutdown-manager", f"--serve-port={_SHUTDOWN_PORT}"],
        "command": ["/bin/contour"],
        "image": settings.contour_image,
        "imagePullPolicy": "IfNotPresent",
        "lifecycle": {
            "preStop": {
                "exec": {
                    "command": [
                        "/bin/contour",
                        "envoy",
                        "shutdown",
                        f"--check-interval={_CHECK_SECONDS}s",
                    ]
                }
            }
        },
        "name": "shutdown-manager",
        "resources": _resources("25m", "50Mi", {"memory": "128Mi"}),
        "securityContext": restricted_container(),
        "volumeMounts": [{"mountPath": "/admin", "name": "envoy-admin"}],
    }


def _envoy(settings: GatewaySettings) -> Manifest:
    return {
        "args": [
            "-c",
            "/config/envoy.json",
            "--service-cluster",
            "$(CONTOUR_NAMESPACE)",
            "--service-node",
            "$(ENVOY_POD_NAME)",
            "--concurrency",
            str(_CPUS),
            "--log-level",
            "info",
            # People follow the access log: the default of ten seconds makes them wait for every line.
            "--file-flush-interval-msec",
            "1000",
        ],
        "command": ["envoy"],
        "env": environment_of_pod(
            {"CONTOUR_NAMESPACE": "metadata.namespace", "ENVOY_POD_NAME": "metadata.name"}
        ),
        "image": settings.envoy_image,
        "imagePullPolicy": "IfNotPresent",
        "lifecycle": {
            "preStop": {"httpGet": {"path": "/shutdown", "port": _SHUTDOWN_PORT, "scheme": "HTTP"}}
        },
        "name": NAME,
        "ports": _ports(settings),
        "readinessProbe": {
            "failureThreshold": 3,
            "httpGet": {"path": "/ready", "port": METRICS_PORT},
            "periodSeconds": 2,
        },
        # Without a reserved share a busy speech server on the same node doubles every response time.
        "resources": _resources("300m", "128Mi", {"cpu": str(_CPUS), "memory": "512Mi"}),
        "securityContext": restricted_container(),
        "volumeMounts": [
            {"mountPath": "/config", "name": "envoy-config", "readOnly": True},
            {"mountPath": "/certs", "name": "envoycert", "readOnly": True},
            {"mountPath": "/admin", "name": "envoy-admin"},
        ],
    }


def _ports(settings: GatewaySettings) -> Sequence[Manifest]:
    ports: list[Manifest] = [
        {"containerPort": HTTP_PORT, "name": "http", "protocol": "TCP"},
        {"containerPort": HTTPS_PORT, "name": "https", "protocol": "TCP"},
        {"containerPort": METRICS_PORT, "name": "metrics", "protocol": "TCP"},
    ]
    if settings.exposure is Exposure.HOST_PORT:
        ports[0]["hostPort"] = settings.http_port
        ports[1]["hostPort"] = settings.https_port
    return ports


def _bootstrap(settings: GatewaySettings) -> Manifest:
    """Render the container that writes Envoy's first configuration.

    With `--resources-dir` Envoy reads its certificate for Contour from files that it watches, and so
    follows each renewal without a restart.
    """
    return {
        "args": [
            "bootstrap",
            "/config/envoy.json",
            f"--xds-address={control_plane.NAME}",
            f"--xds-port={control_plane.XDS_PORT}",
            "--xds-resource-version=v3",
            "--resources-dir=/config/resources",
            "--envoy-cafile=/certs/ca.crt",
            "--envoy-cert-file=/certs/tls.crt",
            "--envoy-key-file=/certs/tls.key",
        ],
        "command": ["contour"],
        "env": environment_of_pod({"CONTOUR_NAMESPACE": "metadata.namespace"}),
        "image": settings.contour_image,
        "imagePullPolicy": "IfNotPresent",
        "name": "envoy-initconfig",
        "resources": _resources("25m", "50Mi", {"memory": "128Mi"}),
        "securityContext": restricted_container(),
        "volumeMounts": [
            {"mountPath": "/config", "name": "envoy-config"},
            {"mountPath": "/certs", "name": "envoycert", "readOnly": True},
        ],
    }


def _resources(cpu: str, memory: str, limits: dict[str, str]) -> Manifest:
    return {"limits": limits, "requests": {"cpu": cpu, "memory": memory}}
