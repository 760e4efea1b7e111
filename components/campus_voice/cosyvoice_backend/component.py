"""The speech server behind one campus or several, as a Pulumi component."""

from typing import TypedDict

import pulumi

from campus_voice.ai_app_backend.backup_jobs import backup_name
from campus_voice.ai_app_backend.component import register, register_backup
from campus_voice.ai_app_backend.render import selector
from campus_voice.shared.registration import Registrar, checked, found, known_after

from . import checks, fetching, preset, render, scaling
from .args import CosyVoiceBackendArgs
from .model import Model


class CosyVoiceBackendService(TypedDict):
    """The Service of the speech server."""

    name: str
    """Name of the Service."""

    port: int
    """Port that serves people and the API."""


def _fetched(objects: Registrar, model: Model, *, keep: bool) -> list[pulumi.CustomResource]:
    """Register what brings the model onto its volume; the server waits for it."""
    if model.fetch is None:
        return []
    claim = objects.add(model.fetch.claim.suffix, retain=keep)
    wall = objects.add(fetching.NETWORK_POLICY)
    return [objects.add(fetching.JOB, [claim, wall], delete_first=True)]


class CosyVoiceBackend(pulumi.ComponentResource):
    """A speech server, its recordings and voices, and the wall around all of it.

    It is a preset of `AiAppBackend`. The volumes are retained when the component is destroyed. A model that
    is fetched comes before the server, by a Job with a way out that the server never has.
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

    image: pulumi.Output[str]
    """Image of the speech server."""

    model: pulumi.Output[str | None]
    """The model, as JSON in the words of the argument `model`, with `tensorrt` where that is on; None where
    the image holds it."""

    backup: pulumi.Output[str | None]
    """Name of the CronJob that backs both volumes up; None without `backup`."""

    def __init__(
        self, name: str, args: CosyVoiceBackendArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Register one backend.

        Raises:
            pulumi.RunError: the arguments cannot work; nothing was registered.
        """
        settings = checked(checks.settings, name, args)
        super().__init__("campus-voice:index:CosyVoiceBackend", name, {}, opts)

        application = preset.application(settings)
        objects = Registrar(self, name, render.objects(settings))
        before = [objects.add(render.ENROLMENT)] if settings.ours else []
        if settings.model is not None:
            before += _fetched(objects, settings.model, keep=not application.delete_data)
        if settings.scaling is not None:
            before.append(found(self, f"{name}-{scaling.MISSING}", scaling.DEFINITION))
        made = register(objects, application, before=before)
        if settings.scaling is not None:
            objects.add(scaling.SCALER, [made.deployment])

        self.namespace = known_after(settings.namespace, made.deployment)
        self.service = known_after(
            CosyVoiceBackendService(name=application.service, port=application.service_port),
            made.service,
            made.deployment,
        )
        self.deployment = known_after(application.name, made.deployment)
        # Routes may be made while the model is loading, but not before the wall stands.
        self.selector = known_after(selector(application), made.wall)
        self.outputs_claim = known_after(settings.storage.outputs.name, made.claims[0])
        self.image = known_after(settings.image, made.deployment)
        self.model = known_after(settings.model.told if settings.model else None, made.deployment)
        self.backup = known_after(None, made.deployment)
        if settings.backup is not None:
            saving = register_backup(objects, settings.backup, made)
            self.backup = known_after(backup_name(application), saving)
        self.register_outputs(
            {
                "backup": self.backup,
                "namespace": self.namespace,
                "service": self.service,
                "deployment": self.deployment,
                "image": self.image,
                "model": self.model,
                "selector": self.selector,
                "outputsClaim": self.outputs_claim,
            }
        )
