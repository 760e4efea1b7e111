"""What one sees of the campuses from outside, as a Pulumi component."""

import pulumi

from campus_voice.shared.registration import Registrar, checked, known_after

from . import checks, render
from .args import ObservabilityArgs


class Observability(pulumi.ComponentResource):
    """The dashboards of the campuses and the namespace that holds them.

    The namespace is retained when the component is destroyed: others may have put things there.
    """

    namespace: pulumi.Output[str]
    """Namespace of the dashboards."""

    mode: pulumi.Output[str]
    """How metrics are collected."""

    dashboard_uids: pulumi.Output[list[str]]
    """Identifiers of the dashboards."""

    def __init__(
        self, name: str, args: ObservabilityArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Register the dashboards.

        Raises:
            pulumi.RunError: the arguments cannot work; nothing was registered.
        """
        settings = checked(checks.settings, name, args)
        super().__init__("campus-voice:index:Observability", name, {}, opts)

        rendered = render.objects(settings)
        objects = Registrar(self, name, rendered)
        ready: list[pulumi.Resource] = []
        if rendered:
            home = objects.add(render.NAMESPACE, retain=True)
            ready = [objects.add(render.DASHBOARD, [home])]

        self.namespace = known_after(settings.namespace, *ready)
        self.mode = known_after(settings.mode.value, *ready)
        self.dashboard_uids = known_after(render.dashboard_uids(settings), *ready)
        self.register_outputs(
            {"namespace": self.namespace, "mode": self.mode, "dashboardUids": self.dashboard_uids}
        )
