"""The Kubernetes objects of a TenantRoute."""

from campus_voice.shared import labels
from campus_voice.shared.certificates import API, private_key
from campus_voice.shared.enums import RoutePart
from campus_voice.shared.manifests import (
    SKIP_AWAIT,
    WAIT_FOR_READY,
    Labels,
    Manifest,
    Objects,
    metadata,
)

from . import access, routes
from .checks import RouteSettings

CERTIFICATE = "certificate"
EXTENSION = "extension-service"
ROOT_PROXY = "root-proxy"
CHILD_PROXY = "child-proxy"
UI_SERVICE = "ui-service"
API_SERVICE = "api-service"
CANARY_SERVICE = "api-canary-service"

_WAIT_UNTIL_VALID = {"pulumi.com/waitFor": "jsonpath={.status.currentStatus}=valid"}


def root(settings: RouteSettings) -> Objects:
    """Render the virtual host and what it needs: a certificate, and the way to whoever decides."""
    made: Objects = {ROOT_PROXY: _root_proxy(settings)}
    if settings.tls.signed_here:
        made[CERTIFICATE] = _certificate(settings)
    login = settings.access.login
    if login is not None and login.extension_service is None:
        made[EXTENSION] = _extension(settings, login)
    return made


def child(settings: RouteSettings) -> Objects:
    """Render the routes and the campus's own names for the backend's Service."""
    selector = settings.backend_selector
    made: Objects = {
        UI_SERVICE: _alias(settings, routes.pages_service(settings), selector),
        API_SERVICE: _alias(settings, routes.api_service(settings), selector),
        CHILD_PROXY: {
            "apiVersion": "projectcontour.io/v1",
            "kind": "HTTPProxy",
            "metadata": metadata(settings.campus, _labels(settings), namespace=settings.backend_namespace),
            "spec": {"ingressClassName": settings.ingress_class, "routes": routes.routes(settings)},
        },
    }
    if settings.canary is not None:
        canary = settings.canary.selector
        made[CANARY_SERVICE] = _alias(settings, routes.canary_service(settings), canary)
    return made


def _labels(settings: RouteSettings) -> dict[str, str]:
    return labels.common("campus-route", "route", campus=settings.campus)


def _certificate(settings: RouteSettings) -> Manifest:
    return {
        "apiVersion": API,
        "kind": "Certificate",
        "metadata": metadata(
            settings.tls.secret_name,
            _labels(settings),
            namespace=settings.routes_namespace,
            annotations=WAIT_FOR_READY,
        ),
        "spec": {
            "dnsNames": [settings.host],
            "issuerRef": {"kind": settings.tls.issuer_kind, "name": settings.tls.issuer_name},
            "privateKey": private_key(),
            "secretName": settings.tls.secret_name,
        },
    }


def _extension_name(settings: RouteSettings) -> str:
    return f"{settings.campus}-auth"


def _extension(settings: RouteSettings, login: access.Login) -> Manifest:
    """Render Envoy's way to the service that decides; it has to live beside that service."""
    return {
        "apiVersion": access.API_VERSION,
        "kind": "ExtensionService",
        "metadata": metadata(_extension_name(settings), _labels(settings), namespace=login.namespace),
        "spec": {"protocol": "h2c", "services": [{"name": login.service, "port": login.port}]},
    }


def _root_proxy(settings: RouteSettings) -> Manifest:
    return {
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
                **settings.access.of_host(_extension_name(settings)),
                "fqdn": settings.host,
                "tls": {
                    "minimumProtocolVersion": str(settings.tls.minimum_version),
                    "secretName": settings.tls.secret_name,
                },
            },
        },
    }


def _alias(settings: RouteSettings, name: str, selector: Labels) -> Manifest:
    """Render a Service that gives a backend's pods a name of the campus's own.

    Envoy counts and limits by Service, and this is the only way to tell campuses apart that share a
    backend. It is not waited for: whether pods are ready is the Deployment's to say.
    """
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata(
            name,
            _labels(settings),
            namespace=settings.backend_namespace,
            annotations={**SKIP_AWAIT, **settings.fuse.annotations()},
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
            "selector": selector,
            "type": "ClusterIP",
        },
    }
