"""What a TenantRoute accepts, and its settings with every default filled in."""

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from campus_voice.shared import errors, names
from campus_voice.shared.enums import RoutePart
from campus_voice.shared.fields import Fields
from campus_voice.shared.manifests import Labels, Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .args import TenantRouteArgs

LONGEST_REQUEST_SECONDS = 600
"""Default bound of one request."""


@dataclass(frozen=True)
class RouteSettings:
    """A TenantRoute's arguments, checked."""

    campus: str
    domain: str
    part: RoutePart
    routes_namespace: str
    ingress_class: Text
    issuer_name: Text
    issuer_kind: Text
    allow_from: "Sequence[str]"
    backend_namespace: str
    backend_selector: Labels
    backend_port: int
    longest_request_seconds: int

    @property
    def host(self) -> str:
        """Host name of the campus."""
        return names.host(self.campus, self.domain)


def settings(name: str, args: "TenantRouteArgs") -> RouteSettings:
    """Check the arguments of the TenantRoute `name`.

    Raises:
        InvalidSettingsError: some cannot work; all of them are named.
    """
    fields = Fields(args)
    issuer = fields.nested("issuer")
    part = fields.choice("part", RoutePart.WHOLE)
    checked = RouteSettings(
        campus=fields.campus("campus"),
        domain=fields.domain("domain"),
        part=part,
        routes_namespace=fields.label("routes_namespace", "campus-routes"),
        ingress_class=args.get("ingress_class", "campus-voice"),
        issuer_name=issuer.given("name"),
        issuer_kind=issuer.given("kind"),
        allow_from=_networks(fields),
        backend_namespace=fields.label("backend_namespace"),
        backend_selector=args.get("backend_selector"),
        backend_port=fields.port("backend_port", 7860),
        longest_request_seconds=fields.integer(
            "longest_request_seconds",
            LONGEST_REQUEST_SECONDS,
            1,
            86400,
            "it bounds how long a roll-out waits",
        ),
    )
    if part is not RoutePart.CHILD and (checked.issuer_name is None or checked.issuer_kind is None):
        fields.refuse(
            "issuer",
            "the part with the virtual host needs an issuer's name and kind",
            "a campus without a certificate is not served",
            "Pass the gateway's output 'issuer'.",
        )
    if part is not RoutePart.ROOT and not checked.backend_selector:
        fields.refuse(
            "backend_selector",
            "the part with the routes needs the labels of the backend's pods",
            "its Services select the pods by them",
            "Pass the backend's output 'selector'.",
        )
    if checked.backend_namespace == checked.routes_namespace:
        fields.refuse(
            "backend_namespace",
            "it has to differ from routes_namespace",
            "the virtual host and the routes have the same name, and whoever may edit routes there could "
            "take another campus's host",
            "Give the backend a namespace of its own.",
        )
    errors.refuse(f"TenantRoute {name!r}", fields.problems)
    return checked


def _networks(fields: Fields) -> "Sequence[str]":
    networks = tuple(fields.given("allow_from") or ())
    for network in networks:
        try:
            ipaddress.ip_network(network)
        except ValueError as error:
            fields.refuse(
                "allow_from",
                f"every entry has to be a network in CIDR notation ({error})",
                "callers' addresses are compared with them",
                "Write networks such as 10.20.0.0/16 or 2001:db8::/48.",
            )
    if networks and fields.given("part") == RoutePart.ROOT:
        fields.refuse(
            "allow_from",
            "it belongs to the part with the routes",
            "on the whole host it would also keep out the authority that renews the certificate",
            "Pass it where the child is made.",
        )
    return networks
