"""What a stack's file may say about one campus."""

from collections.abc import Mapping
from typing import Annotated, ClassVar

from .campus_types import Audiences, Burst, Compared, KeysUrl, Origins, Port, Prefix, Rate, TlsMinimum, Weight
from .rule import Rule
from .strict import Strict
from .types import CampusId, Networks, ObjectName, Switch, Text


class JwtSettings(Strict):
    """Signed tokens for `/v1`, sent as `Authorization: Bearer`."""

    issuer: Compared
    """Who signs them: their claim `iss`."""

    jwks_url: KeysUrl
    """Address of the issuer's public keys."""

    audiences: Audiences
    """Audiences of which a token has to name one."""

    ca_secret: ObjectName
    """Secret in the routes' namespace whose `ca.crt` holds the authorities behind `jwksUrl`."""


class ExternalAuthSettings(Strict):
    """A service that decides about each request: Envoy's external authorization, over gRPC."""

    namespace: ObjectName
    """Namespace of the service."""

    service: ObjectName | None = None
    """Its Service. Either this or `extensionService`."""

    port: Port | None = None
    """Port of the Service. Default: 9001."""

    extension_service: ObjectName | None = None
    """An ExtensionService that leads to it."""


_AUTH = Rule(
    "it must be a block with the keys jwt, external or both",
    "the gateway asks callers to show who they are in these ways",
    "Write `auth: {external: {namespace: <namespace>, service: <service>}}` for people, `jwt` for /v1.",
)


class AuthSettings(Strict):
    """Who has to show who they are."""

    jwt: Annotated[JwtSettings, _AUTH] | None = None
    """Tokens for `/v1`; the pages are not guarded by it."""

    external: Annotated[ExternalAuthSettings, _AUTH] | None = None
    """A service that decides about everything else, and about `/v1` without `jwt`."""


class LimitsSettings(Strict):
    """How often the campus may ask; more is answered 429. Each Envoy counts by itself."""

    requests_per_second: Rate | None = None
    """Requests for pages, files and streams. Default: 300."""

    burst: Burst | None = None
    """How many of them may come at once beyond that. Default: 3000."""

    syntheses_per_second: Rate | None = None
    """Requests of each kind that starts a synthesis. Default: 20."""

    syntheses_burst: Burst | None = None
    """How many of each kind may come at once beyond that. Default: 40."""


class CircuitBreakersSettings(Strict):
    """The fuse behind the limits, for pages and API each. Each Envoy counts by itself."""

    max_connections: Rate | None = None
    """Connections to the speech server. Default: 512."""

    max_pending_requests: Rate | None = None
    """Requests that wait for a connection. Default: 128."""

    max_requests: Rate | None = None
    """Requests under way. Default: 512."""

    max_retries: Rate | None = None
    """Retries under way; the routes have none. Default: 3."""


class HeaderSettings(Strict):
    """What a request's header has to hold: exactly one of `exact`, `contains` and `present`."""

    name: Compared
    """Name of the header."""

    exact: Compared | None = None
    """The whole value."""

    contains: Compared | None = None
    """A part of the value."""

    present: Switch | None = None
    """True: any value."""


class ServiceSettings(Strict):
    """A Service in the namespace of the campus's backend."""

    name: ObjectName
    """Name of the Service."""

    port: Port | None = None
    """Port of the Service. Default: 80."""

    weight: Weight | None = None
    """Its share among the route's Services. Default: 1."""


class RouteSettings(Strict):
    """Another application under the campus's host."""

    prefix: Prefix
    """Beginning of its paths."""

    headers: Annotated[
        tuple[HeaderSettings, ...],
        Rule(
            "it must be a list of headers",
            "all of them have to fit",
            "Write them like `[{name: X-Canary, exact: yes}]`.",
        ),
    ] = ()
    """What the request's headers have to hold. Default: anything."""

    services: Annotated[
        tuple[ServiceSettings, ...],
        Rule(
            "it must be a list of Services",
            "a route leads somewhere",
            "Write them like `[{name: images, port: 8080}]`.",
        ),
    ]
    """Where it leads."""

    keep_prefix: Switch = False
    """Whether the application sees the prefix. Default: false."""


class CampusSettings(Strict):
    """A campus, as its own stack describes it."""

    elsewhere: ClassVar[Mapping[str, Rule]] = {
        "deleteData": Rule(
            "it is a setting of the whole stack",
            "the volumes are the backend's",
            "Write `campus-voice:deleteData: true` in this file instead.",
        )
    }

    id: CampusId
    """First part of the campus's host name."""

    name: Text | None = None
    """What people call the campus. Default: its id."""


class PlatformCampusSettings(CampusSettings):
    """A campus, as the platform's stack describes it."""

    elsewhere: ClassVar[Mapping[str, Rule]] = {
        "deleteData": Rule(
            "it is not a setting of one campus here",
            "the volumes are other campuses' too, and without its entry nothing here knows the campus",
            "Remove the whole entry and run `make up`: then `make forget CAMPUS=<id>` erases what it left. A "
            "campus with ownStack has its own volumes: write `campus-voice:deleteData: true` in the file of "
            "its stack.",
        )
    }

    own_stack: Switch = False
    """Whether the campus has a backend of its own, in the stack `campus-<id>`. Default: false."""

    issuer: ObjectName | None = None
    """Name of the entry of `issuers` that signs the certificate. Default: the default issuer."""

    public: Switch = False
    """Whether everybody may come. Default: false."""

    allow_from: Networks = ()
    """Networks from which people may come. Outside `dev` a campus states these, `auth.external` or
    `public`."""

    deny_from: Networks = ()
    """Networks from which nobody may come. Not beside `allowFrom`."""

    auth: Annotated[AuthSettings, _AUTH] | None = None
    """Who has to show who they are. Default: nobody."""

    voice_cloning: Switch = False
    """Whether recordings may be imitated and teachers' voices enrolled. Default: false."""

    audible_label: Switch = False
    """Whether each reply says first that a machine speaks. Default: false."""

    limits: Annotated[
        LimitsSettings,
        Rule(
            "it must be a block of numbers",
            "each limits one kind of requests",
            "Write `limits: {requestsPerSecond: 100}`, or leave it out for the defaults.",
        ),
    ] = LimitsSettings()
    """How often the campus may ask."""

    circuit_breakers: Annotated[
        CircuitBreakersSettings,
        Rule(
            "it must be a block of numbers",
            "each is one fuse",
            "Write `circuitBreakers: {maxConnections: 256}`, or leave it out for the defaults.",
        ),
    ] = CircuitBreakersSettings()
    """The fuse behind the limits."""

    certificate_secret: ObjectName | None = None
    """Secret with a certificate that is there already, in the routes' namespace. Campuses that share a
    wildcard certificate pay with answers 421 (components/README.md). Default: one is signed."""

    minimum_tls: TlsMinimum | None = None
    """Oldest TLS that the host speaks. Default: 1.2."""

    frame_ancestors: Origins = ()
    """Origins whose pages may show the campus's in a frame. Default: none."""

    routes: Annotated[
        tuple[RouteSettings, ...],
        Rule(
            "it must be a list of routes",
            "each leads to one application",
            "Write them like `[{prefix: /images, services: [{name: images, port: 8080}]}]`.",
        ),
    ] = ()
    """Other applications under the campus's host."""
