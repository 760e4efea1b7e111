"""Small programs that use the components, and what the engine was asked for."""

from typing import Any

from campus_voice import (
    ContourGateway,
    ContourGatewayArgs,
    CosyVoiceBackendArgs,
    TenantRouteArgs,
)

from tests.program.engine import Deployment, Registered
from tests.unit.components import upstream

BACKEND: CosyVoiceBackendArgs = {
    "namespace": "voice",
    "gpus": 0,
    "storage": "20Gi",
    "gateway_namespace": "projectcontour",
    "gateway_selector": {"app": "envoy"},
}
ROUTE: TenantRouteArgs = {
    "campus": "north",
    "domain": "voice.example.org",
    "issuer": {"name": "campus-voice", "kind": "ClusterIssuer"},
    "backend_namespace": "voice",
    "backend_selector": {"app.kubernetes.io/name": "cosyvoice"},
}


def gateway(args: ContourGatewayArgs | None = None) -> ContourGateway:
    """A gateway whose definitions come from the prepared folder."""
    upstream.file("contour/01-crds.yaml")
    return ContourGateway("gateway", {"manifests": str(upstream.MANIFESTS), **(args or {})})


def objects(deployment: Deployment) -> dict[str, Any]:
    """What was asked for of the cluster, by name in the stack."""
    return {
        one.name: dict(one.inputs)
        for one in deployment.resources.values()
        if one.kind.startswith("kubernetes:")
    }


def called(deployment: Deployment, name: str) -> Registered:
    """The resource of that name in the stack."""
    (found,) = [one for one in deployment.resources.values() if one.name == name]
    return found
