"""The second stage of validation: settings that are right by themselves and cannot work together."""

from collections.abc import Callable, Collection, Iterator
from typing import TypeAlias

from campus_voice import CertManager, Exposure, IssuerKind, SpeechServer

from . import backend_rules, campus_rules
from .models import CampusStackSettings, Environment, PlatformSettings, Settings
from .rule import Broken, Rule

_PREFIX = "campus-voice"
_DEFAULT_ISSUER = "campus-voice"

_ONCE = "every campus has a host name and objects of its own"


def combinations(settings: Settings, environment: Environment, valid: Collection[str]) -> Iterator[Broken]:
    """What cannot work together, looking only at the fields named in `valid`."""
    yield from backend_rules.broken(settings, valid)
    if isinstance(settings, CampusStackSettings):
        return
    for needs, rule in _PLATFORM:
        if needs <= set(valid):
            yield from rule(settings, environment)


def _each_campus_once(settings: PlatformSettings, _: Environment) -> Iterator[Broken]:
    first: dict[str, int] = {}
    for position, campus in enumerate(settings.campuses):
        if campus.id in first:
            yield Broken(
                (f"{_PREFIX}:campuses", position, "id"),
                campus.id,
                Rule(
                    f"it must differ from {_PREFIX}:campuses[{first[campus.id]}].id",
                    _ONCE,
                    "Rename one of the two, or remove it.",
                ),
            )
        first.setdefault(campus.id, position)


def _at_least_one_campus(settings: PlatformSettings, _: Environment) -> Iterator[Broken]:
    if not settings.campuses:
        yield Broken(
            (f"{_PREFIX}:campuses",),
            [],
            Rule(
                "it must name at least one campus",
                "a gateway without campuses serves nobody",
                "Write one `- id: <campus>` per campus, or leave it out for a single campus named voice.",
            ),
        )


def _campuses_keep_their_rules(settings: PlatformSettings, environment: Environment) -> Iterator[Broken]:
    for position, campus in enumerate(settings.campuses):
        yield from campus_rules.broken(
            campus, (f"{_PREFIX}:campuses", position), dev=environment is Environment.DEV
        )


def _a_third_partys_server_has_one_campus(settings: PlatformSettings, _: Environment) -> Iterator[Broken]:
    sharing = [campus.id for campus in settings.campuses if not campus.own_stack]
    if settings.server is SpeechServer.THIRD_PARTY and len(sharing) > 1:
        yield Broken(
            (f"{_PREFIX}:server",),
            settings.server.value,
            Rule(
                f"it must not serve several campuses, here {', '.join(sharing)}",
                "it does not keep one campus's recordings from another's",
                "Give each of them `ownStack: true` and a stack of its own, or use this release's server.",
            ),
        )


_PRIVATE = ("localhost", "local", "internal", "test", "example", "invalid", "lan", "home.arpa")


def _public_authority_signs_public_names(settings: PlatformSettings, _: Environment) -> Iterator[Broken]:
    domain = settings.domain
    private = "." not in domain or any(domain == name or domain.endswith(f".{name}") for name in _PRIVATE)
    if settings.acme is not None and private:
        yield Broken(
            (f"{_PREFIX}:domain",),
            domain,
            Rule(
                f"it must be a public domain beside {_PREFIX}:acme",
                "a public authority only signs names that the whole internet can resolve",
                "Write a domain of your own, or remove acme: the gateway's own authority signs any name.",
            ),
        )


def _a_campus_names_an_issuer_that_is_there(settings: PlatformSettings, _: Environment) -> Iterator[Broken]:
    known = [issuer.name for issuer in settings.issuers]
    for position, campus in enumerate(settings.campuses):
        if campus.issuer is not None and campus.issuer not in known:
            yield Broken(
                (f"{_PREFIX}:campuses", position, "issuer"),
                campus.issuer,
                Rule(
                    f"it must be the name of an entry of {_PREFIX}:issuers",
                    "nobody else is set up to sign",
                    f"Write one of {', '.join(known)}." if known else "Leave it out, or add the issuer.",
                ),
            )


def _issuers_are_told_apart(settings: PlatformSettings, _: Environment) -> Iterator[Broken]:
    taken = {_DEFAULT_ISSUER}
    own_authority = settings.acme is None
    for position, issuer in enumerate(settings.issuers):
        path = (f"{_PREFIX}:issuers", position)
        if issuer.name in taken:
            yield Broken(
                (*path, "name"),
                issuer.name,
                Rule(
                    f"it must differ from the other issuers' names and from {_DEFAULT_ISSUER}, the default's",
                    "a campus names its issuer",
                    "Choose another name, such as staging.",
                ),
            )
        if issuer.kind is IssuerKind.OWN_CA and own_authority:
            yield Broken(
                (*path, "kind"),
                issuer.kind.value,
                Rule(
                    "it must not be a second authority of the gateway's own",
                    "people are asked to trust it by hand, and two would look alike",
                    f"Remove the entry: without {_PREFIX}:acme the default issuer is such an authority.",
                ),
            )
        if (issuer.kind is IssuerKind.ACME) != (issuer.acme is not None):
            yield Broken(
                (*path, "acme"),
                None if issuer.acme is None else issuer.acme.email,
                Rule(
                    f"it must be given beside kind {IssuerKind.ACME}, and only there",
                    "a public authority wants an account, and nobody else does",
                    f"Write `acme: {{email: <address>}}` and kind {IssuerKind.ACME}, or neither.",
                ),
            )
        taken.add(issuer.name)
        own_authority = own_authority or issuer.kind is IssuerKind.OWN_CA


def _networks_stand_beside_the_host_network(settings: PlatformSettings, _: Environment) -> Iterator[Broken]:
    path = (f"{_PREFIX}:edge", "nodeNetworks")
    given = settings.edge.node_networks
    if settings.exposure is Exposure.HOST_NETWORK and not given:
        yield Broken(
            path,
            None,
            Rule(
                f"it must be given beside {_PREFIX}:exposure of {Exposure.HOST_NETWORK}",
                "no NetworkPolicy can tell Envoy from its node there, so the walls let the nodes through",
                "List the networks of the nodes and of the tunnels between them, or choose another exposure.",
            ),
        )
    if settings.exposure is not Exposure.HOST_NETWORK and given:
        yield Broken(
            path,
            list(given),
            Rule(
                f"it must not stand beside {_PREFIX}:exposure of {settings.exposure}",
                "Envoy has an address of its own there, and walls that let whole nodes through are weaker",
                "Remove it.",
            ),
        )


_PlatformRule: TypeAlias = Callable[[PlatformSettings, Environment], Iterator[Broken]]


def _cert_manager_comes_from_a_folder(settings: PlatformSettings, _: Environment) -> Iterator[Broken]:
    if settings.cert_manager is CertManager.INSTALL and settings.manifests is None:
        yield Broken(
            (f"{_PREFIX}:certManager",),
            settings.cert_manager.value,
            Rule(
                f"it also needs {_PREFIX}:manifests",
                "nothing is fetched without a pinned sha256, and for cert-manager none is pinned",
                "Put its release into a folder as cert-manager/cert-manager.yaml, with Contour's "
                "contour/01-crds.yaml, and name the folder; or install cert-manager yourself and leave this "
                "out.",
            ),
        )


_PLATFORM: tuple[tuple[frozenset[str], _PlatformRule], ...] = (
    (frozenset({"campuses"}), _at_least_one_campus),
    (frozenset({"campuses"}), _each_campus_once),
    (frozenset({"campuses", "environment"}), _campuses_keep_their_rules),
    (frozenset({"campuses", "server"}), _a_third_partys_server_has_one_campus),
    (frozenset({"campuses", "issuers"}), _a_campus_names_an_issuer_that_is_there),
    (frozenset({"acme", "issuers"}), _issuers_are_told_apart),
    (frozenset({"cert_manager", "manifests"}), _cert_manager_comes_from_a_folder),
    (frozenset({"edge", "exposure"}), _networks_stand_beside_the_host_network),
    (frozenset({"acme", "domain"}), _public_authority_signs_public_names),
)
