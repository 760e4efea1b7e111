"""The certificate of a campus: one made for it, or one that is there already."""

from dataclasses import dataclass

from campus_voice.shared import names
from campus_voice.shared.enums import RoutePart, TlsVersion
from campus_voice.shared.fields import Fields
from campus_voice.shared.manifests import Text


@dataclass(frozen=True)
class Tls:
    """How the campus's host is encrypted."""

    minimum_version: TlsVersion
    secret_name: str
    """Secret with the certificate, in the routes' namespace."""

    issuer_name: Text
    issuer_kind: Text
    """Who signs; both None when the Secret is there already."""

    @property
    def signed_here(self) -> bool:
        """Whether a certificate is asked for."""
        return self.issuer_name is not None


def read(fields: Fields, campus: str, part: RoutePart) -> Tls:
    """Read the arguments about the certificate."""
    issuer = fields.nested("issuer")
    name, kind = issuer.given("name"), issuer.given("kind")
    existing = fields.given("certificate")
    if existing is not None and fields.given("issuer") is not None:
        fields.refuse(
            "certificate",
            "it must not stand beside issuer",
            "either the certificate is there already or somebody signs one",
            "Remove one of the two.",
        )
    elif existing is None and part is not RoutePart.CHILD and (name is None or kind is None):
        fields.refuse(
            "issuer",
            "the part with the virtual host needs an issuer's name and kind",
            "a campus without a certificate is not served",
            "Pass the gateway's output 'issuer', or name a Secret with 'certificate'.",
        )
    own = names.certificate_secret(campus)
    return Tls(
        minimum_version=fields.choice("minimum_tls_version", TlsVersion.V1_2),
        secret_name=own if existing is None else fields.nested("certificate").label("secret_name"),
        issuer_name=name,
        issuer_kind=kind,
    )
