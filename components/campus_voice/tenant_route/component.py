"""The way from a campus's host name to its backend, as a Pulumi component."""

import pulumi

from .args import TenantRouteArgs


class TenantRoute(pulumi.ComponentResource):
    """One campus: its host name, its certificate and its routes."""

    url: pulumi.Output[str]
    """Where the campus answers."""

    host: pulumi.Output[str]
    """Host name of the campus."""

    secret_name: pulumi.Output[str]
    """Name of the Secret, in the routes' namespace, that holds the served certificate."""

    envoy_clusters: pulumi.Output[list[str]]
    """Names under which Envoy's metrics and access log know the campus: pages first, then the API."""

    def __init__(self, name: str, args: TenantRouteArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("campus-voice:index:TenantRoute", name, {}, opts)
        self.register_outputs({})
