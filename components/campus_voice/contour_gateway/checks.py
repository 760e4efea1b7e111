"""What a ContourGateway accepts, and its settings with every default filled in."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from campus_voice.shared import errors, versions
from campus_voice.shared.enums import Exposure, IssuerKind
from campus_voice.shared.fields import Fields
from campus_voice.shared.manifests import Text

if TYPE_CHECKING:
    from .args import ContourGatewayArgs

_LETS_ENCRYPT = "https://acme-v02.api.letsencrypt.org/directory"


@dataclass(frozen=True)
class IssuerSettings:
    """Who signs the certificates of the campuses."""

    kind: IssuerKind
    name: str
    email: str | None
    server: str


@dataclass(frozen=True)
class GatewaySettings:
    """A ContourGateway's arguments, checked."""

    namespace: str
    routes_namespace: str
    ingress_class: str
    exposure: Exposure
    http_port: int
    https_port: int
    manifests: str | None
    contour_replicas: int
    contour_image: Text
    envoy_image: Text
    issuer: IssuerSettings
    cert_manager_namespace: str
    longest_request_seconds: int
    edge_node_selector: Mapping[str, str]
    scrape_annotations: bool
    monitoring_namespace: str


def settings(name: str, args: "ContourGatewayArgs") -> GatewaySettings:
    """Check the arguments of the ContourGateway `name`.

    Raises:
        InvalidSettingsError: some cannot work; all of them are named.
    """
    fields = Fields(args)
    checked = GatewaySettings(
        namespace=fields.label("namespace", "projectcontour"),
        routes_namespace=fields.label("routes_namespace", "campus-routes"),
        ingress_class=fields.label("ingress_class", "campus-voice"),
        exposure=fields.choice("exposure", Exposure.HOST_PORT),
        http_port=fields.port("http_port", 80),
        https_port=fields.port("https_port", 443),
        manifests=args.get("manifests"),
        contour_replicas=fields.integer("contour_replicas", 2, 1, 10, "Envoy needs a control plane"),
        contour_image=args.get("contour_image") or versions.contour_image(),
        envoy_image=args.get("envoy_image") or versions.envoy_image(),
        issuer=_issuer(fields.nested("issuer")),
        cert_manager_namespace=fields.label("cert_manager_namespace", "cert-manager"),
        longest_request_seconds=fields.integer(
            "longest_request_seconds", 600, 1, 86400, "it bounds how long a roll-out waits"
        ),
        edge_node_selector=args.get("edge_node_selector", {}),
        scrape_annotations=fields.flag("scrape_annotations", default=True),
        monitoring_namespace=fields.label("monitoring_namespace", "monitoring"),
    )
    _check_combinations(fields, checked)
    errors.refuse(f"ContourGateway {name!r}", fields.problems)
    return checked


def _issuer(fields: Fields) -> IssuerSettings:
    kind = fields.choice("kind", IssuerKind.OWN_CA)
    email = fields.given("email")
    if kind is IssuerKind.ACME and not email:
        fields.refuse(
            "email",
            "an ACME issuer needs an address",
            "the authority writes there before a certificate runs out",
            "Name a mailbox that somebody reads.",
        )
    if kind is not IssuerKind.ACME:
        for name in ("email", "server"):
            if fields.given(name) is not None:
                fields.refuse(
                    name,
                    "only an ACME issuer has one",
                    f"an issuer of kind {kind.value} would ignore it",
                    f"Remove {name}, or set kind to {IssuerKind.ACME.value}.",
                )
    return IssuerSettings(
        kind=kind,
        name=fields.label("name", "campus-voice"),
        email=email,
        server=fields.text("server", _LETS_ENCRYPT),
    )


def _check_combinations(fields: Fields, checked: GatewaySettings) -> None:
    if checked.namespace == checked.routes_namespace:
        fields.refuse(
            "routes_namespace",
            "it has to differ from namespace",
            "whoever may read routes could then read the keys of the control plane",
            "Keep the defaults, or choose two names.",
        )
    if checked.http_port == checked.https_port:
        fields.refuse(
            "https_port",
            "it has to differ from http_port",
            "one port cannot speak both",
            "Keep the defaults, 80 and 443, or choose two ports.",
        )
