"""Who may talk to an application, and to whom it may talk."""

from collections.abc import Mapping, Sequence

from campus_voice.shared import labels
from campus_voice.shared.manifests import Manifest

from .application import Application, Egress

_DNS_PODS = {"k8s-app": "kube-dns"}
"""Label of the cluster's DNS server, whichever it is
(https://kubernetes.io/docs/tasks/administer-cluster/dns-custom-nameservers/)."""


def spec(application: Application, selector: Mapping[str, str]) -> Manifest:
    """Render the wall: Envoy reaches the application, the monitoring its metrics.

    The application reaches what it was given, with DNS to find it, and otherwise nobody.
    """
    made: Manifest = {
        "ingress": [_from_gateway(application)],
        "podSelector": {"matchLabels": dict(selector)},
        "policyTypes": ["Ingress", "Egress"],
    }
    if application.metrics_port is not None:
        monitoring = {labels.NAMESPACE_NAME: application.walls.monitoring_namespace}
        made["ingress"].append(
            {
                "from": [{"namespaceSelector": {"matchLabels": monitoring}}],
                "ports": [port(application.metrics_port)],
            }
        )
    if application.walls.egress:
        made["egress"] = egress(application.walls.egress)
    return made


def egress(places: Sequence[Egress]) -> list[Manifest]:
    """Render the rules by which a pod reaches these places, and DNS to find them."""
    return [
        to_dns(),
        *({"ports": [port(place.port)], "to": [{"ipBlock": {"cidr": place.network}}]} for place in places),
    ]


def _from_gateway(application: Application) -> Manifest:
    walls = application.walls
    envoy = {
        "namespaceSelector": {"matchLabels": {labels.NAMESPACE_NAME: walls.gateway_namespace}},
        "podSelector": {"matchLabels": walls.gateway_selector},
    }
    networks = ({"ipBlock": {"cidr": network}} for network in walls.gateway_networks)
    return {"from": [envoy, *networks], "ports": [port(application.port)]}


def to_dns() -> Manifest:
    """Let pods ask the cluster's DNS server, at whatever port it listens.

    A policy sees the port of the server's pod, not that of its Service, and that is 53 only where the server
    may open it: a cluster chooses (https://kubernetes.io/docs/concepts/services-networking/network-policies/).
    """
    return {"to": [{"namespaceSelector": {}, "podSelector": {"matchLabels": dict(_DNS_PODS)}}]}


def port(number: int) -> Manifest:
    """Name a TCP port as NetworkPolicies do."""
    return {"port": number, "protocol": "TCP"}
