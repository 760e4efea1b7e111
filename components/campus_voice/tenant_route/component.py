"""The way from a campus's host name to its backend, as a Pulumi component."""

import pulumi

from campus_voice.shared import names
from campus_voice.shared.enums import RoutePart
from campus_voice.shared.registration import Registrar, checked, known_after

from . import checks, render
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
            objects = Registrar(self, name, render.child(settings))
            services = objects.add_all([render.UI_SERVICE, render.API_SERVICE])
            last = objects.add(render.CHILD_PROXY, services)
        if settings.part is not RoutePart.CHILD:
            objects = Registrar(self, name, render.root(settings))
            certificate = objects.add(render.CERTIFICATE)
            # On removal the order turns round, and a root whose child is gone answers errors.
            last = objects.add(render.ROOT_PROXY, [certificate, *([last] if last is not None else [])])

        done = [] if last is None else [last]
        self.url = known_after(f"https://{settings.host}", *done)
        self.host = known_after(settings.host, *done)
        self.secret_name = known_after(names.certificate_secret(settings.campus), *done)
        self.envoy_clusters = known_after(render.envoy_clusters(settings), *done)
        self.register_outputs(
            {
                "url": self.url,
                "host": self.host,
                "secretName": self.secret_name,
                "envoyClusters": self.envoy_clusters,
            }
        )
