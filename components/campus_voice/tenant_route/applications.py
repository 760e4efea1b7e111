"""What else lives under a campus's host: other applications, or a second version of the same one."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from campus_voice.shared.fields import Fields
from campus_voice.shared.manifests import Manifest

from . import blocked

_PREFIX = re.compile(r"/|(/[A-Za-z0-9._~=-]+)+")
_HEADER = re.compile(r"[A-Za-z0-9-]+")
_MATCHES = ("exact", "contains", "present")


API_PREFIX = "/v1"
"""Paths of the API; everything else belongs to the pages."""

PAGES_PREFIX = "/"

START_PREFIXES = ("/gradio_api/call/", "/gradio_api/queue/join", "/read/speech")
"""Paths of the pages that start a synthesis."""

TAKEN = (PAGES_PREFIX, API_PREFIX, *START_PREFIXES)
"""Prefixes of the routes to the speech server."""


@dataclass(frozen=True)
class Wrong:
    """Why a prefix cannot work."""

    rule: str
    why: str
    way_out: str


@dataclass(frozen=True)
class Backend:
    """A Service in the backend's namespace, and its share."""

    name: str
    port: int
    weight: int


@dataclass(frozen=True)
class Application:
    """A route beside those to the speech server."""

    prefix: str
    headers: Sequence[Manifest]
    """What the request's headers have to hold, as HTTPProxy writes it."""

    services: Sequence[Backend]
    keep_prefix: bool

    def conditions(self, prefix: str) -> list[Manifest]:
        """Render what a request below `prefix` has to be like."""
        return [{"prefix": prefix}, *({"header": header} for header in self.headers)]

    def target(self) -> Manifest:
        """Render where it leads."""
        alone = len(self.services) == 1
        made: Manifest = {
            "services": [
                {"name": one.name, "port": one.port, **({} if alone else {"weight": one.weight})}
                for one in self.services
            ]
        }
        if not self.keep_prefix and self.prefix != "/":
            made["pathRewritePolicy"] = {"replacePrefix": [{"replacement": "/"}]}
        return made


def misplaced(prefix: str, *, conditional: bool) -> Wrong | None:
    """Tell why no other application may be served under `prefix`; `conditional` with header conditions."""
    reached = blocked.covers(prefix)
    if reached is not None:
        return Wrong(
            f"it must not reach into {reached}",
            "the gateway answers those paths itself",
            "Serve the application under another prefix.",
        )
    if prefix in TAKEN and not conditional:
        return Wrong(
            "it needs a header condition beside it",
            "without one the speech server would never be asked",
            "Add headers, or serve the application under another prefix.",
        )
    return None


def read(fields: Fields) -> Sequence[Application]:
    """Read the argument `routes`."""
    made: list[Application] = []
    for route in fields.each("routes"):
        one = _application(route)
        wrong = misplaced(one.prefix, conditional=bool(one.headers))
        if wrong is not None:
            route.refuse("prefix", wrong.rule, wrong.why, wrong.way_out)
        if (one.prefix, one.headers) in [(other.prefix, other.headers) for other in made]:
            route.refuse(
                "prefix",
                "another route has the same prefix and headers",
                "Contour would serve one of the two and say nothing",
                "Give one of them another prefix, or both Services to one route with weights.",
            )
        made.append(one)
    return made


def _application(route: Fields) -> Application:
    prefix = route.given("prefix")
    if not isinstance(prefix, str) or not _PREFIX.fullmatch(prefix):
        route.refuse(
            "prefix",
            "it has to be a path that begins with '/' and does not end with it",
            "requests are told apart by the beginning of their path",
            "Write it like '/images'.",
        )
        prefix = "/unreadable"
    return Application(
        prefix=prefix,
        headers=[_header(header) for header in route.each("headers")],
        services=_services(route),
        keep_prefix=route.flag("keep_prefix", default=False),
    )


def _header(header: Fields) -> Manifest:
    name = header.given("name")
    if not isinstance(name, str) or not _HEADER.fullmatch(name):
        header.refuse(
            "name",
            "it has to be the name of a request header",
            "its value is compared",
            "Write it like 'X-Canary'.",
        )
    given = [match for match in _MATCHES if header.given(match)]
    if len(given) != 1:
        header.refuse(
            "exact",
            f"exactly one of {', '.join(_MATCHES)} has to be given",
            "a condition compares in one way",
            "Keep one of them.",
        )
    return {"name": name, **{match: header.given(match) for match in given}}


def _services(route: Fields) -> Sequence[Backend]:
    why = "requests are shared out in this proportion"
    services = [
        Backend(
            name=service.label("name"),
            port=service.port("port", 80),
            weight=service.integer("weight", 1, 0, 100, why),
        )
        for service in route.each("services")
    ]
    if not any(service.weight for service in services):
        route.refuse(
            "services",
            "at least one Service has to have a weight above 0",
            "a route leads somewhere",
            "Name a Service of the backend's namespace, as in [{name: images, port: 8080}].",
        )
    return services
