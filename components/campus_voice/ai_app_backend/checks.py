"""What an AiAppBackend accepts, and the application that it describes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from campus_voice.shared import errors
from campus_voice.shared.enums import AccessMode, SecurityProfile
from campus_voice.shared.fields import Fields
from campus_voice.shared.manifests import Manifest

from . import backup, backup_jobs, backup_steps, placement, pod, power, reading
from .application import Application, Claim, Probe, Probes, Volume
from .backup import Backup

if TYPE_CHECKING:
    from .args import AiAppBackendArgs

_POWER = power.Power(
    cpu_request="100m",
    cpu_limit=None,
    memory_request="128Mi",
    memory_limit="512Mi",
    storage_request="128Mi",
    storage_limit="2Gi",
)
_SOURCES = ("size", "claim", "config_map", "secret")

_OWN: Mapping[str | None, Mapping[str, Sequence[str]]] = {
    None: {"name": [pod.SCRATCH], "mount_path": [f"/{pod.SCRATCH}"]},
    "shared_memory": {"name": [pod.SHARED_MEMORY], "mount_path": [f"/dev/{pod.SHARED_MEMORY}"]},
    "backup": {
        "name": ["authorities", "backup", "backup-pvc"],
        "mount_path": [backup_steps.PLACE, backup_steps.AUTHORITIES],
    },
}
"""By the argument that adds them, what the pods' own volumes have; `backup-pvc` would be a claim twice."""

_OTHERWISE = {
    "name": "Choose another name. To keep a volume that was made under this one, write claim: "
    "<application>-<name> instead of size, and no delete_data.",
    "mount_path": "Choose another path.",
}

_PROBE_SECONDS = 2
_USER = 10001


@dataclass(frozen=True)
class ApplicationSettings:
    """An AiAppBackend's arguments, checked."""

    application: Application
    backup: Backup | None


def settings(name: str, args: "AiAppBackendArgs") -> ApplicationSettings:
    """Check the arguments of the AiAppBackend `name`.

    Raises:
        InvalidSettingsError: some cannot work; all of them are named.
    """
    fields = Fields(args)
    application, namespace = fields.label("application", name), fields.label("namespace")
    port = fields.port("port", 8080)
    volumes = [_volume(entry, application) for entry in fields.each("volumes")]
    _refuse_names(fields, volumes)
    claims = [volume.claim for volume in volumes if volume.claim is not None]
    grace = reading.seconds(fields, "grace_seconds", 30, "it bounds how long a stop waits")
    pre_stop = fields.integer("pre_stop_seconds", 0, 0, 86400, "it bounds how long a stop waits")
    placed = placement.read(fields, gpus=0, needs=None)
    one_node = any(claim.access is AccessMode.ONE_NODE for claim in claims)
    checked = Application(
        name=application,
        namespace=namespace,
        image=args.get("image"),
        pull_secrets=args.get("pull_secrets", []),
        command=args.get("command", []),
        args=args.get("args", []),
        working_dir=args.get("working_dir"),
        environment=args.get("env", {}),
        port=port,
        service=application,
        service_port=fields.port("service_port", 80),
        metrics_port=fields.port("metrics_port", port) if fields.given("metrics_port") else None,
        metrics_path=fields.text("metrics_path", "/metrics"),
        scrape_annotations=fields.flag("scrape_annotations", default=True),
        probes=_probes(fields.nested("probes"), port),
        volumes=volumes,
        scratch=fields.quantity("scratch", "1Gi"),
        shared_memory=fields.optional_quantity("shared_memory"),
        placement=placed,
        power=power.read(fields.nested("resources"), _POWER),
        profile=fields.choice("security_profile", SecurityProfile.RESTRICTED),
        user=fields.integer("user", _USER, 1, 2**31 - 1, "0 is root, which the profile baseline allows"),
        replicas=reading.replicas(fields, claims),
        recreate=one_node or placed.gpus > 0,
        walls=reading.walls(fields),
        stop_seconds=pre_stop + grace,
        pre_stop_seconds=pre_stop,
        delete_data=fields.flag("delete_data", default=False),
    )
    if checked.image is None:
        fields.refuse("image", "an application needs an image", "it is what runs", "Name it, with its tag.")
    # No label holds a full stop, so that no namespace, and no other pair of the two, makes the same host.
    saving = backup.read(fields, application, f"{namespace}.{application}")
    if saving is not None and not backup_jobs.written(checked):
        fields.refuse_as(
            saving.secret,
            "backup",
            "it must not be given without a volume to which the application may write",
            "everything else goes with the pods, or is somebody else's",
            "Add a volume with size or claim and without read_only, or remove backup.",
        )
    errors.refuse(f"AiAppBackend {name!r}", fields.problems)
    return ApplicationSettings(checked, saving)


def _probes(fields: Fields, port: int) -> Probes:
    """Read how the application is asked whether it is well."""
    asked = fields.port("port", port)
    ready = fields.text("readiness_path", "/")
    start = reading.seconds(fields, "start_seconds", 120, "it bounds how long a deployment waits")
    return Probes(
        startup=Probe(ready, asked, _PROBE_SECONDS, max(start // _PROBE_SECONDS, 1)),
        readiness=Probe(ready, asked, period=5, failures=3),
        liveness=Probe(fields.text("liveness_path", "/"), asked, period=10, failures=6),
    )


def _volume(fields: Fields, application: str) -> Volume:
    given = [source for source in _SOURCES if fields.given(source) is not None]
    if len(given) != 1:
        fields.refuse_as(
            ", ".join(given) or None,
            "size",
            f"exactly one of {', '.join(_SOURCES)} has to be given",
            "it says where the volume comes from",
            "Give size for a volume that is made, or the name of what is there already.",
        )
    name = fields.label("name")
    claim = _claim(fields, name, application) if given == ["size"] else None
    return Volume(
        name=name,
        mount_path=fields.text("mount_path"),
        source=_source(fields, claim),
        read_only=fields.flag("read_only", default=False),
        claim=claim,
    )


def _claim(fields: Fields, name: str, application: str) -> Claim:
    return Claim(
        suffix=f"volume-{name}",
        name=f"{application}-{name}",
        size=fields.quantity("size"),
        storage_class=fields.given("storage_class"),
        access=fields.choice("access", AccessMode.ONE_NODE),
    )


def _source(fields: Fields, claim: Claim | None) -> Manifest:
    if fields.given("config_map") is not None:
        return {"configMap": {"name": fields.given("config_map")}}
    if fields.given("secret") is not None:
        return {"secret": {"secretName": fields.given("secret")}}
    return {"persistentVolumeClaim": {"claimName": fields.given("claim") if claim is None else claim.name}}


def _refuse_names(fields: Fields, volumes: list[Volume]) -> None:
    """Refuse two volumes of one name or at one path, which Kubernetes would refuse."""
    added = [own for by, own in _OWN.items() if by is None or fields.given(by) is not None]
    for what, way_out in _OTHERWISE.items():
        own = sorted(value for part in added for value in part[what])
        values = [getattr(volume, what) for volume in volumes]
        taken = sorted({value for value in values if (value.rstrip("/") or value) in own})
        if taken:
            fields.refuse_as(
                taken,
                "volumes",
                f"no {what} may be one of {', '.join(own)}",
                "a volume of the pods themselves, or of the backup's, has it",
                way_out,
            )
        twice = sorted({value for value in values if values.count(value) > 1})
        if twice:
            fields.refuse_as(
                twice,
                "volumes",
                f"each {what} has to be there once",
                "a pod's volumes are told apart by it",
                "Change or remove one of the two.",
            )
