"""Which ways of reaching Envoy can work."""

from campus_voice.shared.enums import Exposure
from campus_voice.shared.fields import Fields

METRICS_PORT = 8002
"""Port on which Envoy tells whether it is ready, and its metrics."""

SHUTDOWN_PORT = 8090
"""Port on which the shutdown manager tells when Envoy may stop."""

_LOWEST_NODE_PORT = 30000
_HIGHEST_NODE_PORT = 32767


def check_exposure(fields: Fields, exposure: Exposure, http_port: int, https_port: int) -> None:
    """Note what does not fit the exposure."""
    if http_port == https_port:
        fields.refuse(
            "https_port",
            "it has to differ from http_port",
            "one port cannot speak both",
            "Keep the defaults, or choose two ports.",
        )
    for name, port in (("http_port", http_port), ("https_port", https_port)):
        if exposure is Exposure.NODE_PORT and not _LOWEST_NODE_PORT <= port <= _HIGHEST_NODE_PORT:
            fields.refuse(
                name,
                f"with nodePort it has to be from {_LOWEST_NODE_PORT} to {_HIGHEST_NODE_PORT}",
                "Kubernetes forwards no other ports of a node",
                "Leave it out, or choose the exposure hostPort to listen on any port of a node.",
            )
        if exposure is Exposure.HOST_NETWORK and port in {METRICS_PORT, SHUTDOWN_PORT}:
            fields.refuse(
                name,
                f"with hostNetwork it may be neither {METRICS_PORT} nor {SHUTDOWN_PORT}",
                "Envoy's metrics and its shutdown manager take these ports of the node",
                "Choose another port, or the exposure hostPort, which takes no others.",
            )
    _check_networks(fields, exposure)


def _check_networks(fields: Fields, exposure: Exposure) -> None:
    given = bool(fields.given("node_networks"))
    if exposure is Exposure.HOST_NETWORK and not given:
        fields.refuse(
            "node_networks",
            "hostNetwork needs the networks of the nodes",
            "a NetworkPolicy cannot select a pod in its node's network, so Contour and the backends can only "
            "tell the nodes from the rest",
            "List them, and those of the tunnels between nodes, such as 10.20.0.0/16; or choose hostPort, "
            "with which Envoy alone gets through.",
        )
    if exposure is not Exposure.HOST_NETWORK and given:
        fields.refuse(
            "node_networks",
            f"it has no meaning with {exposure.value}",
            "Envoy has an address of its own there, and opening walls to whole nodes would weaken them",
            "Remove it, or choose the exposure hostNetwork.",
        )
