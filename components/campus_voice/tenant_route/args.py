"""What a TenantRoute is told."""

from typing import NotRequired, TypedDict

import pulumi

from campus_voice.shared.enums import RoutePart, TlsVersion


class TenantRouteIssuerArgs(TypedDict):
    """Who signs the campus's certificate: the gateway's output `issuer`."""

    name: pulumi.Input[str]
    """Name of the issuer."""

    kind: pulumi.Input[str]
    """Kind of the object: `ClusterIssuer` or `Issuer`."""


class TenantRouteCertificateArgs(TypedDict):
    """A certificate that is there already, instead of one that is signed for the campus."""

    secret_name: str
    """Name of a `kubernetes.io/tls` Secret in the routes' namespace, which somebody else renews. Several
    campuses may share one with a wildcard certificate, at a cost: a browser then sends requests for one
    campus over its HTTP/2 connection to another, which Envoy answers 421, and not every browser tries
    again (https://github.com/projectcontour/contour/issues/5240)."""


class TenantRouteJwtArgs(TypedDict):
    """Tokens that callers of `/v1` have to bring: signed JWTs in the header `Authorization: Bearer`."""

    issuer: str
    """Who signs: the tokens' claim `iss`."""

    jwks_url: str
    """https:// address of the issuer's public keys."""

    audiences: list[str]
    """Audiences of which a token has to name one, in its claim `aud`."""

    ca_secret: str
    """Name of a Secret in the routes' namespace whose `ca.crt` holds the authorities that may sign the
    certificate of `jwks_url`."""


class TenantRouteExternalAuthArgs(TypedDict):
    """A service that decides about each request: Envoy's external authorization, over gRPC."""

    namespace: str
    """Namespace of the service."""

    service: NotRequired[str]
    """Name of its Service, which is spoken to in clear text (h2c). Either this or `extension_service`."""

    port: NotRequired[int]
    """Port of the Service. Default: 9001."""

    extension_service: NotRequired[str]
    """Name of an ExtensionService there that leads to it, for example one with TLS."""


class TenantRouteAuthArgs(TypedDict):
    """Who has to show who they are. Pass the same to both parts of a route."""

    jwt: NotRequired[TenantRouteJwtArgs]
    """Tokens for `/v1`. The pages are not guarded by it: a browser's event stream sends no token."""

    external: NotRequired[TenantRouteExternalAuthArgs]
    """A service that decides about every request; those to `/v1` are left to `jwt` where that is given.
    While the service does not answer, nobody comes in."""


class TenantRouteLimitsArgs(TypedDict):
    """How often a campus may ask; more is answered 429 with `Retry-After`.

    Each Envoy counts for itself, so a campus may reach the sum of all edge nodes. Pages and API have buckets
    of their own: neither starves the other.
    """

    requests_per_second: NotRequired[int]
    """Requests for pages, files, uploads and streams. Default: 300."""

    burst: NotRequired[int]
    """How many of them may come at once beyond that. Default: 3000, a class that opens the page."""

    syntheses_per_second: NotRequired[int]
    """Requests of each kind that starts a synthesis: `/v1`, `/read/speech`, `/gradio_api/queue/join` and
    `/gradio_api/call/`, where fetching the result counts too. Default: 20."""

    syntheses_burst: NotRequired[int]
    """How many of each kind may come at once beyond that. Default: 40."""


class TenantRouteCircuitBreakersArgs(TypedDict):
    """A fuse, for pages and API each: what is beyond is answered 503. Each Envoy counts for itself."""

    max_connections: NotRequired[int]
    """Connections to the backend; a stream holds one. Default: 512."""

    max_pending_requests: NotRequired[int]
    """Requests that wait for a connection. Default: 128."""

    max_requests: NotRequired[int]
    """Requests under way. Default: 512."""

    max_retries: NotRequired[int]
    """Retries under way; the routes have none. Default: 3."""


class TenantRouteHeaderArgs(TypedDict):
    """What a request's header has to hold. Exactly one of `exact`, `contains` and `present`."""

    name: str
    """Name of the header."""

    exact: NotRequired[str]
    """The whole value."""

    contains: NotRequired[str]
    """A part of the value."""

    present: NotRequired[bool]
    """True: any value."""


class TenantRouteServiceArgs(TypedDict):
    """A Service in the backend's namespace."""

    name: str
    """Name of the Service."""

    port: NotRequired[int]
    """Port of the Service. Default: 80."""

    weight: NotRequired[int]
    """Its share among the route's Services, from 0 to 100. Default: 1. Shares suit applications without
    sessions: every request is drawn anew."""


class TenantRouteRouteArgs(TypedDict):
    """Another application under the campus's host, or a second version of the speech server."""

    prefix: str
    """Beginning of its paths, such as `/images`. `/` and `/v1` need `headers` beside them."""

    headers: NotRequired[list[TenantRouteHeaderArgs]]
    """What the request's headers have to hold, all of it. Default: anything."""

    services: list[TenantRouteServiceArgs]
    """Where it leads."""

    keep_prefix: NotRequired[bool]
    """Whether the application sees the prefix. Default: false."""


class TenantRouteCanaryArgs(TypedDict):
    """A second version of the backend that is asked by some of the API's callers."""

    selector: pulumi.Input[dict[str, str]]
    """Labels of its pods, in the backend's namespace."""

    percent: int
    """Share of the requests to `/v1`, from 0 to 100. The pages stay with the first version: a session lives
    in one process; send single people over by a route with a header."""


class TenantRouteArgs(TypedDict):
    """What a TenantRoute is told."""

    campus: str
    """Id of the campus: a DNS label of at most 20 characters, the first part of its host name."""

    domain: str
    """Domain under which every campus is served: the campus answers at `<campus>.<domain>`."""

    part: NotRequired[RoutePart]
    """Which part of the route this is. Default: `whole`."""

    routes_namespace: NotRequired[str]
    """Namespace of the virtual hosts: the gateway's output `routes_namespace`. Default: `campus-routes`."""

    ingress_class: NotRequired[pulumi.Input[str]]
    """Class of the gateway: its output `ingress_class`. Default: `campus-voice`."""

    issuer: NotRequired[TenantRouteIssuerArgs]
    """Who signs the certificate. Required unless `part` is `child` or `certificate` is given."""

    certificate: NotRequired[TenantRouteCertificateArgs]
    """A certificate that is there already. Not with `child`."""

    minimum_tls_version: NotRequired[TlsVersion]
    """Oldest TLS that is spoken. Default: `1.2`. Not with `child`."""

    hsts_seconds: NotRequired[int]
    """How long browsers insist on a certificate that they trust, in seconds. Default: 0, not at all: set it
    only where a public authority signs, for whoever loses that authority is locked out. Not with `root`."""

    frame_ancestors: NotRequired[list[str]]
    """Origins whose pages may show the campus's in a frame, such as a learning platform's. It replaces the
    `Content-Security-Policy` of the application. Default: none but its own. Not with `root`."""

    allow_from: NotRequired[list[str]]
    """Networks, in CIDR notation, from which people may come. Default: everybody. Not with `root`."""

    deny_from: NotRequired[list[str]]
    """Networks from which nobody may come. Not beside `allow_from`, and not with `root`."""

    auth: NotRequired[TenantRouteAuthArgs]
    """Who has to show who they are, beside where they come from. Default: nobody."""

    limits: NotRequired[TenantRouteLimitsArgs]
    """How often the campus may ask. Not with `root`."""

    circuit_breakers: NotRequired[TenantRouteCircuitBreakersArgs]
    """The fuse behind the limits. Not with `root`."""

    voice_cloning: NotRequired[bool]
    """Whether the campus may have recordings imitated and teachers' voices enrolled. If not, the gateway
    answers uploads and enrolments with 403, and the backend is told in the header
    `X-Campus-Voice-Cloning`. Default: false. Not with `root`."""

    audible_label: NotRequired[bool]
    """Whether each reply begins with the sentence that a machine speaks: the backend is told in the header
    `X-Campus-Audible-Label`. Default: false. Not with `root`."""

    backend_namespace: str
    """Namespace of the backend, in which the routes and their Services are placed."""

    backend_selector: NotRequired[pulumi.Input[dict[str, str]]]
    """Labels of the backend's pods: the backend's output `selector`. Required unless `part` is `root`."""

    backend_port: NotRequired[int]
    """Port on which the backend's pods serve. Default: 7860."""

    backend_replicas: NotRequired[int]
    """Pods of the backend. With more than one, a cookie keeps each browser with the pod that holds its
    session, and a pod that stops answering is left out within 30 seconds. Default: 1. Not with `root`."""

    canary: NotRequired[TenantRouteCanaryArgs]
    """A second version of the backend. Not with `root`."""

    routes: NotRequired[list[TenantRouteRouteArgs]]
    """Other applications under the campus's host. Not with `root`."""

    longest_request_seconds: NotRequired[int]
    """How long one request may take, in seconds. Default: 600."""
