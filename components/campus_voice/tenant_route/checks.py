"""What a TenantRoute accepts, and its settings with every default filled in."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from campus_voice.shared import errors, names
from campus_voice.shared.enums import RoutePart
from campus_voice.shared.fields import Fields
from campus_voice.shared.manifests import Labels, Text

from . import access, applications, certificate, headers, limits, sessions
from .access import Access
from .applications import Application
from .certificate import Tls
from .headers import Headers
from .limits import Fuse, Limits

if TYPE_CHECKING:
    from .args import TenantRouteArgs

LONGEST_REQUEST_SECONDS = 600
"""Default bound of one request."""

_OF_THE_HOST = ("certificate", "minimum_tls_version")
_OF_THE_ROUTES = (
    "allow_from",
    "deny_from",
    "hsts_seconds",
    "frame_ancestors",
    "limits",
    "circuit_breakers",
    "voice_cloning",
    "audible_label",
    "backend_replicas",
    "canary",
    "routes",
)


@dataclass(frozen=True)
class Canary:
    """A second version of the backend."""

    selector: Labels
    percent: int


@dataclass(frozen=True)
class RouteSettings:
    """A TenantRoute's arguments, checked."""

    campus: str
    domain: str
    part: RoutePart
    routes_namespace: str
    ingress_class: Text
    tls: Tls
    headers: Headers
    access: Access
    limits: Limits
    fuse: Fuse
    voice_cloning: bool
    audible_label: bool
    backend_namespace: str
    backend_selector: Labels
    backend_port: int
    backend_replicas: int
    canary: Canary | None
    applications: Sequence[Application]
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
    part = fields.choice("part", RoutePart.WHOLE)
    campus = fields.campus("campus")
    checked = RouteSettings(
        campus=campus,
        domain=fields.domain("domain"),
        part=part,
        routes_namespace=fields.label("routes_namespace", "campus-routes"),
        ingress_class=args.get("ingress_class", "campus-voice"),
        tls=certificate.read(fields, campus, part),
        headers=headers.read(fields),
        access=access.read(fields),
        limits=limits.read(fields),
        fuse=limits.read_fuse(fields),
        voice_cloning=fields.flag("voice_cloning", default=False),
        audible_label=fields.flag("audible_label", default=False),
        backend_namespace=fields.label("backend_namespace"),
        backend_selector=args.get("backend_selector"),
        backend_port=fields.port("backend_port", 7860),
        backend_replicas=sessions.read_replicas(fields),
        canary=_canary(fields),
        applications=applications.read(fields),
        longest_request_seconds=fields.integer(
            "longest_request_seconds",
            LONGEST_REQUEST_SECONDS,
            1,
            86400,
            "it bounds how long a roll-out waits",
        ),
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
    _refuse_what_belongs_elsewhere(fields, part)
    errors.refuse(f"TenantRoute {name!r}", fields.problems)
    return checked


def _canary(fields: Fields) -> Canary | None:
    if fields.given("canary") is None:
        return None
    canary = fields.nested("canary")
    if not canary.given("selector"):
        canary.refuse(
            "selector",
            "it has to be the labels of the second version's pods",
            "its Service selects the pods by them",
            "Pass the labels of its Deployment's pods.",
        )
    percent = canary.integer("percent", None, 0, 100, "the rest goes to the first version")
    return Canary(canary.given("selector"), percent)


def _refuse_what_belongs_elsewhere(fields: Fields, part: RoutePart) -> None:
    """Refuse what the other part alone renders: passed over in silence, a wall would seem to stand."""
    if part is RoutePart.ROOT:
        for name in _OF_THE_ROUTES:
            if fields.given(name):
                fields.refuse(
                    name,
                    "it belongs to the part with the routes",
                    "the virtual host alone cannot carry it",
                    "Pass it where the child is made.",
                )
    if part is RoutePart.CHILD:
        for name in _OF_THE_HOST:
            if fields.given(name):
                fields.refuse(
                    name,
                    "it belongs to the part with the virtual host",
                    "the routes alone cannot carry it",
                    "Pass it where the root is made.",
                )
