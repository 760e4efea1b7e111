"""Any application that answers HTTP, as a Pulumi component."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict

import pulumi

from campus_voice.shared.registration import Registrar, checked, known_after

from . import backup_jobs, checks, render
from .application import Application
from .args import AiAppBackendArgs
from .backup import Backup


class AiAppBackendService(TypedDict):
    """The Service of an application."""

    name: str
    """Name of the Service."""

    port: int
    """Port at which the gateway reaches it."""


@dataclass(frozen=True)
class Registered:
    """The resources of an application on which others wait."""

    claims: Sequence[pulumi.Resource]
    wall: pulumi.Resource
    service: pulumi.Resource
    deployment: pulumi.Resource


def register(
    objects: Registrar, application: Application, before: Sequence[pulumi.Resource] = ()
) -> Registered:
    """Register an application's objects; its pods wait for `before`."""
    claims = [
        objects.add(claim.suffix, retain=not (application.delete_data or claim.rebuilt))
        for claim in application.claims
    ]
    wall = objects.add(render.NETWORK_POLICY)
    account = objects.add(render.ACCOUNT)
    objects.add(render.BUDGET)
    service = objects.add(render.SERVICE)
    deployment = objects.add(render.DEPLOYMENT, [*claims, wall, account, *before])
    return Registered(claims, wall, service, deployment)


def register_backup(objects: Registrar, backup: Backup, application: Registered) -> pulumi.Resource:
    """Register an application's backup; the volume that is made for it is retained in any case."""
    place = [] if backup.claim is None else [objects.add(backup.claim.suffix, retain=True)]
    before = [*application.claims, *place, objects.add(backup_jobs.WALL)]
    objects.add(backup_jobs.RESTORE, before)
    return objects.add(backup_jobs.BACKUP, before)


class AiAppBackend(pulumi.ComponentResource):
    """Any application that answers HTTP: its pods, volumes and Service, and the wall around them.

    Its volumes are retained when the component is destroyed. `CosyVoiceBackend` is a preset of it.
    """

    namespace: pulumi.Output[str]
    """Namespace of the application."""

    service: pulumi.Output[AiAppBackendService]
    """The Service of the application, for a campus's `routes`."""

    deployment: pulumi.Output[str]
    """Name of the Deployment."""

    selector: pulumi.Output[dict[str, str]]
    """Labels of the application's pods."""

    claims: pulumi.Output[dict[str, str]]
    """Names of the PersistentVolumeClaims that were made, by the names of their volumes."""

    backup: pulumi.Output[str | None]
    """Name of the CronJob that backs its volumes up; None without `backup`."""

    def __init__(self, name: str, args: AiAppBackendArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Register one application.

        Raises:
            pulumi.RunError: the arguments cannot work; nothing was registered.
        """
        settings = checked(checks.settings, name, args)
        application = settings.application
        super().__init__("campus-voice:index:AiAppBackend", name, {}, opts)
        objects = Registrar(self, name, backup_jobs.everything(application, settings.backup))
        made = register(objects, application)

        self.namespace = known_after(application.namespace, made.deployment)
        self.service = known_after(
            AiAppBackendService(name=application.service, port=application.service_port),
            made.service,
            made.deployment,
        )
        self.deployment = known_after(application.name, made.deployment)
        # Routes may be made while the application starts, but not before the wall stands.
        self.selector = known_after(render.selector(application), made.wall)
        claims = {volume.name: volume.claim.name for volume in application.volumes if volume.claim}
        self.claims = known_after(claims, *made.claims)
        self.backup = known_after(None, made.deployment)
        if settings.backup is not None:
            saving = register_backup(objects, settings.backup, made)
            self.backup = known_after(backup_jobs.backup_name(application), saving)
        self.register_outputs(
            {
                "backup": self.backup,
                "namespace": self.namespace,
                "service": self.service,
                "deployment": self.deployment,
                "selector": self.selector,
                "claims": self.claims,
            }
        )
