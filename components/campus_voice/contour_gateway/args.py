"""What a ContourGateway is told."""

from typing import Any, NotRequired, TypedDict

import pulumi

from campus_voice.shared.enums import CertManager, Exposure, IssuerKind


class ContourGatewayIssuerArgs(TypedDict):
    """Who signs certificates of campuses."""

    kind: NotRequired[IssuerKind]
    """Who signs. Default: `ownCa`, of which there is at most one."""

    name: NotRequired[str]
    """Name of the ClusterIssuer, made or (with `existing`) used. Default: `campus-voice`."""

    email: NotRequired[str]
    """Where the ACME authority writes to about the account. Required with `acme`, refused otherwise."""

    server: NotRequired[str]
    """Directory of the ACME authority; only with `acme`. Default: Let's Encrypt's for production."""

    ca_bundle: NotRequired[str]
    """Certificates, in PEM, that the ACME authority's own server is trusted by; only with `acme`. Default:
    those that every browser trusts."""

    dns01: NotRequired[dict[str, Any]]
    """Proof by a DNS record in place of a file served through this gateway; only with `acme`. It is
    cert-manager's own block: one provider with its settings, and Secrets by name and key, which lie in
    cert-manager's namespace (https://cert-manager.io/docs/configuration/acme/dns01/)."""


class ContourGatewayTolerationArgs(TypedDict):
    """A taint that the Envoy pods accept."""

    key: NotRequired[str]
    """Key of the taint. Default: every key."""

    operator: NotRequired[str]
    """`Exists` or `Equal`. Default: `Equal`."""

    value: NotRequired[str]
    """Value of the taint, with `Equal`."""

    effect: NotRequired[str]
    """`NoSchedule`, `PreferNoSchedule` or `NoExecute`. Default: every effect."""


class ContourGatewayEnvoyArgs(TypedDict):
    """Computing power of one Envoy."""

    cpus: NotRequired[int]
    """CPUs that are never exceeded, and Envoy's workers. Default: 2."""

    memory: NotRequired[str]
    """Memory at which the pod is killed, at least `256Mi`; at nine tenths of it Envoy refuses requests, and
    it takes one connection per 64 KiB of it. Default: `512Mi`."""


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
    """Port of plain HTTP, which redirects to HTTPS: on the nodes, or on the load balancer with
    `loadBalancer`. Default: 80; 30080 with `nodePort`."""

    https_port: NotRequired[int]
    """Port of HTTPS, likewise. Default: 443; 30443 with `nodePort`."""

    node_networks: NotRequired[list[str]]
    """Networks of the edge nodes, in CIDR notation, those of the tunnels between nodes included. Required
    with `hostNetwork`, where NetworkPolicies cannot tell Envoy from its node; refused otherwise."""

    edge_node_selector: NotRequired[dict[str, str]]
    """Labels of the nodes that run Envoy. Default: every node."""

    edge_tolerations: NotRequired[list[ContourGatewayTolerationArgs]]
    """Taints that the Envoy pods accept. Default: none."""

    longest_request_seconds: NotRequired[int]
    """The longest request that a roll-out of Envoy must let finish, in seconds: the same value as the
    routes'. Default: 600."""

    domain: NotRequired[str]
    """Domain under which the campuses answer. Outside the routes' namespace nobody then gets a certificate
    for a name in it. Default: none is protected."""

    campuses: NotRequired[list[str]]
    """Ids of the campuses, whose DNS records the output `dns_records` lists. Default: none."""

    edge_addresses: NotRequired[list[str]]
    """Where the world reaches the gateway: IP addresses of the edge nodes or of what is in front of them,
    or one host name. Default: none, and no DNS record is listed."""

    external_dns: NotRequired[bool]
    """Whether Envoy's Service tells external-dns the campuses' names and the edge addresses. Default:
    false."""

    drain_delay_seconds: NotRequired[int]
    """How long a stopping Envoy serves as if it went on, in seconds, until the load balancer in front has
    seen that it stops: at least that one's interval of health checks times its threshold. Default: 15 with
    `loadBalancer` and `nodePort`, else 0."""

    grace_seconds: NotRequired[int]
    """How long the cluster lets a stopping Envoy take, in seconds, where that is bounded, as it is by the
    cluster autoscaler. Default: what the drain delay and the longest request need."""

    manifests: NotRequired[str]
    """Folder that holds Contour's CustomResourceDefinitions as `contour/01-crds.yaml`, for clusters
    without a way out. Default: the file of the pinned release, fetched and checked against its sha256."""

    contour_replicas: NotRequired[int]
    """Replicas of the control plane. Default: 2."""

    contour_image: NotRequired[pulumi.Input[str]]
    """Image of Contour, which also prepares and stops each Envoy. Default: the pinned release."""

    envoy_image: NotRequired[pulumi.Input[str]]
    """Image of Envoy. Default: the pinned release."""

    envoy: NotRequired[ContourGatewayEnvoyArgs]
    """Computing power of one Envoy."""

    issuers: NotRequired[list[ContourGatewayIssuerArgs]]
    """Who signs the certificates of the campuses: the first, unless a campus names another. Default: a
    certificate authority of the gateway's own."""

    cert_manager: NotRequired[CertManager]
    """Where cert-manager comes from. `install` needs `manifests`, with the release's manifest in it as
    `cert-manager/cert-manager.yaml`. Default: `existing`."""

    cert_manager_namespace: NotRequired[str]
    """Namespace of cert-manager, where a ClusterIssuer's secrets live; with `install` no other than the
    default. Default: `cert-manager`."""

    scrape_annotations: NotRequired[bool]
    """Whether the pods carry `prometheus.io/*` annotations. Default: true."""

    monitoring_namespace: NotRequired[str]
    """Namespace whose pods may read the metrics. Default: `monitoring`."""
