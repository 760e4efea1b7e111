"""Who signs the campuses' certificates, checked."""

from dataclasses import dataclass

from campus_voice.shared.enums import IssuerKind
from campus_voice.shared.fields import Fields

_LETS_ENCRYPT = "https://acme-v02.api.letsencrypt.org/directory"


@dataclass(frozen=True)
class IssuerSettings:
    """Who signs the certificates of the campuses."""

    kind: IssuerKind
    name: str
    email: str | None
    server: str


def issuer(fields: Fields) -> IssuerSettings:
    """Check the arguments of an issuer."""
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
