"""What a campus's settings mean for its route, in the platform's stack and in its own.

The platform's stack exports the settings of each campus among its outputs; a campus's stack reads them back.
"""

from collections.abc import Mapping
from typing import Any

from campus_voice import TenantRouteArgs, Update
from pydantic import BaseModel

from settings import BackendSettings, PlatformCampusSettings

HSTS_SECONDS = 15_552_000
"""How long browsers insist on a trusted certificate: 180 days."""


def exported(campus: PlatformCampusSettings) -> dict[str, Any]:
    """The campus's settings as an output of the platform's stack: keys as in the stack's file."""
    return campus.model_dump(mode="json", by_alias=True, exclude_none=True, exclude={"id", "own_stack"})


def imported(campus: str, output: Mapping[str, Any]) -> PlatformCampusSettings:
    """The settings of `campus` as the platform's stack exported them; what is not there takes its default.

    Outputs carry every number as a float, hence not strictly.
    """
    known = {field.alias for field in PlatformCampusSettings.model_fields.values()}
    written = {key: value for key, value in output.items() if key in known}
    return PlatformCampusSettings.model_validate({"id": campus, **written}, strict=False)


def host_args(args: TenantRouteArgs, campus: PlatformCampusSettings) -> None:
    """Add what the campus's virtual host is told; an issuer gives way to a certificate that is there."""
    if campus.certificate_secret is not None:
        args["certificate"] = {"secret_name": campus.certificate_secret}
        del args["issuer"]
    if campus.minimum_tls is not None:
        args["minimum_tls_version"] = campus.minimum_tls


def routes_args(args: TenantRouteArgs, campus: PlatformCampusSettings, hsts_seconds: int) -> None:
    """Add what the campus's routes are told."""
    args["hsts_seconds"] = hsts_seconds
    args["allow_from"] = list(campus.allow_from)
    args["deny_from"] = list(campus.deny_from)
    args["frame_ancestors"] = list(campus.frame_ancestors)
    args["voice_cloning"] = campus.voice_cloning
    args["audible_label"] = campus.audible_label
    args["limits"] = _given(campus.limits)
    args["circuit_breakers"] = _given(campus.circuit_breakers)
    args["routes"] = [_given(route) for route in campus.routes]


def pods_args(args: TenantRouteArgs, backend: BackendSettings) -> None:
    """Add how the backend's pods are reached: a stopped backend keeps its routes."""
    args["backend_replicas"] = _most_pods(backend)
    if backend.port is not None:
        args["backend_port"] = backend.port


def _most_pods(backend: BackendSettings) -> int:
    """The most pods that there ever are at once: by scaling, and during an update that surges."""
    usual = backend.replicas if backend.scaling is None else backend.scaling.max_replicas
    return max(usual, 1) + (1 if backend.update is Update.SURGE else 0)


def auth_args(args: TenantRouteArgs, campus: PlatformCampusSettings) -> None:
    """Add who has to show who they are, which both parts are told."""
    if campus.auth is not None:
        args["auth"] = _given(campus.auth)


def _given(block: BaseModel) -> Any:
    """What the block says: its keys are the components', which know the defaults of the others."""
    return block.model_dump(exclude_none=True)
