"""What a stack's file may say. Keys are written in camelCase; what is not listed here is refused."""

from enum import StrEnum
from typing import Annotated, TypeAlias

from campus_voice import CertManager, Exposure
from pydantic.alias_generators import to_camel

from .backend import BackendSettings
from .campus import CampusSettings, PlatformCampusSettings
from .gateway import AcmeSettings, EdgeSettings, GatewayImagesSettings, IssuerSettings
from .rule import Rule
from .types import Domain, Folder, StackName


class Environment(StrEnum):
    """How careful a stack has to be."""

    DEV = "dev"
    """Somebody's own cluster: campuses need not say who may come."""

    PROD = "prod"
    """People depend on it."""


class PlatformSettings(BackendSettings):
    """A stack with the gateway, the campuses and the backend that they share."""

    domain: Domain
    """Every campus answers at `<campus>.<domain>`."""

    campuses: Annotated[
        tuple[PlatformCampusSettings, ...],
        Rule(
            "it must be a list of campuses",
            "each entry becomes a host name of its own",
            "Write one `- id: <campus>` per campus, or leave it out for a single campus named voice.",
        ),
    ] = (PlatformCampusSettings(id="voice"),)
    """The campuses. Default: one named `voice`."""

    acme: (
        Annotated[
            AcmeSettings,
            Rule(
                "it must be a block with the key email",
                "a public authority wants an account",
                "Write `acme: {email: <address>}`, or leave it out for an authority of the gateway's own.",
            ),
        ]
        | None
    ) = None
    """A public certificate authority. Default: an authority of the gateway's own."""

    issuers: Annotated[
        tuple[IssuerSettings, ...],
        Rule(
            "it must be a list of issuers",
            "each signs for the campuses that name it",
            "Write one `- {name: <name>, kind: <kind>}` per issuer, or leave it out.",
        ),
    ] = ()
    """Issuers beside the default one, such as a rehearsal of the public authority. Default: none."""

    manifests: Folder | None = None
    """Folder with the upstream manifests. Default: the pinned releases are fetched."""

    cert_manager: Annotated[
        CertManager,
        Rule(
            f"it must be one of {', '.join(CertManager)}",
            "certificates come from cert-manager, wherever that comes from",
            f"Leave it out for {CertManager.EXISTING}.",
        ),
    ] = CertManager.EXISTING
    """Where cert-manager comes from; `install` needs `manifests`. Default: `existing`."""

    gateway_images: Annotated[
        GatewayImagesSettings,
        Rule(
            "it must be a block with the keys contour, envoy or both",
            "each names the image of one program",
            "Write `gatewayImages: {envoy: <image>}`, or leave it out for the pinned releases.",
        ),
    ] = GatewayImagesSettings()
    """Images of the gateway's programs. Default: the pinned releases."""

    exposure: Annotated[
        Exposure,
        Rule(
            f"it must be one of {', '.join(Exposure)}",
            "it decides how the world reaches the gateway",
            f"Leave it out for {Exposure.HOST_PORT}.",
        ),
    ] = Exposure.HOST_PORT
    """How the world reaches the gateway. Default: `hostPort`."""

    edge: Annotated[
        EdgeSettings,
        Rule(
            f"it must be a block with some of the keys {', '.join(map(to_camel, EdgeSettings.model_fields))}",
            "it says where Envoy runs and how it stops",
            'Write it like `edge: {nodeSelector: {edge: "true"}}`, or leave it out for every node.',
        ),
    ] = EdgeSettings()
    """The nodes on which the world reaches the gateway. Default: all."""

    environment: (
        Annotated[
            Environment,
            Rule(
                f"it must be one of {', '.join(Environment)}",
                "it decides whether every campus has to state who may come",
                "Leave it out: the stack named dev is dev, every other one is prod.",
            ),
        ]
        | None
    ) = None
    """How careful the stack has to be. Default: `dev` in the stack of that name, else `prod`."""


class CampusStackSettings(BackendSettings):
    """A stack with the backend of one campus, attached to a platform's stack."""

    platform: StackName
    """Full name of the platform's stack."""

    campus: Annotated[
        CampusSettings,
        Rule(
            "it must be a block with the key id",
            "the stack serves exactly one campus",
            "Write `campus: {id: <campus>}`.",
        ),
    ]
    """The campus that this stack serves."""


Settings: TypeAlias = PlatformSettings | CampusStackSettings
