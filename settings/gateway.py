"""What a platform's stack file may say about its gateway."""

from typing import Annotated

from campus_voice import IssuerKind
from pydantic import Field, JsonValue

from .rule import Rule
from .strict import Strict
from .types import (
    Addresses,
    Cpus,
    DrainDelay,
    Email,
    GraceSeconds,
    Image,
    Labels,
    Memory,
    Networks,
    ObjectName,
    Switch,
    TaintEffect,
    TaintOperator,
    Text,
    Url,
)


class AcmeSettings(Strict):
    """A public certificate authority that speaks ACME."""

    email: Email
    """Where the authority writes to about the account."""

    server: Url | None = None
    """Directory of the authority. Default: Let's Encrypt."""

    ca_bundle: Text | None = None
    """Certificates, in PEM, that the authority's own server is trusted by. Default: what browsers trust."""

    dns01: (
        Annotated[
            dict[str, JsonValue],
            Rule(
                "it must be a block with one DNS provider of cert-manager",
                "it is passed on as it stands",
                "Write it as cert-manager's documentation of DNS-01 does, with Secrets by name and key.",
            ),
        ]
        | None
    ) = None
    """Proof by a DNS record. Default: by a file that the gateway serves."""


class IssuerSettings(Strict):
    """Somebody who can sign certificates beside the default issuer."""

    name: ObjectName
    """Name by which a campus chooses the issuer; of the ClusterIssuer, too."""

    kind: Annotated[
        IssuerKind,
        Rule(
            f"it must be one of {', '.join(IssuerKind)}",
            "it decides who signs",
            "Write existing for a ClusterIssuer that is already in the cluster.",
        ),
    ]
    """Who signs."""

    acme: AcmeSettings | None = None
    """The authority, with `acme`."""


class GatewayImagesSettings(Strict):
    """Other images for the gateway's programs than the release's: a mirror, another tag, a digest."""

    contour: Image | None = None
    """Contour, which is also the shutdown manager. Default: the pinned release."""

    envoy: Image | None = None
    """Envoy. Default: the pinned release."""


class TolerationSettings(Strict):
    """A taint of a node that a pod accepts."""

    key: Text | None = None
    """Key of the taint. Default: every key."""

    operator: TaintOperator | None = None
    """How the taint's value is compared. Default: `Equal`."""

    value: Text | None = None
    """Value of the taint, with `Equal`."""

    effect: TaintEffect | None = None
    """Effect of the taint. Default: every effect."""


class EdgeSettings(Strict):
    """The nodes on which the world reaches the gateway."""

    node_selector: Labels = Field(default_factory=dict)
    """Labels of the nodes that run Envoy. Default: every node."""

    tolerations: Annotated[
        tuple[TolerationSettings, ...],
        Rule(
            "it must be a list of tolerations",
            "Envoy runs on a tainted node only where it tolerates the taint",
            "Write one `- {key: <key>, operator: Exists}` per taint, or leave it out.",
        ),
    ] = ()
    """Taints that Envoy accepts. Default: none."""

    node_networks: Networks = ()
    """Networks of the edge nodes and of the tunnels between nodes; with `exposure: hostNetwork` only."""

    addresses: Addresses = ()
    """Where the world reaches the gateway, for DNS. Default: no DNS records are told."""

    external_dns: Switch = False
    """Whether external-dns makes the campuses' records. Default: false."""

    cpus: Cpus | None = None
    """CPUs of one Envoy. Default: 2."""

    memory: Memory | None = None
    """Memory of one Envoy. Default: `512Mi`."""

    drain_delay_seconds: DrainDelay | None = None
    """How long a stopping Envoy serves as if it went on. Default: what the exposure usually needs."""

    grace_seconds: GraceSeconds | None = None
    """How long the cluster lets a stopping Envoy take. Default: as long as it needs."""
