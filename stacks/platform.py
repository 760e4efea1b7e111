"""The platform's stack: the gateway, every campus's host name, and the backend that campuses share."""

import pulumi
import pulumi_kubernetes as kubernetes
from campus_voice import (
    ContourGateway,
    ContourGatewayArgs,
    ContourGatewayIssuerArgs,
    ContourGatewayTolerationArgs,
    IssuerKind,
    Observability,
    RoutePart,
    TenantRoute,
    TenantRouteArgs,
)

from settings import (
    AcmeSettings,
    EdgeSettings,
    IssuerSettings,
    PlatformCampusSettings,
    PlatformSettings,
    TolerationSettings,
)

from .backend import Gateway, backend_outputs, deploy_backend, enrolment_keys
from .route import HSTS_SECONDS, auth_args, exported, host_args, pods_args, routes_args

SHARED = "voice"
"""Namespace of the backend that campuses without one of their own share."""


def deploy_platform(settings: PlatformSettings, cluster: kubernetes.Provider) -> pulumi.Inputs:
    """Build the platform and describe it: the stack's outputs."""
    gateway = ContourGateway("gateway", _gateway_args(settings), pulumi.ResourceOptions(provider=cluster))
    Observability("observability", {}, pulumi.ResourceOptions(provider=cluster))
    behind = Gateway(gateway.namespace, gateway.envoy_selector, settings.edge.node_networks)
    backends = {}
    keys = enrolment_keys(settings, [campus for campus in settings.campuses if not campus.own_stack])
    if not all(campus.own_stack for campus in settings.campuses):
        backends[SHARED] = deploy_backend(SHARED, settings, behind, cluster, shared=True, keys=keys)
    routes = {}
    for campus in settings.campuses:
        args = _route_args(campus, settings, gateway)
        if not campus.own_stack:
            routes_args(args, campus, _hsts_seconds(campus, settings))
            args["backend_selector"] = backends[SHARED].selector
            pods_args(args, settings)
        routes[campus.id] = TenantRoute(campus.id, args, pulumi.ResourceOptions(provider=cluster))
    return {
        "domain": settings.domain,
        "gateway": _gateway_outputs(gateway, settings),
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
        "enrolmentKeys": pulumi.Output.secret(keys),
    }


def _gateway_args(settings: PlatformSettings) -> ContourGatewayArgs:
    args: ContourGatewayArgs = {
        **_edge_args(settings.edge),
        "domain": settings.domain,
        "campuses": [campus.id for campus in settings.campuses],
        "cert_manager": settings.cert_manager,
        "exposure": settings.exposure,
        "longest_request_seconds": settings.longest_request_seconds,
    }
    if settings.manifests is not None:
        args["manifests"] = settings.manifests
    if settings.gateway_images.contour is not None:
        args["contour_image"] = settings.gateway_images.contour
    if settings.gateway_images.envoy is not None:
        args["envoy_image"] = settings.gateway_images.envoy
    default: ContourGatewayIssuerArgs = {} if settings.acme is None else _acme_args(settings.acme)
    args["issuers"] = [default, *(_issuer_args(issuer) for issuer in settings.issuers)]
    return args


def _issuer_args(issuer: IssuerSettings) -> ContourGatewayIssuerArgs:
    acme: ContourGatewayIssuerArgs = {} if issuer.acme is None else _acme_args(issuer.acme)
    return {**acme, "kind": issuer.kind, "name": issuer.name}


def _acme_args(acme: AcmeSettings) -> ContourGatewayIssuerArgs:
    args: ContourGatewayIssuerArgs = {"kind": IssuerKind.ACME, "email": acme.email}
    if acme.server is not None:
        args["server"] = acme.server
    if acme.ca_bundle is not None:
        args["ca_bundle"] = acme.ca_bundle
    if acme.dns01 is not None:
        args["dns01"] = acme.dns01
    return args


def _edge_args(edge: EdgeSettings) -> ContourGatewayArgs:
    args: ContourGatewayArgs = {
        "node_networks": list(edge.node_networks),
        "edge_node_selector": edge.node_selector,
        "edge_tolerations": [_toleration(given) for given in edge.tolerations],
        "edge_addresses": list(edge.addresses),
        "external_dns": edge.external_dns,
        "envoy": {},
    }
    if edge.cpus is not None:
        args["envoy"]["cpus"] = edge.cpus
    if edge.memory is not None:
        args["envoy"]["memory"] = edge.memory
    if edge.drain_delay_seconds is not None:
        args["drain_delay_seconds"] = edge.drain_delay_seconds
    if edge.grace_seconds is not None:
        args["grace_seconds"] = edge.grace_seconds
    return args


def _toleration(given: TolerationSettings) -> ContourGatewayTolerationArgs:
    made: ContourGatewayTolerationArgs = {}
    if given.key is not None:
        made["key"] = given.key
    if given.operator is not None:
        made["operator"] = given.operator
    if given.value is not None:
        made["value"] = given.value
    if given.effect is not None:
        made["effect"] = given.effect
    return made


def _route_args(
    campus: PlatformCampusSettings, settings: PlatformSettings, gateway: ContourGateway
) -> TenantRouteArgs:
    issuer = gateway.issuer if campus.issuer is None else gateway.issuers[campus.issuer]
    args: TenantRouteArgs = {
        "campus": campus.id,
        "domain": settings.domain,
        "part": RoutePart.ROOT if campus.own_stack else RoutePart.WHOLE,
        "ingress_class": gateway.ingress_class,
        "issuer": {"name": issuer["name"], "kind": issuer["kind"]},
        "backend_namespace": f"campus-{campus.id}" if campus.own_stack else SHARED,
        "longest_request_seconds": settings.longest_request_seconds,
    }
    host_args(args, campus)
    auth_args(args, campus)
    return args


def _hsts_seconds(campus: PlatformCampusSettings, settings: PlatformSettings) -> int:
    """How long browsers insist on a trusted certificate: only where a public authority is known to sign.

    Another server than the default, or an issuer that a campus names, may be one for trials, whose
    certificates no browser trusts.
    """
    public = settings.acme is not None and settings.acme.server is None
    signed = public and campus.issuer is None and campus.certificate_secret is None
    return HSTS_SECONDS if signed else 0


def _gateway_outputs(gateway: ContourGateway, settings: PlatformSettings) -> dict[str, object]:
    return {
        "namespace": gateway.namespace,
        "routesNamespace": gateway.routes_namespace,
        "ingressClass": gateway.ingress_class,
        "envoySelector": gateway.envoy_selector,
        "longestRequestSeconds": settings.longest_request_seconds,
        "nodeNetworks": gateway.node_networks,
        "dnsRecords": gateway.dns_records,
        "httpPort": gateway.http_port,
        "httpsPort": gateway.https_port,
        "issuer": gateway.issuer,
        "exposure": gateway.exposure,
    }
