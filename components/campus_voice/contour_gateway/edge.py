"""The edge of a ContourGateway: Envoy on each edge node, and how the world reaches it."""

from campus_voice.shared import labels, scrape
from campus_voice.shared.enums import Exposure
from campus_voice.shared.manifests import Manifest, Objects, metadata, restricted_pod

from . import dns, envoy
from .certificates import ENVOY_KEYS
from .checks import GatewaySettings
from .exposure_checks import METRICS_PORT

ACCOUNT = "envoy-account"
DAEMON_SET = "envoy-daemonset"
SERVICE = "envoy-service"

NAME = envoy.NAME
SELECTOR = {"app": NAME}

_START_SECONDS = 300
"""How long pulling the images and the first answer may take."""

_SERVICE_TYPES = {Exposure.LOAD_BALANCER: "LoadBalancer", Exposure.NODE_PORT: "NodePort"}


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
                annotations={"pulumi.com/timeoutSeconds": str(settings.grace_seconds + _START_SECONDS)},
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
    kind = _SERVICE_TYPES.get(settings.exposure, "ClusterIP")
    spec: Manifest = {
        "ports": [
            _service_port(settings, "http", settings.http_port, settings.http_listener, 80),
            _service_port(settings, "https", settings.https_port, settings.https_listener, 443),
        ],
        "selector": dict(SELECTOR),
        "type": kind,
    }
    if kind != "ClusterIP":
        # Keeps the address of the client, and only nodes that run Envoy receive traffic.
        spec["externalTrafficPolicy"] = "Local"
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata(
            NAME, _labels(), namespace=settings.namespace, annotations=dns.annotations(settings.dns)
        ),
        "spec": spec,
    }


def _service_port(settings: GatewaySettings, name: str, port: int, listener: int, usual: int) -> Manifest:
    """Render one port; with `nodePort` the world's is the node's, and the Service keeps the usual one."""
    made: Manifest = {"name": name, "port": port, "protocol": "TCP", "targetPort": listener}
    if settings.exposure is Exposure.NODE_PORT:
        return {**made, "nodePort": port, "port": usual}
    return made


def _rolling(settings: GatewaySettings) -> Manifest:
    """Render how Envoys are replaced: a host port is never free for two at once."""
    if settings.takes_host_ports:
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
        "containers": [envoy.shutdown_manager(settings), envoy.container(settings)],
        "enableServiceLinks": False,
        "initContainers": [envoy.bootstrap(settings)],
        "securityContext": _security(settings),
        "serviceAccountName": NAME,
        "terminationGracePeriodSeconds": settings.grace_seconds,
        "volumes": [
            {"emptyDir": {}, "name": "envoy-admin"},
            {"emptyDir": {}, "name": "envoy-config"},
            {"name": "envoycert", "secret": {"secretName": ENVOY_KEYS}},
        ],
    }
    if settings.on_host_network:
        spec["hostNetwork"] = True
        # With the node's own resolver Envoy would not find Contour's Service.
        spec["dnsPolicy"] = "ClusterFirstWithHostNet"
    if settings.edge_node_selector:
        spec["nodeSelector"] = dict(settings.edge_node_selector)
    if settings.edge_tolerations:
        spec["tolerations"] = list(settings.edge_tolerations)
    return spec


def _security(settings: GatewaySettings) -> Manifest:
    """Render the pod's user: nobody, or root where Envoy binds a privileged port of the node.

    There the capability NET_BIND_SERVICE helps no other user, since Kubernetes has no ambient
    capabilities (https://github.com/kubernetes/kubernetes/issues/56374). The three containers share files
    and a socket, hence one user for all.
    """
    if envoy.binds_privileged_ports(settings):
        return {**restricted_pod(0), "runAsNonRoot": False}
    return restricted_pod(envoy.USER)
