"""Pulumi components that give every campus its own voice service behind one gateway."""

from pulumi import ComponentResource

from .adoption import adopt_existing
from .contour_gateway.args import (
    ContourGatewayArgs,
    ContourGatewayEnvoyArgs,
    ContourGatewayIssuerArgs,
    ContourGatewayTolerationArgs,
)
from .contour_gateway.component import ContourGateway
from .cosyvoice_backend.args import (
    CosyVoiceBackendArgs,
    CosyVoiceBackendModelArgs,
    CosyVoiceBackendResourcesArgs,
    CosyVoiceBackendTolerationArgs,
)
from .cosyvoice_backend.component import CosyVoiceBackend
from .cosyvoice_backend.render import backend_namespace
from .observability.args import ObservabilityArgs
from .observability.component import Observability
from .shared.enums import CertManager, Engine, Exposure, IssuerKind, ObservabilityMode, RoutePart, TlsVersion
from .shared.errors import InvalidSettingsError, Problem
from .tenant_route.applications import misplaced as misplaced_prefix
from .tenant_route.args import (
    TenantRouteArgs,
    TenantRouteAuthArgs,
    TenantRouteCanaryArgs,
    TenantRouteCertificateArgs,
    TenantRouteCircuitBreakersArgs,
    TenantRouteExternalAuthArgs,
    TenantRouteHeaderArgs,
    TenantRouteIssuerArgs,
    TenantRouteJwtArgs,
    TenantRouteLimitsArgs,
    TenantRouteRouteArgs,
    TenantRouteServiceArgs,
)
from .tenant_route.component import TenantRoute

PACKAGE = "campus-voice"
"""Name of the package in Pulumi: the first part of every type token."""

COMPONENTS: list[type[ComponentResource]] = [
    ContourGateway,
    CosyVoiceBackend,
    Observability,
    TenantRoute,
]
"""Every component, as the plugin offers them."""

__all__ = [
    "COMPONENTS",
    "PACKAGE",
    "CertManager",
    "ContourGateway",
    "ContourGatewayArgs",
    "ContourGatewayEnvoyArgs",
    "ContourGatewayIssuerArgs",
    "ContourGatewayTolerationArgs",
    "CosyVoiceBackend",
    "CosyVoiceBackendArgs",
    "CosyVoiceBackendModelArgs",
    "CosyVoiceBackendResourcesArgs",
    "CosyVoiceBackendTolerationArgs",
    "Engine",
    "Exposure",
    "InvalidSettingsError",
    "IssuerKind",
    "Observability",
    "ObservabilityArgs",
    "ObservabilityMode",
    "Problem",
    "RoutePart",
    "TenantRoute",
    "TenantRouteArgs",
    "TenantRouteAuthArgs",
    "TenantRouteCanaryArgs",
    "TenantRouteCertificateArgs",
    "TenantRouteCircuitBreakersArgs",
    "TenantRouteExternalAuthArgs",
    "TenantRouteHeaderArgs",
    "TenantRouteIssuerArgs",
    "TenantRouteJwtArgs",
    "TenantRouteLimitsArgs",
    "TenantRouteRouteArgs",
    "TenantRouteServiceArgs",
    "TlsVersion",
    "adopt_existing",
    "backend_namespace",
    "misplaced_prefix",
]
