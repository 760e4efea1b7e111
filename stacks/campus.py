"""A campus's own stack: its backend and its routes, attached to the gateway of the platform's stack."""

import asyncio
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes
from campus_voice import RoutePart, TenantRoute

from settings import CampusStackSettings, Given, SettingsError
from settings.attachment import NEEDED, unattachable

from .backend import Gateway, backend_outputs, deploy_backend


async def deploy_campus(
    settings: CampusStackSettings, given: Given, cluster: kubernetes.Provider
) -> pulumi.Inputs:
    """Build the campus and describe it in the same shapes as the platform does: the stack's outputs.

    Raises SettingsError when the platform's stack does not leave this campus to a stack of its own.
    """
    platform = await _outputs(settings.platform)
    if broken := list(unattachable(settings, given.project, platform)):
        raise SettingsError(given.stack, given.findings(broken))
    campus, gateway = settings.campus.id, platform["gateway"]
    backend = deploy_backend(
        f"campus-{campus}",
        settings,
        Gateway(gateway["namespace"], gateway["envoySelector"]),
        cluster,
        shared=False,
    )
    route = TenantRoute(
        campus,
        {
            "campus": campus,
            "domain": platform["domain"],
            "part": RoutePart.CHILD,
            "ingress_class": gateway["ingressClass"],
            "backend_namespace": f"campus-{campus}",
            "backend_selector": backend.selector,
            "longest_request_seconds": settings.longest_request_seconds,
        },
        pulumi.ResourceOptions(provider=cluster, depends_on=[backend]),
    )
    return {
        "domain": platform["domain"],
        "gateway": gateway,
        "backends": {f"campus-{campus}": backend_outputs(backend)},
        "campuses": {
            campus: {
                **platform["campuses"][campus],
                "name": settings.campus.name or campus,
                "envoyClusters": route.envoy_clusters,
                "backend": f"campus-{campus}",
            }
        },
        "tls": {campus: platform["tls"][campus]},
    }


async def _outputs(stack: str) -> dict[str, Any]:
    """The outputs of another stack that this one needs, as far as that stack has them."""
    reference = pulumi.StackReference(stack)
    details = await asyncio.gather(*(reference.get_output_details(name) for name in NEEDED))
    return {
        name: detail.value for name, detail in zip(NEEDED, details, strict=True) if detail.value is not None
    }
