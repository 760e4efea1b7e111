"""Who may talk to the pods of a ContourGateway."""

from collections.abc import Sequence

from campus_voice.shared import labels
from campus_voice.shared.manifests import Manifest, Objects, metadata

from . import control_plane, edge
from .checks import GatewaySettings

CONTOUR = "contour-network-policy"
ENVOY = "envoy-network-policy"


def objects(settings: GatewaySettings) -> Objects:
    """Render the NetworkPolicies: the world reaches the two served ports, Envoy alone reaches Contour."""
    monitoring = {
        "namespaceSelector": {"matchLabels": {labels.NAMESPACE_NAME: settings.monitoring_namespace}}
    }
    return {
        CONTOUR: _wall(
            settings,
            control_plane.NAME,
            control_plane.SELECTOR,
            [
                {
                    "from": [{"podSelector": {"matchLabels": dict(edge.SELECTOR)}}],
                    "ports": [_tcp(control_plane.XDS_PORT)],
                },
                {"from": [monitoring], "ports": [_tcp(control_plane.METRICS_PORT)]},
            ],
        ),
        ENVOY: _wall(
            settings,
            edge.NAME,
            edge.SELECTOR,
            [
                {"ports": [_tcp(edge.HTTP_PORT), _tcp(edge.HTTPS_PORT)]},
                {"from": [monitoring], "ports": [_tcp(edge.METRICS_PORT)]},
            ],
        ),
    }


def _wall(
    settings: GatewaySettings, name: str, pods: dict[str, str], ingress: Sequence[Manifest]
) -> Manifest:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": metadata(name, _labels(), namespace=settings.namespace),
        "spec": {
            "ingress": list(ingress),
            "podSelector": {"matchLabels": dict(pods)},
            "policyTypes": ["Ingress"],
        },
    }


def _tcp(port: int) -> Manifest:
    return {"port": port, "protocol": "TCP"}


def _labels() -> dict[str, str]:
    return labels.common("walls", "gateway")
