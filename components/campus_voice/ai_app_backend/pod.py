"""The pods of an application."""

from collections.abc import Mapping

from campus_voice.shared.enums import SecurityProfile
from campus_voice.shared.manifests import (
    Manifest,
    environment,
    restricted_container,
    restricted_pod,
    root_container,
)

from . import placement, power
from .application import Application, Probe, Volume

SCRATCH = "tmp"
"""Volume of every pod, and its folder below `/`."""

SHARED_MEMORY = "shm"
"""Volume for shared memory, and its folder below `/dev`."""

_DEAD_SECONDS = 30
"""How long a container may take to end that its liveness probe gave up: nobody in it is waited for."""


def spec(application: Application, selector: Mapping[str, str]) -> Manifest:
    """Render a pod's spec."""
    made: Manifest = {
        "automountServiceAccountToken": False,
        "containers": [_container(application)],
        "enableServiceLinks": False,
        "securityContext": security(application),
        "serviceAccountName": application.name,
        "terminationGracePeriodSeconds": application.stop_seconds,
        "volumes": [
            *({"name": volume.name, **volume.source} for volume in application.volumes),
            {"name": SCRATCH, "emptyDir": {"sizeLimit": application.scratch}},
        ],
        **placement.render(application.placement, application.replicas, selector),
    }
    if application.shared_memory is not None:
        memory = {"medium": "Memory", "sizeLimit": application.shared_memory}
        made["volumes"].append({"name": SHARED_MEMORY, "emptyDir": memory})
    if application.pull_secrets:
        made["imagePullSecrets"] = [{"name": name} for name in application.pull_secrets]
    return made


def _container(application: Application) -> Manifest:
    devices = placement.devices(application.placement)
    resources = power.render(application.power)
    made: Manifest = {
        "image": application.image,
        "imagePullPolicy": "IfNotPresent",
        "livenessProbe": {
            **_probe(application.probes.liveness),
            "terminationGracePeriodSeconds": _DEAD_SECONDS,
        },
        "name": application.name,
        "ports": _ports(application),
        "readinessProbe": _probe(application.probes.readiness),
        "resources": {bound: {**amounts, **devices} for bound, amounts in resources.items()},
        "securityContext": container_security(application),
        "startupProbe": _probe(application.probes.startup),
        "volumeMounts": _mounts(application),
    }
    if application.environment:
        made["env"] = environment(application.environment)
    if application.command:
        made["command"] = list(application.command)
    if application.args:
        made["args"] = list(application.args)
    if application.working_dir is not None:
        made["workingDir"] = application.working_dir
    if application.pre_stop_seconds:
        made["lifecycle"] = {"preStop": {"sleep": {"seconds": application.pre_stop_seconds}}}
    return made


def security(application: Application) -> Manifest:
    """Make the security context of pods that share the application's volumes."""
    if application.profile is SecurityProfile.RESTRICTED:
        writes = any("persistentVolumeClaim" in volume.source for volume in application.volumes)
        return restricted_pod(application.user, fs_group=application.user if writes else None)
    return {"seccompProfile": {"type": "RuntimeDefault"}}


def container_security(application: Application) -> Manifest:
    """Make the security context of the containers in such pods."""
    restricted = application.profile is SecurityProfile.RESTRICTED
    return restricted_container() if restricted else root_container()


def mount(volume: Volume) -> Manifest:
    """Show a volume to a container."""
    made: Manifest = {"mountPath": volume.mount_path, "name": volume.name}
    return {**made, "readOnly": True} if volume.read_only else made


def _ports(application: Application) -> list[Manifest]:
    ports = {"http": application.port}
    if application.metrics_port not in {None, application.port}:
        ports["metrics"] = application.metrics_port
    return [{"containerPort": port, "name": name, "protocol": "TCP"} for name, port in ports.items()]


def _mounts(application: Application) -> list[Manifest]:
    mounts = [mount(volume) for volume in application.volumes]
    mounts.append({"mountPath": f"/{SCRATCH}", "name": SCRATCH})
    if application.shared_memory is not None:
        mounts.append({"mountPath": f"/dev/{SHARED_MEMORY}", "name": SHARED_MEMORY})
    return mounts


def _probe(probe: Probe) -> Manifest:
    return {
        "failureThreshold": probe.failures,
        "httpGet": {"path": probe.path, "port": probe.port},
        "periodSeconds": probe.period,
        "timeoutSeconds": probe.timeout,
    }
