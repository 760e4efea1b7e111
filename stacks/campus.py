"""A campus's own stack: its backend and its routes, attached to the gateway of the platform's stack."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes
from campus_voice import RoutePart, TenantRoute, TenantRouteArgs

from settings import CampusStackSettings, Given, SettingsError
from settings.attachment import NEEDED, unattachable

from .backend import Gateway, backend_outputs, deploy_backend, enrolment_keys
from .route import auth_args, imported, pods_args, routes_args


async def read_platform(settings: CampusStackSettings, given: Given) -> dict[str, Any]:
    """Read the outputs of the platform's stack that the campus builds on.

    Raises SettingsError when that stack does not exist, or does not leave this campus to a stack of its own.
    """
    platform = await _outputs(settings.platform) if await _exists(settings.platform) else {}
    if broken := list(unattachable(settings, given.project, platform)):
        raise SettingsError(given.stack, given.findings(broken))
    return platform


async def _exists(stack: str) -> bool:
    """Whether the engine knows `stack`.

    Reading a StackReference to an unknown stack makes the engine end the program before it can say a word;
    the engine's own function answers with an error instead, which the SDK raises as a plain Exception.
    """
    try:
        await pulumi.runtime.invoke_async("pulumi:pulumi:readStackOutputs", {"name": stack})
    except Exception as refusal:
        if f'unknown stack "{stack}"' in str(refusal):
            return False
        raise
    return True


async def _outputs(stack: str) -> dict[str, Any]:
    """The outputs of `stack` that a campus needs, as far as it has them."""
    reference = pulumi.StackReference(stack)
    details = await asyncio.gather(*(reference.get_output_details(name) for name in NEEDED))
    outputs = zip(NEEDED, details, strict=True)
    return {name: output.value for name, output in outputs if output.value is not None}


def deploy_campus(
    settings: CampusStackSettings, platform: Mapping[str, Any], cluster: kubernetes.Provider
) -> pulumi.Inputs:
    """Build the campus and describe it in the same shapes as the platform does: the stack's outputs."""
    campus, gateway = settings.campus.id, platform["gateway"]
    allowed = imported(campus, platform["campuses"][campus])
    keys = enrolment_keys(settings, [allowed])
    backend = deploy_backend(
        f"campus-{campus}",
        settings,
        Gateway(gateway["namespace"], gateway["envoySelector"], gateway.get("nodeNetworks", ())),
        cluster,
        shared=False,
        keys=keys,
    )
    args: TenantRouteArgs = {
        "campus": campus,
        "domain": platform["domain"],
        "part": RoutePart.CHILD,
        "ingress_class": gateway["ingressClass"],
        "backend_namespace": f"campus-{campus}",
        "backend_selector": backend.selector,
        "longest_request_seconds": settings.longest_request_seconds,
    }
    auth_args(args, allowed)
    pods_args(args, settings)
    routes_args(args, allowed, int(platform["campuses"][campus].get("hstsSeconds", 0)))
    route = TenantRoute(campus, args, pulumi.ResourceOptions(provider=cluster))
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
        "enrolmentKeys": pulumi.Output.secret(keys),
    }
