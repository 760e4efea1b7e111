"""The Kubernetes objects of a TenantRoute."""

from campus_voice.shared import labels, names
from campus_voice.shared.certificates import API, private_key
from campus_voice.shared.enums import RoutePart
from campus_voice.shared.manifests import SKIP_AWAIT, WAIT_FOR_READY, Manifest, Objects, metadata

from .checks import RouteSettings

CERTIFICATE = "certificate"
ROOT_PROXY = "root-proxy"
CHILD_PROXY = "child-proxy"
UI_SERVICE = "ui-service"
API_SERVICE = "api-service"

CAMPUS_HEADER = "X-Campus-Id"
"""Request header that tells a shared backend whose request it is; the gateway overwrites it."""

API_PREFIX = "/v1"
"""Paths of the API; everything else belongs to the pages."""

HEARTBEAT_PREFIX = "/gradio_api/heartbeat"
"""Gradio's stream that never ends by itself."""

_IDLE_SECONDS = 300
_WAIT_UNTIL_VALID = {"pulumi.com/waitFor": "jsonpath={.status.currentStatus}=valid"}


def envoy_clusters(settings: RouteSettings) -> list[str]:
    """Name the campus's Services as Envoy's metrics do: pages first, then the API."""
    return [
        names.envoy_cluster(settings.backend_namespace, service, settings.backend_port)
        for service in (_ui(settings), _api(settings))
    ]


def root(settings: RouteSettings) -> Objects:
    """Render the certificate and the virtual host."""
    return {
        CERTIFICATE: {
            "apiVersion": API,
            "kind": "Certificate",
            "metadata": metadata(
                names.certificate_secret(settings.campus),
                _labels(settings),
                namespace=settings.routes_namespace,
                annotations=WAIT_FOR_READY,
            ),
            "spec": {
                "dnsNames": [settings.host],
                "issuerRef": {"kind": settings.issuer_kind, "name": settings.issuer_name},
                "privateKey": private_key(),
                "secretName": names.certificate_secret(settings.campus),
            },
        },
        ROOT_PROXY: {
            "apiVersion": "projectcontour.io/v1",
            "kind": "HTTPProxy",
            "metadata": metadata(
                settings.campus,
                _labels(settings),
                namespace=settings.routes_namespace,
                # Alone, the root is invalid until the campus's own stack has made its child.
                annotations=_WAIT_UNTIL_VALID if settings.part is RoutePart.WHOLE else None,
            ),
            "spec": {
                "includes": [
                    {
                        "conditions": [{"prefix": "/"}],
                        "name": settings.campus,
                        "namespace": settings.backend_namespace,
                    }
                ],
                "ingressClassName": settings.ingress_class,
                "virtualhost": {
                    "fqdn": settings.host,
                    "tls": {
                        "minimumProtocolVersion": "1.2",
                        "secretName": names.certificate_secret(settings.campus),
                    },
                },
            },
        },
    }


def child(settings: RouteSettings) -> Objects:
    """Render the routes and the campus's own names for the backend's Service."""
    return {
        UI_SERVICE: _alias(settings, _ui(settings)),
        API_SERVICE: _alias(settings, _api(settings)),
        CHILD_PROXY: {
            "apiVersion": "projectcontour.io/v1",
            "kind": "HTTPProxy",
            "metadata": metadata(settings.campus, _labels(settings), namespace=settings.backend_namespace),
            "spec": {
                "ingressClassName": settings.ingress_class,
                "routes": [
                    _no_heartbeat(),
                    _route(settings, API_PREFIX, _api(settings)),
                    {**_route(settings, "/", _ui(settings)), "enableWebsockets": True},
                ],
            },
        },
    }


def _ui(settings: RouteSettings) -> str:
    return f"{settings.campus}-ui"


def _api(settings: RouteSettings) -> str:
    return f"{settings.campus}-api"


def _labels(settings: RouteSettings) -> dict[str, str]:
    return labels.common("campus-route", "route", campus=settings.campus)


def _alias(settings: RouteSettings, name: str) -> Manifest:
    """Render a Service that gives the backend's pods a name of the campus's own.

    Envoy counts and limits by Service, and this is the only way to tell campuses apart that share a
    backend. It is not waited for: whether pods are ready is the Deployment's to say.
    """
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata(
            name, _labels(settings), namespace=settings.backend_namespace, annotations=SKIP_AWAIT
        ),
        "spec": {
            "ports": [
                {
                    "name": "http",
                    "port": settings.backend_port,
                    "protocol": "TCP",
                    "targetPort": settings.backend_port,
                }
            ],
            "selector": settings.backend_selector,
            "type": "ClusterIP",
        },
    }


def _route(settings: RouteSettings, prefix: str, service: str) -> Manifest:
    """Render a route on which a stream may last as long as a synthesis.

    Envoy's own bounds, 15 seconds for a response and 5 minutes without a byte, would cut it. There is no
    retry policy: a repeated synthesis costs the GPU twice.

    Who may come is said on the route, by the address that opened the connection, which no header can
    claim. On the whole host it would also keep out the ACME authority that renews the certificate: Contour
    applies it to every route of that name, the HTTP-01 answer's included
    (https://github.com/projectcontour/contour/blob/v1.33.6/internal/envoy/v3/route.go, `VirtualHost`).
    """
    allowed = [{"cidr": network, "source": "Peer"} for network in settings.allow_from]
    return {
        **({"ipAllowPolicy": allowed} if allowed else {}),
        "conditions": [{"prefix": prefix}],
        "requestHeadersPolicy": {"set": [{"name": CAMPUS_HEADER, "value": settings.campus}]},
        "services": [{"name": service, "port": settings.backend_port}],
        "timeoutPolicy": {
            "idle": f"{_IDLE_SECONDS}s",
            "response": f"{settings.longest_request_seconds}s",
        },
    }


def _no_heartbeat() -> Manifest:
    """Render the route that answers Gradio's heartbeat with 404.

    The stream would hold each roll-out of Envoy for the whole grace period as long as one page is open.
    Ending it early instead is no way out: Gradio then ends the session's running audio streams
    (https://github.com/gradio-app/gradio/blob/gradio%406.31.0/gradio/routes.py, `heartbeat`), and neither
    of its clients asks again after a 404.
    """
    return {
        "conditions": [{"prefix": HEARTBEAT_PREFIX}],
        "directResponsePolicy": {"body": "No heartbeat here: sessions end by themselves.", "statusCode": 404},
    }
