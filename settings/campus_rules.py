"""What one campus's settings cannot be together."""

from collections.abc import Iterator

from campus_voice import misplaced_prefix

from .campus import PlatformCampusSettings
from .rule import Broken, KeyPath, Rule


def broken(campus: PlatformCampusSettings, path: KeyPath, *, dev: bool) -> Iterator[Broken]:
    """What is wrong with the campus at `path`; in `dev` it need not state who may come."""
    yield from _who_may_come(campus, path, dev=dev)
    yield from _networks_once(campus, path)
    yield from _no_cloning_for_everybody(campus, path)
    yield from _one_way_to_the_decision(campus, path)
    yield from _headers_compare_in_one_way(campus, path)
    yield from _every_path_leads_to_one_place(campus, path)


def _who_may_come(campus: PlatformCampusSettings, path: KeyPath, *, dev: bool) -> Iterator[Broken]:
    login = campus.auth is not None and campus.auth.external is not None
    if campus.public and (campus.allow_from or login):
        yield Broken(
            (*path, "public"),
            True,
            Rule(
                f"it must not stand beside {'allowFrom' if campus.allow_from else 'auth.external'}",
                "everybody and a choice of people contradict each other",
                "Remove one of the two.",
            ),
        )
    elif not dev and not (campus.public or campus.allow_from or login):
        oversight = "outside dev nobody should be let in by an oversight"
        tokens_only = f"{oversight}, and auth.jwt guards /v1 alone"
        yield Broken(
            path,
            campus.id,
            Rule(
                "it must state who may come",
                oversight if campus.auth is None else tokens_only,
                "Add `allowFrom: [<network>, ...]` or `auth: {external: {...}}`, or `public: true` for "
                "everybody.",
            ),
        )


def _networks_once(campus: PlatformCampusSettings, path: KeyPath) -> Iterator[Broken]:
    if campus.allow_from and campus.deny_from:
        yield Broken(
            (*path, "denyFrom"),
            list(campus.deny_from),
            Rule(
                "it must not stand beside allowFrom",
                "Contour refuses a route that has both, and with it every route of the campus",
                "Leave the denied networks out of the allowed ones.",
            ),
        )


def _no_cloning_for_everybody(campus: PlatformCampusSettings, path: KeyPath) -> Iterator[Broken]:
    if campus.public and campus.voice_cloning:
        yield Broken(
            (*path, "voiceCloning"),
            True,
            Rule(
                "it must not stand beside public",
                "any recording is enough to clone a voice, and everybody could clone anybody",
                "Write allowFrom or auth.external instead of public, or leave voiceCloning out.",
            ),
        )


def _one_way_to_the_decision(campus: PlatformCampusSettings, path: KeyPath) -> Iterator[Broken]:
    if campus.auth is None:
        return
    external = campus.auth.external
    if external is None and campus.auth.jwt is None:
        yield Broken(
            (*path, "auth"),
            {},
            Rule(
                "it must hold jwt, external or both",
                "an empty block would let everybody in",
                "Say who decides, or leave auth out.",
            ),
        )
    if external is not None and (external.service is None) == (external.extension_service is None):
        yield Broken(
            (*path, "auth", "external", "service"),
            external.service,
            Rule(
                "either it or extensionService must be given, and not both",
                "one of them leads to the service that decides",
                "Name the gRPC service, or an ExtensionService that leads to it.",
            ),
        )


def _headers_compare_in_one_way(campus: PlatformCampusSettings, path: KeyPath) -> Iterator[Broken]:
    for position, route in enumerate(campus.routes):
        for place, header in enumerate(route.headers):
            given = [one for one in (header.exact, header.contains, header.present) if one]
            if len(given) != 1:
                yield Broken(
                    (*path, "routes", position, "headers", place),
                    header.name,
                    Rule(
                        "it must have exactly one of exact, contains and present",
                        "a condition compares in one way",
                        "Keep one of them.",
                    ),
                )


def _every_path_leads_to_one_place(campus: PlatformCampusSettings, path: KeyPath) -> Iterator[Broken]:
    seen = []
    for position, route in enumerate(campus.routes):
        if all(service.weight == 0 for service in route.services):
            yield Broken(
                (*path, "routes", position, "services"),
                [service.name for service in route.services],
                Rule(
                    "it must name a Service with a weight above 0",
                    "a route leads somewhere",
                    "Name a Service of the backend's namespace, as in `[{name: images, port: 8080}]`.",
                ),
            )
        here = (*path, "routes", position, "prefix")
        wrong = misplaced_prefix(route.prefix, conditional=bool(route.headers))
        if wrong is not None:
            yield Broken(here, route.prefix, Rule(wrong.rule, wrong.why, wrong.way_out))
        if (route.prefix, route.headers) in seen:
            yield Broken(
                here,
                route.prefix,
                Rule(
                    "it must differ from the routes before it, or have other headers",
                    "Contour would serve one of the two and say nothing",
                    "Give one of them another prefix, or both Services to one route with weights.",
                ),
            )
        seen.append((route.prefix, route.headers))
