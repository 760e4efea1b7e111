"""The way from a campus's host name to its backend, as a Pulumi component."""

from collections.abc import Sequence

import pulumi

from campus_voice.shared.enums import RoutePart
from campus_voice.shared.manifests import Objects
from campus_voice.shared.registration import Registrar, checked, known_after

from . import checks, render, routes
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
        """Register one campus.

        Raises:
            pulumi.RunError: the arguments cannot work; nothing was registered.
        """
        settings = checked(checks.settings, name, args)
        super().__init__("campus-voice:index:TenantRoute", name, {}, opts)

        last: pulumi.Resource | None = None
        if settings.part is not RoutePart.ROOT:
            last = _register(self, name, render.child(settings), render.CHILD_PROXY)
        if settings.part is not RoutePart.CHILD:
            # On removal the order turns round, and a root whose child is gone answers errors.
            before = [] if last is None else [last]
            last = _register(self, name, render.root(settings), render.ROOT_PROXY, before)

        done = [] if last is None else [last]
        self.url = known_after(f"https://{settings.host}", *done)
        self.host = known_after(settings.host, *done)
        self.secret_name = known_after(settings.tls.secret_name, *done)
        self.envoy_clusters = known_after(routes.envoy_clusters(settings), *done)
        self.register_outputs(
            {
                "url": self.url,
                "host": self.host,
                "secretName": self.secret_name,
                "envoyClusters": self.envoy_clusters,
            }
        )


def _register(
    component: TenantRoute, name: str, objects: Objects, proxy: str, before: Sequence[pulumi.Resource] = ()
) -> pulumi.Resource:
    """Register `objects`, among them the HTTPProxy `proxy` after all others and after `before`."""
    registrar = Registrar(component, name, objects)
    others = registrar.add_all([suffix for suffix in objects if suffix != proxy])
    return registrar.add(proxy, [*others, *before])
