"""What one sees of the campuses from outside, as a Pulumi component."""

import pulumi

from .args import ObservabilityArgs


class Observability(pulumi.ComponentResource):
    """The dashboards of the campuses and the namespace that holds them."""

    namespace: pulumi.Output[str]
    """Namespace of the dashboards."""

    mode: pulumi.Output[str]
    """How metrics are collected."""

    dashboard_uids: pulumi.Output[list[str]]
    """Identifiers of the dashboards."""

    def __init__(
        self, name: str, args: ObservabilityArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("campus-voice:index:Observability", name, {}, opts)
        self.register_outputs({})
