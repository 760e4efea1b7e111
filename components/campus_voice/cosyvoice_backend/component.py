"""The speech server behind one campus or several, as a Pulumi component."""

from typing import TypedDict

import pulumi

from campus_voice.shared.registration import Registrar, checked, known_after

from . import checks, render
from .args import CosyVoiceBackendArgs


class CosyVoiceBackendService(TypedDict):
    """The Service of the speech server."""

    name: str
    """Name of the Service."""

    port: int
    """Port that serves people and the API."""


class CosyVoiceBackend(pulumi.ComponentResource):
    """A speech server, its recordings and the wall around both.

    The volume of the recordings is retained when the component is destroyed.
    """

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
        """Register one backend.

        Raises:
            pulumi.RunError: the arguments cannot work; nothing was registered.
        """
        settings = checked(checks.settings, name, args)
        super().__init__("campus-voice:index:CosyVoiceBackend", name, {}, opts)

        objects = Registrar(self, name, render.objects(settings))
        claim = objects.add(render.CLAIM, retain=True)
        wall = objects.add(render.NETWORK_POLICY)
        service = objects.add(render.SERVICE)
        deployment = objects.add(render.DEPLOYMENT, [claim, wall])

        self.namespace = known_after(settings.namespace, deployment)
        self.service = known_after(
            CosyVoiceBackendService(name=render.SERVICE_NAME, port=render.PORT), service, deployment
        )
        self.deployment = known_after(render.DEPLOYMENT_NAME, deployment)
        # Routes may be made while the model is loading, but not before the wall stands.
        self.selector = known_after(dict(render.SELECTOR), wall)
        self.outputs_claim = known_after(render.CLAIM_NAME, claim)
        self.register_outputs(
            {
                "namespace": self.namespace,
                "service": self.service,
                "deployment": self.deployment,
                "selector": self.selector,
                "outputsClaim": self.outputs_claim,
            }
        )
