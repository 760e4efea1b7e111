"""The platform's stack: the gateway, every campus's host name, and the backend that campuses share."""

import pulumi
import pulumi_kubernetes as kubernetes
from campus_voice import (
    ContourGateway,
    ContourGatewayArgs,
    IssuerKind,
    Observability,
    RoutePart,
    TenantRoute,
    TenantRouteArgs,
)

from settings import PlatformCampusSettings, PlatformSettings

from .backend import Gateway, backend_outputs, deploy_backend
from .route import HSTS_SECONDS, auth_args, exported, host_args, routes_args

SHARED = "voice"
"""Namespace of the backend that campuses without one of their own share."""


def deploy_platform(settings: PlatformSettings, cluster: kubernetes.Provider) -> pulumi.Inputs:
    """Build the platform and describe it: the stack's outputs."""
    gateway = ContourGateway("gateway", _gateway_args(settings), pulumi.ResourceOptions(provider=cluster))
    Observability("observability", {}, pulumi.ResourceOptions(provider=cluster))
    behind = Gateway(gateway.namespace, gateway.envoy_selector)
    backends = {}
    if not all(campus.own_stack for campus in settings.campuses):
        backends[SHARED] = deploy_backend(SHARED, settings, behind, cluster, shared=True)
    routes = {}
    for campus in settings.campuses:
        args = _route_args(campus, settings, gateway)
        if not campus.own_stack:
            routes_args(args, campus, _hsts_seconds(campus, settings))
            args["backend_selector"] = backends[SHARED].selector
        routes[campus.id] = TenantRoute(campus.id, args, pulumi.ResourceOptions(provider=cluster))
    return {
        "domain": settings.domain,
        "gateway": _gateway_outputs(gateway),
        "backends": {namespace: backend_outputs(backend) for namespace, backend in backends.items()},
        "campuses": {
            campus.id: {
                **exported(campus),
                "name": campus.name or campus.id,
                "hstsSeconds": _hsts_seconds(campus, settings),
                "url": routes[campus.id].url,
                "host": routes[campus.id].host,
                "envoyClusters": routes[campus.id].envoy_clusters,
                "backend": None if campus.own_stack else SHARED,
            }
            for campus in settings.campuses
        },
        "tls": {
            campus: {"namespace": gateway.routes_namespace, "secretName": route.secret_name}
            for campus, route in routes.items()
        },
    }


def _gateway_args(settings: PlatformSettings) -> ContourGatewayArgs:
    args: ContourGatewayArgs = {
        "exposure": settings.exposure,
        "longest_request_seconds": settings.longest_request_seconds,
    }
    if settings.manifests is not None:
        args["manifests"] = settings.manifests
    if settings.gateway_images.contour is not None:
        args["contour_image"] = settings.gateway_images.contour
    if settings.gateway_images.envoy is not None:
        args["envoy_image"] = settings.gateway_images.envoy
    if settings.acme is not None:
        args["issuer"] = {"kind": IssuerKind.ACME, "email": settings.acme.email}
        if settings.acme.server is not None:
            args["issuer"]["server"] = settings.acme.server
    return args


def _route_args(
    campus: PlatformCampusSettings, settings: PlatformSettings, gateway: ContourGateway
) -> TenantRouteArgs:
    args: TenantRouteArgs = {
        "campus": campus.id,
        "domain": settings.domain,
        "part": RoutePart.ROOT if campus.own_stack else RoutePart.WHOLE,
        "ingress_class": gateway.ingress_class,
        "issuer": {"name": gateway.issuer["name"], "kind": gateway.issuer["kind"]},
        "backend_namespace": f"campus-{campus.id}" if campus.own_stack else SHARED,
        "longest_request_seconds": settings.longest_request_seconds,
    }
    host_args(args, campus)
    auth_args(args, campus)
    return args


def _hsts_seconds(campus: PlatformCampusSettings, settings: PlatformSettings) -> int:
    """How long browsers insist on a trusted certificate: only where a public authority is known to sign."""
    return HSTS_SECONDS if settings.acme is not None and campus.certificate_secret is None else 0


def _gateway_outputs(gateway: ContourGateway) -> dict[str, object]:
    return {
        "namespace": gateway.namespace,
        "routesNamespace": gateway.routes_namespace,
        "ingressClass": gateway.ingress_class,
        "envoySelector": gateway.envoy_selector,
        "httpPort": gateway.http_port,
        "httpsPort": gateway.https_port,
        "issuer": gateway.issuer,
        "exposure": gateway.exposure,
    }
