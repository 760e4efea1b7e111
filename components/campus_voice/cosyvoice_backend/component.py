"""The speech server behind one campus or several, as a Pulumi component."""

from typing import TypedDict

import pulumi

from .args import CosyVoiceBackendArgs


class CosyVoiceBackendService(TypedDict):
    """The Service of the speech server."""

    name: str
    """Name of the Service."""

    port: int
    """Port that serves people and the API."""


class CosyVoiceBackend(pulumi.ComponentResource):
    """A speech server, its recordings and the wall around both."""

    namespace: pulumi.Output[str]
    """Namespace of the backend."""

    service: pulumi.Output[CosyVoiceBackendService]
    """The Service of the speech server."""

    deployment: pulumi.Output[str]
    """Name of the Deployment."""

    selector: pulumi.Output[dict[str, str]]
    """Labels of the speech pods, for the Services of the routes."""

    outputs_claim: pulumi.Output[str]
    """Name of the PersistentVolumeClaim that keeps the recordings."""

    def __init__(
        self, name: str, args: CosyVoiceBackendArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("campus-voice:index:CosyVoiceBackend", name, {}, opts)
        self.register_outputs({})
