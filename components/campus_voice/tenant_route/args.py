"""What a TenantRoute is told."""

from typing import NotRequired, TypedDict

import pulumi

from campus_voice.shared.enums import RoutePart


class TenantRouteIssuerArgs(TypedDict):
    """Who signs the campus's certificate: the gateway's output `issuer`."""

    name: pulumi.Input[str]
    """Name of the issuer."""

    kind: pulumi.Input[str]
    """Kind of the object: `ClusterIssuer` or `Issuer`."""


class TenantRouteArgs(TypedDict):
    """What a TenantRoute is told."""

    campus: str
    """Id of the campus: a DNS label of at most 20 characters, the first part of its host name."""

    domain: str
    """Domain under which every campus is served: the campus answers at `<campus>.<domain>`."""

    part: NotRequired[RoutePart]
    """Which part of the route this is. Default: `whole`."""

    routes_namespace: NotRequired[str]
    """Namespace of the virtual hosts: the gateway's output `routes_namespace`. Default: `campus-routes`."""

    ingress_class: NotRequired[pulumi.Input[str]]
    """Class of the gateway: its output `ingress_class`. Default: `campus-voice`."""

    issuer: NotRequired[TenantRouteIssuerArgs]
    """Who signs the certificate. Required unless `part` is `child`."""

    allow_from: NotRequired[list[str]]
    """Networks, in CIDR notation, from which people may come. Default: everybody. Not with `root`."""

    backend_namespace: str
    """Namespace of the backend, in which the routes and their Services are placed."""

    backend_selector: NotRequired[pulumi.Input[dict[str, str]]]
    """Labels of the backend's pods: the backend's output `selector`. Required unless `part` is `root`."""

    backend_port: NotRequired[int]
    """Port on which the backend's pods serve. Default: 7860."""

    longest_request_seconds: NotRequired[int]
    """How long one request may take, in seconds. Default: 600."""
