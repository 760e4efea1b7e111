"""What a ContourGateway is told."""

from typing import NotRequired, TypedDict

import pulumi

from campus_voice.shared.enums import Exposure, IssuerKind


class ContourGatewayIssuerArgs(TypedDict):
    """Who signs the certificates of the campuses."""

    kind: NotRequired[IssuerKind]
    """Who signs. Default: `ownCa`."""

    name: NotRequired[str]
    """Name of the ClusterIssuer, made or (with `existing`) used. Default: `campus-voice`."""

    email: NotRequired[str]
    """Where the ACME authority writes to about the account. Required with `acme`, refused otherwise."""

    server: NotRequired[str]
    """Directory of the ACME authority; only with `acme`. Default: Let's Encrypt's for production."""


class ContourGatewayArgs(TypedDict):
    """What a ContourGateway is told. Everything has a default."""

    namespace: NotRequired[str]
    """Namespace of Contour and Envoy, created here. Default: `projectcontour`."""

    routes_namespace: NotRequired[str]
    """Namespace of the campuses' virtual hosts and certificates, created here; the only one in which a
    virtual host is accepted. Default: `campus-routes`."""

    ingress_class: NotRequired[str]
    """Class that a route must carry to be served here; everything else in the cluster is left alone.
    Default: `campus-voice`."""

    exposure: NotRequired[Exposure]
    """How the world reaches Envoy. Default: `hostPort`."""

    http_port: NotRequired[int]
    """Port of plain HTTP, which redirects to HTTPS: on the nodes with `hostPort`, else on the load
    balancer. Default: 80."""

    https_port: NotRequired[int]
    """Port of HTTPS, likewise. Default: 443."""

    manifests: NotRequired[str]
    """Folder that holds Contour's CustomResourceDefinitions as `contour/01-crds.yaml`, for clusters
    without a way out. Default: the file of the pinned release, fetched and checked against its sha256."""

    contour_replicas: NotRequired[int]
    """Replicas of the control plane. Default: 2."""

    contour_image: NotRequired[pulumi.Input[str]]
    """Image of Contour. Default: the pinned release."""

    envoy_image: NotRequired[pulumi.Input[str]]
    """Image of Envoy. Default: the pinned release."""

    issuer: NotRequired[ContourGatewayIssuerArgs]
    """Who signs the certificates of the campuses. Default: a certificate authority of its own."""

    cert_manager_namespace: NotRequired[str]
    """Namespace of cert-manager, where a ClusterIssuer's secrets live. Default: `cert-manager`."""

    longest_request_seconds: NotRequired[int]
    """The longest request that a roll-out of Envoy must let finish, in seconds: the same value as the
    routes'. Default: 600."""

    edge_node_selector: NotRequired[dict[str, str]]
    """Labels of the nodes that run Envoy. Default: every node."""

    scrape_annotations: NotRequired[bool]
    """Whether the pods carry `prometheus.io/*` annotations. Default: true."""

    monitoring_namespace: NotRequired[str]
    """Namespace whose pods may read the metrics. Default: `monitoring`."""
