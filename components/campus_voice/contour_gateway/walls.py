"""Who may talk to the pods in a ContourGateway's two namespaces."""

from collections.abc import Mapping, Sequence

from campus_voice.shared import labels
from campus_voice.shared.manifests import Manifest, Objects, metadata

from . import control_plane, edge
from .checks import GatewaySettings
from .exposure_checks import METRICS_PORT

HOME = "home-network-policy"
ROUTES = "routes-network-policy"
CONTOUR = "contour-network-policy"
ENVOY = "envoy-network-policy"
SOLVER = "acme-solver-network-policy"

_SOLVER_PODS = {"acme.cert-manager.io/http01-solver": "true"}
_SOLVER_PORT = 8089
"""Label and port of the pod that answers an ACME HTTP-01 challenge
(https://github.com/cert-manager/cert-manager/blob/v1.21.1/pkg/issuer/acme/http/pod.go)."""


def objects(settings: GatewaySettings) -> Objects:
    """Render the NetworkPolicies: what is not named here reaches no pod of either namespace.

    The world reaches the two served ports, Envoy alone reaches Contour and the pods that answer ACME
    challenges, the monitoring namespace the metrics. Nobody reaches the shutdown manager: its requests come
    from the kubelet, which Kubernetes lets through on each node. There is no admin port at all.
    """
    monitoring = {
        "namespaceSelector": {"matchLabels": {labels.NAMESPACE_NAME: settings.monitoring_namespace}}
    }
    made = {
        HOME: _wall("everything-else", settings.namespace, {}, []),
        ROUTES: _sealed(settings),
        CONTOUR: _wall(
            control_plane.NAME,
            settings.namespace,
            control_plane.SELECTOR,
            [
                {"from": _envoys(settings, at_home=True), "ports": [_tcp(control_plane.XDS_PORT)]},
                {"from": [monitoring], "ports": [_tcp(control_plane.METRICS_PORT)]},
            ],
        ),
        SOLVER: _wall(
            "acme-solver",
            settings.routes_namespace,
            _SOLVER_PODS,
            [{"from": _envoys(settings, at_home=False), "ports": [_tcp(_SOLVER_PORT)]}],
        ),
    }
    if not settings.on_host_network:
        made[ENVOY] = _wall(
            edge.NAME,
            settings.namespace,
            edge.SELECTOR,
            [
                {"ports": [_tcp(settings.http_listener), _tcp(settings.https_listener)]},
                {"from": [monitoring], "ports": [_tcp(METRICS_PORT)]},
            ],
        )
    return made


def _envoys(settings: GatewaySettings, *, at_home: bool) -> list[Manifest]:
    """Render where Envoy's connections come from, as seen in its own namespace or in another.

    In its node's network Envoy has the node's address, which a selector does not match
    (https://kubernetes.io/docs/concepts/services-networking/network-policies/#networkpolicy-and-hostnetwork-pods).
    """
    if settings.on_host_network:
        return [{"ipBlock": {"cidr": network}} for network in settings.node_networks]
    pods: Manifest = {"podSelector": {"matchLabels": dict(edge.SELECTOR)}}
    if at_home:
        return [pods]
    return [{"namespaceSelector": {"matchLabels": {labels.NAMESPACE_NAME: settings.namespace}}, **pods}]


def _sealed(settings: GatewaySettings) -> Manifest:
    """Render the wall around the routes' namespace, whose only pods answer and never ask."""
    wall = _wall("everything-else", settings.routes_namespace, {}, [])
    wall["spec"]["policyTypes"] = ["Ingress", "Egress"]
    return wall


def _wall(name: str, namespace: str, pods: Mapping[str, str], ingress: Sequence[Manifest]) -> Manifest:
    spec: Manifest = {
        "podSelector": {"matchLabels": dict(pods)} if pods else {},
        "policyTypes": ["Ingress"],
    }
    if ingress:
        spec["ingress"] = list(ingress)
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": metadata(name, _labels(), namespace=namespace),
        "spec": spec,
    }


def _tcp(port: int) -> Manifest:
    return {"port": port, "protocol": "TCP"}


def _labels() -> dict[str, str]:
    return labels.common("walls", "gateway")
