"""Who may come to a campus: networks, holders of a token, people who have logged in."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from campus_voice.shared.fields import Fields
from campus_voice.shared.manifests import Manifest

API_VERSION = "projectcontour.io/v1alpha1"

_PROVIDER = "tokens"
_LOGIN_SECONDS = 5
_JWKS_CACHE_SECONDS = 300


@dataclass(frozen=True)
class Tokens:
    """Who signs the tokens of the API's callers."""

    issuer: str
    jwks_url: str
    audiences: Sequence[str]
    ca_secret: str


@dataclass(frozen=True)
class Login:
    """The service that decides about each request of a person."""

    namespace: str
    service: str | None
    port: int
    extension_service: str | None
    """Name of an ExtensionService that is there already; None when one is made for `service`."""


@dataclass(frozen=True)
class Access:
    """Who may come."""

    allow_from: Sequence[str]
    deny_from: Sequence[str]
    tokens: Tokens | None
    login: Login | None

    def of_host(self, extension: str) -> Manifest:
        """Render what guards the virtual host; `extension` names the ExtensionService that is made.

        Everything is guarded here and freed on single routes, so that routes of another stack that are
        older than the guard are closed and not open. Networks are not: see `of_route`.
        """
        made: Manifest = {}
        if self.login is not None:
            made["authorization"] = {
                "extensionRef": {
                    "apiVersion": API_VERSION,
                    "name": self.login.extension_service or extension,
                    "namespace": self.login.namespace,
                },
                "failOpen": False,
                "responseTimeout": f"{_LOGIN_SECONDS}s",
            }
        if self.tokens is not None:
            made["jwtProviders"] = [_provider(self.tokens)]
        return made

    def of_route(self, *, api: bool) -> Manifest:
        """Render what guards one route to a backend.

        Networks are compared with the address that opened the connection, which no header can claim. On
        the whole host they would also keep out the ACME authority that renews the certificate: Contour
        applies them to every route of that name, the HTTP-01 answer's included
        (https://github.com/projectcontour/contour/blob/v1.33.6/internal/envoy/v3/route.go, `VirtualHost`).
        """
        made: Manifest = {}
        if self.allow_from:
            made["ipAllowPolicy"] = _peers(self.allow_from)
        if self.deny_from:
            made["ipDenyPolicy"] = _peers(self.deny_from)
        if self.tokens is not None:
            # A browser's EventSource sends no Authorization header, so the pages cannot ask for a token.
            made["jwtVerificationPolicy"] = {"require": _PROVIDER} if api else {"disabled": True}
            if self.login is not None and api:
                made["authPolicy"] = {"disabled": True}
        return made


def read(fields: Fields) -> Access:
    """Read the arguments about who may come."""
    allowed, denied = _networks(fields, "allow_from"), _networks(fields, "deny_from")
    if allowed and denied:
        fields.refuse(
            "deny_from",
            "it must not stand beside allow_from",
            "Contour refuses a route that has both, and with it every route of the campus",
            "Leave the denied networks out of the allowed ones.",
        )
    auth = fields.nested("auth")
    by_token, by_login = (auth.given(name) is not None for name in ("jwt", "external"))
    if fields.given("auth") is not None and not (by_token or by_login):
        fields.refuse(
            "auth",
            "it has to hold jwt, external or both",
            "an empty block would let everybody in",
            "Say who decides, or leave auth out.",
        )
    return Access(
        allow_from=allowed,
        deny_from=denied,
        tokens=_tokens(auth.nested("jwt")) if by_token else None,
        login=_login(auth.nested("external")) if by_login else None,
    )


def _networks(fields: Fields, name: str) -> Sequence[str]:
    networks = tuple(fields.given(name) or ())
    for network in networks:
        try:
            ipaddress.ip_network(network)
        except ValueError as error:
            fields.refuse(
                name,
                f"every entry has to be a network in CIDR notation ({error})",
                "callers' addresses are compared with them",
                "Write networks such as 10.20.0.0/16 or 2001:db8::/48.",
            )
    return networks


def _tokens(jwt: Fields) -> Tokens:
    url = jwt.given("jwks_url")
    if not isinstance(url, str) or urlsplit(url).scheme != "https" or not urlsplit(url).hostname:
        jwt.refuse(
            "jwks_url",
            "it has to be an https:// address",
            "whoever can change the keys on their way can sign any token",
            "Take `jwks_uri` from the issuer's /.well-known/openid-configuration.",
        )
    audiences = tuple(jwt.given("audiences") or ())
    if not audiences or not all(isinstance(audience, str) and audience for audience in audiences):
        jwt.refuse(
            "audiences",
            "it has to name at least one audience",
            "a token that the issuer made for another service would open this one",
            "Name the audience under which this service is registered with the issuer.",
        )
    issuer = jwt.given("issuer")
    if not isinstance(issuer, str) or not issuer:
        jwt.refuse(
            "issuer",
            "it has to be the text that tokens hold in `iss`",
            "a token of anybody else is refused",
            "Take `issuer` from the issuer's /.well-known/openid-configuration.",
        )
    return Tokens(
        issuer=str(issuer),
        jwks_url=str(url),
        audiences=audiences,
        # Without it Contour has Envoy fetch the keys from whoever answers.
        ca_secret=jwt.label("ca_secret"),
    )


def _login(external: Fields) -> Login:
    by_name = external.given("extension_service") is not None
    by_service = external.given("service") is not None
    if by_name == by_service:
        external.refuse(
            "service",
            "either it or extension_service has to be given, and not both",
            "one ExtensionService leads to the service that decides",
            "Name the gRPC service, or an ExtensionService that leads to it.",
        )
    return Login(
        namespace=external.label("namespace"),
        service=external.label("service") if by_service else None,
        port=external.port("port", 9001),
        extension_service=external.label("extension_service") if by_name else None,
    )


def _provider(tokens: Tokens) -> Manifest:
    host = urlsplit(tokens.jwks_url).hostname
    return {
        "audiences": list(tokens.audiences),
        "default": True,
        "forwardJWT": False,
        "issuer": tokens.issuer,
        "name": _PROVIDER,
        "remoteJWKS": {
            "cacheDuration": f"{_JWKS_CACHE_SECONDS}s",
            "timeout": f"{_LOGIN_SECONDS}s",
            "uri": tokens.jwks_url,
            "validation": {"caSecret": tokens.ca_secret, "subjectName": host},
        },
    }


def _peers(networks: Sequence[str]) -> list[Manifest]:
    return [{"cidr": network, "source": "Peer"} for network in networks]
