"""The gateway that every campus shares, as a Pulumi component."""

from typing import TypedDict

import pulumi

from .args import ContourGatewayArgs


class ContourGatewayIssuer(TypedDict):
    """Who signs the certificates of the campuses."""

    name: str
    """Name of the issuer."""

    kind: str
    """Kind of the object: `ClusterIssuer`."""


class ContourGatewayService(TypedDict):
    """The Service in front of Envoy."""

    namespace: str
    """Namespace of the Service."""

    name: str
    """Name of the Service."""


class ContourGatewayCaSecret(TypedDict):
    """The Secret that holds the gateway's own certificate authority."""

    namespace: str
    """Namespace of the Secret."""

    name: str
    """Name of the Secret; its key `ca.crt` is what a client has to trust."""


class ContourGateway(pulumi.ComponentResource):
    """Contour and Envoy, ready to serve campuses that do not trust each other."""

    namespace: pulumi.Output[str]
    """Namespace of Contour and Envoy."""

    routes_namespace: pulumi.Output[str]
    """Namespace of the campuses' virtual hosts and certificates."""

    ingress_class: pulumi.Output[str]
    """Class that a route must carry to be served here."""

    exposure: pulumi.Output[str]
    """How the world reaches Envoy."""

    issuer: pulumi.Output[ContourGatewayIssuer]
    """Who signs the certificates of the campuses."""

    service: pulumi.Output[ContourGatewayService]
    """The Service in front of Envoy."""

    http_port: pulumi.Output[int]
    """Port of plain HTTP, as the world sees it."""

    https_port: pulumi.Output[int]
    """Port of HTTPS, as the world sees it."""

    envoy_selector: pulumi.Output[dict[str, str]]
    """Labels of the Envoy pods, for the NetworkPolicies of what is behind them."""

    ca_secret: pulumi.Output[ContourGatewayCaSecret] | None
    """The Secret with the gateway's own certificate authority; absent with every other issuer."""

    def __init__(
        self, name: str, args: ContourGatewayArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("campus-voice:index:ContourGateway", name, {}, opts)
        self.register_outputs({})
