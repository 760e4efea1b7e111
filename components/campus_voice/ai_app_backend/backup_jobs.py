"""The Kubernetes objects that back an application up and bring it back."""

from collections.abc import Sequence

from campus_voice.shared import labels
from campus_voice.shared.manifests import Manifest, Objects, environment, metadata

from . import backup_steps, pod, render, walls
from .application import Application, Volume
from .backup import Backup
from .backup_steps import Step

BACKUP = "backup-job"
RESTORE = "restore-job"
WALL = "backup-network-policy"

_RUN_SECONDS = 20 * 3600
"""A run that takes longer is in the way of the next night's."""

_START_SECONDS = 6 * 3600
"""How late a run may begin, when the cluster was down at its time."""

_NEVER = "0 0 31 2 *"
"""The schedule of what is only started by hand: the 31st of February."""

_SCRATCH_SIZE = "4Gi"
_RESOURCES = {
    "limits": {"ephemeral-storage": "5Gi", "memory": "1Gi"},
    "requests": {"cpu": "50m", "ephemeral-storage": "256Mi", "memory": "128Mi"},
}


def backup_name(application: Application) -> str:
    """Name the CronJob that backs the application up."""
    return f"{application.name}-backup"


def restore_name(application: Application) -> str:
    """Name the CronJob from which a restore is started by hand."""
    return f"{application.name}-restore"


def everything(application: Application, backup: Backup | None) -> Objects:
    """Render an application with the backup, if there is one, of all that it may write to."""
    made = render.objects(application)
    return made if backup is None else made | objects(application, backup, written(application))


def written(application: Application) -> Sequence[Volume]:
    """Choose the volumes with a claim that the application may write to."""
    claimed = [volume for volume in application.volumes if "persistentVolumeClaim" in volume.source]
    return [volume for volume in claimed if not volume.read_only]


def objects(application: Application, backup: Backup, volumes: Sequence[Volume]) -> Objects:
    """Render the backup of these volumes of the application, and the way back."""
    folders = {volume.name: volume.mount_path for volume in volumes}
    saving = backup_steps.save(backup, list(folders.values()))
    kept = [Volume(volume.name, volume.mount_path, volume.source, read_only=True) for volume in volumes]
    place = {} if backup.claim is None else {backup.claim.suffix: render.claim(application, backup.claim)}
    return {
        **place,
        BACKUP: _cron_job(
            application,
            backup_name(application),
            {"schedule": backup.schedule, "timeZone": backup.time_zone},
            _pod(application, backup, saving, kept, {}),
        ),
        RESTORE: _cron_job(
            application,
            restore_name(application),
            {"schedule": _NEVER, "suspend": True},
            _pod(application, backup, backup_steps.restore(backup, folders), volumes, {"SNAPSHOT": "latest"}),
        ),
        WALL: {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": _metadata(application, backup_name(application)),
            "spec": _wall(application, backup),
        },
    }


def _metadata(application: Application, name: str) -> Manifest:
    return metadata(name, _labels(application), namespace=application.namespace)


def _labels(application: Application) -> dict[str, str]:
    """Make the labels of both kinds of pods; the application's Service does not select them."""
    return labels.common(backup_name(application), "backend")


def _cron_job(application: Application, name: str, when: Manifest, spec: Manifest) -> Manifest:
    """Render a CronJob whose runs never overlap and are not repeated: the next one is the next try."""
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": _metadata(application, name),
        "spec": {
            **when,
            "concurrencyPolicy": "Forbid",
            "failedJobsHistoryLimit": 3,
            "jobTemplate": {
                "metadata": {"labels": _labels(application)},
                "spec": {
                    "activeDeadlineSeconds": _RUN_SECONDS,
                    "backoffLimit": 0,
                    "template": {"metadata": {"labels": _labels(application)}, "spec": spec},
                },
            },
            "startingDeadlineSeconds": _START_SECONDS,
            "successfulJobsHistoryLimit": 3,
        },
    }


def _pod(
    application: Application,
    backup: Backup,
    steps: Sequence[Step],
    volumes: Sequence[Volume],
    variables: dict[str, str],
) -> Manifest:
    """Render a pod that takes the steps one after the other, on the node of the application's pods."""
    mounted = [*volumes, *_own_volumes(backup)]
    containers = [_container(application, backup, step, mounted, variables) for step in steps]
    placed = application.placement
    made: Manifest = {
        "affinity": _beside(application),
        "automountServiceAccountToken": False,
        "containers": containers[-1:],
        "enableServiceLinks": False,
        "restartPolicy": "Never",
        "securityContext": pod.security(application),
        "serviceAccountName": application.name,
        "volumes": [{"name": volume.name, **volume.source} for volume in mounted],
    }
    if containers[:-1]:
        made["initContainers"] = containers[:-1]
    if placed.node_selector:
        made["nodeSelector"] = dict(placed.node_selector)
    if placed.tolerations:
        made["tolerations"] = [dict(toleration) for toleration in placed.tolerations]
    if application.pull_secrets:
        made["imagePullSecrets"] = [{"name": name} for name in application.pull_secrets]
    return made


def _own_volumes(backup: Backup) -> list[Volume]:
    scratch = Volume(
        backup_steps.SCRATCH, f"/{backup_steps.SCRATCH}", {"emptyDir": {"sizeLimit": _SCRATCH_SIZE}}
    )
    if backup.store is None:
        claim = {"persistentVolumeClaim": {"claimName": backup.claim_name}}
        return [scratch, Volume("backup", backup_steps.PLACE, claim)]
    if not backup.store.own_authority:
        return [scratch]
    file = backup_steps.AUTHORITIES_FILE
    signed = {"secret": {"secretName": backup.secret, "items": [{"key": file, "path": file}]}}
    return [scratch, Volume("authorities", backup_steps.AUTHORITIES, signed, read_only=True)]


def _container(
    application: Application,
    backup: Backup,
    step: Step,
    volumes: Sequence[Volume],
    variables: dict[str, str],
) -> Manifest:
    plain = {**backup_steps.environment(backup), **variables}
    secret = [
        {"name": name, "valueFrom": {"secretKeyRef": {"key": key, "name": backup.secret}}}
        for name, key in backup_steps.secrets(backup).items()
    ]
    made: Manifest = {
        "args": list(step.args),
        "env": [*environment(plain), *secret],
        "image": backup.image,
        "imagePullPolicy": "IfNotPresent",
        "name": step.name,
        "resources": {bound: dict(amounts) for bound, amounts in _RESOURCES.items()},
        "securityContext": pod.container_security(application),
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "volumeMounts": [pod.mount(volume) for volume in volumes],
    }
    if step.command:
        made["command"] = list(step.command)
    return made


def _beside(application: Application) -> Manifest:
    """Bind the pod to the node of the application's pods, since that is where volumes of one node are.

    The pod itself matches too: where the application has no pod, Kubernetes then lets it run on any node
    (https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/).
    """
    names = [application.name, backup_name(application)]
    (key,) = labels.selector(application.name)
    term = {
        "labelSelector": {"matchExpressions": [{"key": key, "operator": "In", "values": names}]},
        "topologyKey": "kubernetes.io/hostname",
    }
    return {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}


def _wall(application: Application, backup: Backup) -> Manifest:
    """Render the wall: nobody reaches these pods, and they reach the store or, with a volume, nobody."""
    made: Manifest = {
        "podSelector": {"matchLabels": labels.selector(backup_name(application))},
        "policyTypes": ["Ingress", "Egress"],
    }
    if backup.store is not None:
        store: Manifest = {"ports": [walls.port(backup.store.port)]}
        if backup.store.networks:
            store["to"] = [{"ipBlock": {"cidr": network}} for network in backup.store.networks]
        made["egress"] = [walls.to_dns(), store]
    return made
