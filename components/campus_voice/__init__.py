"""Pulumi components that give every campus its own voice service behind one gateway."""

from pulumi import ComponentResource

from .adoption import adopt_existing
from .ai_app_backend.args import (
    AiAppBackendArgs,
    AiAppBackendEgressArgs,
    AiAppBackendProbesArgs,
    AiAppBackendResourcesArgs,
    AiAppBackendTolerationArgs,
    AiAppBackendVolumeArgs,
)
from .ai_app_backend.backup_args import AiAppBackendBackupArgs, AiAppBackendBackupS3Args
from .ai_app_backend.component import AiAppBackend
from .ai_app_backend.render import backend_namespace
from .contour_gateway.args import (
    ContourGatewayArgs,
    ContourGatewayEnvoyArgs,
    ContourGatewayIssuerArgs,
    ContourGatewayTolerationArgs,
)
from .contour_gateway.component import ContourGateway
from .cosyvoice_backend.acceleration_args import CosyVoiceBackendAccelerationArgs
from .cosyvoice_backend.args import (
    CosyVoiceBackendArgs,
    CosyVoiceBackendBackupArgs,
    CosyVoiceBackendEgressArgs,
    CosyVoiceBackendResourcesArgs,
    CosyVoiceBackendTolerationArgs,
)
from .cosyvoice_backend.checks import problems as backend_problems
from .cosyvoice_backend.component import CosyVoiceBackend
from .cosyvoice_backend.model_args import (
    CosyVoiceBackendHubArgs,
    CosyVoiceBackendModelArgs,
    CosyVoiceBackendUrlArgs,
)
from .cosyvoice_backend.scaling_args import CosyVoiceBackendScalingArgs, CosyVoiceBackendSchoolHoursArgs
from .observability.args import ObservabilityArgs
from .observability.component import Observability
from .shared.enums import (
    AccessMode,
    CertManager,
    Engine,
    Exposure,
    IssuerKind,
    ObservabilityMode,
    RoutePart,
    SecurityProfile,
    SpeechServer,
    TlsVersion,
    Update,
)
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
    AiAppBackend,
    ContourGateway,
    CosyVoiceBackend,
    Observability,
    TenantRoute,
]
"""Every component, as the plugin offers them."""

__all__ = [
    "COMPONENTS",
    "PACKAGE",
    "AccessMode",
    "AiAppBackend",
    "AiAppBackendArgs",
    "AiAppBackendBackupArgs",
    "AiAppBackendBackupS3Args",
    "AiAppBackendEgressArgs",
    "AiAppBackendProbesArgs",
    "AiAppBackendResourcesArgs",
    "AiAppBackendTolerationArgs",
    "AiAppBackendVolumeArgs",
    "CertManager",
    "ContourGateway",
    "ContourGatewayArgs",
    "ContourGatewayEnvoyArgs",
    "ContourGatewayIssuerArgs",
    "ContourGatewayTolerationArgs",
    "CosyVoiceBackend",
    "CosyVoiceBackendAccelerationArgs",
    "CosyVoiceBackendArgs",
    "CosyVoiceBackendBackupArgs",
    "CosyVoiceBackendEgressArgs",
    "CosyVoiceBackendHubArgs",
    "CosyVoiceBackendModelArgs",
    "CosyVoiceBackendResourcesArgs",
    "CosyVoiceBackendScalingArgs",
    "CosyVoiceBackendSchoolHoursArgs",
    "CosyVoiceBackendTolerationArgs",
    "CosyVoiceBackendUrlArgs",
    "Engine",
    "Exposure",
    "InvalidSettingsError",
    "IssuerKind",
    "Observability",
    "ObservabilityArgs",
    "ObservabilityMode",
    "Problem",
    "RoutePart",
    "SecurityProfile",
    "SpeechServer",
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
    "Update",
    "adopt_existing",
    "backend_namespace",
    "backend_problems",
    "misplaced_prefix",
]
