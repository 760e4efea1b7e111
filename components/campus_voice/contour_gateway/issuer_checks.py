"""Who signs the campuses' certificates, checked."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from campus_voice.shared.enums import IssuerKind
from campus_voice.shared.fields import Fields
from campus_voice.shared.manifests import Manifest

DNS_PROVIDERS = (
    "acmeDNS",
    "akamai",
    "azureDNS",
    "cloudDNS",
    "cloudflare",
    "digitalocean",
    "rfc2136",
    "route53",
    "webhook",
)
"""Keys under which cert-manager knows how to write DNS records."""

_LETS_ENCRYPT = "https://acme-v02.api.letsencrypt.org/directory"
_ACME_ONLY = ("email", "server", "ca_bundle", "dns01")
_NOT_SHOWN = "(not shown)"
_REFERENCE = {"name", "key"}
_SECRET_WORDS = ("secret", "password", "token", "apikey", "privatekey")
_NAMES_OF_SECRETS = ("secretname", "secretnamespace")


@dataclass(frozen=True)
class IssuerSettings:
    """Who signs the certificates of the campuses."""

    kind: IssuerKind
    name: str
    email: str | None
    server: str
    ca_bundle: str | None
    dns01: Manifest | None


def issuers(fields: Fields) -> Sequence[IssuerSettings]:
    """Check the arguments of every issuer; the first is the one that campuses use unless told otherwise."""
    readers = fields.each("issuers") or [Fields({}, "issuers[0].", fields.problems)]
    checked: list[IssuerSettings] = []
    for reader in readers:
        made = _issuer(reader)
        _check_beside(reader, made, checked)
        checked.append(made)
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
        for name in _ACME_ONLY:
            given = fields.given(name)
            if given is not None:
                fields.refuse_as(
                    _NOT_SHOWN if name == "dns01" else given,
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
        ca_bundle=fields.given("ca_bundle"),
        dns01=_dns01(fields) if kind is IssuerKind.ACME else None,
    )


def _check_beside(fields: Fields, made: IssuerSettings, others: Sequence[IssuerSettings]) -> None:
    if made.name in {other.name for other in others}:
        fields.refuse(
            "name",
            f"{made.name!r} is the name of two issuers",
            "a campus names its issuer",
            "Give each a name of its own, such as 'staging'.",
        )
    if made.kind is IssuerKind.OWN_CA and any(other.kind is IssuerKind.OWN_CA for other in others):
        fields.refuse(
            "kind",
            "only one issuer may be the gateway's own authority",
            "people are asked to trust it by hand, and two would look alike",
            "Remove one of them.",
        )


def _dns01(fields: Fields) -> Manifest | None:
    """Check what is passed on to cert-manager: one provider, and no secret in clear."""
    given = fields.given("dns01")
    if given is None:
        return None
    providers = [key for key in given if key != "cnameStrategy"]
    if len(providers) != 1 or providers[0] not in DNS_PROVIDERS:
        fields.refuse_as(
            sorted(given),
            "dns01",
            f"it has to name one of {', '.join(DNS_PROVIDERS)}",
            "cert-manager writes the DNS record through one provider",
            "Write the provider's settings as cert-manager's documentation of DNS-01 does.",
        )
    for path in _secrets_in_clear(given, "dns01"):
        fields.refuse_as(
            _NOT_SHOWN,
            path,
            "it has to be a reference to a Secret, by name and key",
            "whatever is written here can be read in the stack's state and in the cluster",
            "Put it into a Secret in cert-manager's namespace, and refer to that.",
        )
    return dict(given)


def _secrets_in_clear(settings: Mapping[str, Any], path: str) -> Iterator[str]:
    """Find the settings that hold a secret themselves, by what they are called."""
    for key, value in settings.items():
        word = key.lower()
        inside = f"{path}.{key}"
        if isinstance(value, Mapping):
            if set(value) != _REFERENCE:
                yield from _secrets_in_clear(value, inside)
        elif any(one in word for one in _SECRET_WORDS) and word not in _NAMES_OF_SECRETS:
            yield inside
