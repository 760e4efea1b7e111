"""On which nodes a pod may run, and with which of their GPUs."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from campus_voice.shared.fields import Fields
from campus_voice.shared.manifests import Manifest
from campus_voice.shared.quantities import exact, whole

WHOLE_GPU = "nvidia.com/gpu"
"""Resource under which NVIDIA's device plugin counts whole GPUs."""

HOSTNAME = "kubernetes.io/hostname"

_MOST = 64
_MIG = re.compile(r"nvidia\.com/mig-(?:\d+c\.)?\d+g\.(\d+)gb([.+-].*)?")
_SHARED = re.compile(r".*\.shared")
_GIGABYTE = 10**9
_MEBIBYTE = 2**20


@dataclass(frozen=True)
class Placement:
    """On which nodes a pod may run, and with which of their GPUs."""

    gpus: int
    gpu_resource: str
    gpu_memory: str | None
    """Memory that each GPU has at least; None asks for nothing."""

    node_selector: Mapping[str, str]
    affinity: Mapping[str, Any]
    tolerations: Sequence[Manifest]
    runtime_class: str | None
    priority_class: str | None
    topology_key: str
    """Label of the nodes over whose values several pods are spread."""


def read(fields: Fields, *, gpus: int | None, needs: str | None) -> Placement:
    """Read where the pods may run.

    Args:
        fields: arguments with the names of `Placement`'s fields.
        gpus: how many where `gpus` is not given; None when it has to be.
        needs: memory that the application needs on a GPU, as far as it is known.
    """
    count = _count(fields, gpus)
    resource = fields.text("gpu_resource", WHOLE_GPU)
    memory = fields.quantity("gpu_memory") if fields.given("gpu_memory") is not None else None
    _check_memory(fields, count, resource, memory)
    if count:
        _check_part(fields, count, resource, memory or needs)
    return Placement(
        gpus=count,
        gpu_resource=resource,
        gpu_memory=memory,
        node_selector=fields.given("node_selector") or {},
        affinity=fields.given("affinity") or {},
        tolerations=_tolerations(fields, count, resource),
        runtime_class=fields.given("runtime_class"),
        priority_class=fields.given("priority_class"),
        topology_key=fields.text("topology_key", HOSTNAME),
    )


def render(placement: Placement, replicas: int, selector: Mapping[str, str]) -> Manifest:
    """Render the fields of a pod's spec that place it; `selector` finds the other pods of its kind."""
    spec: Manifest = {}
    if placement.node_selector:
        spec["nodeSelector"] = dict(placement.node_selector)
    if affinity := _affinity(placement):
        spec["affinity"] = affinity
    if placement.tolerations:
        spec["tolerations"] = [dict(toleration) for toleration in placement.tolerations]
    if placement.runtime_class is not None:
        spec["runtimeClassName"] = placement.runtime_class
    if placement.priority_class is not None:
        spec["priorityClassName"] = placement.priority_class
    if replicas > 1:
        spec["topologySpreadConstraints"] = [
            {
                "labelSelector": {"matchLabels": dict(selector)},
                "maxSkew": 1,
                "topologyKey": placement.topology_key,
                "whenUnsatisfiable": "ScheduleAnyway",
            }
        ]
    return spec


def devices(placement: Placement) -> Mapping[str, str]:
    """Name the devices that the container asks for: of each kind as many as it is limited to."""
    return {placement.gpu_resource: str(placement.gpus)} if placement.gpus else {}


def _count(fields: Fields, default: int | None) -> int:
    value = fields.given("gpus")
    if isinstance(value, float) and value != int(value):
        fields.refuse(
            "gpus",
            f"it has to be a whole number from 0 to {_MOST}",
            "Kubernetes hands out devices whole",
            "For a part of a GPU write 1, and name the kind of part in gpu_resource: a MIG profile such as "
            "nvidia.com/mig-1g.10gb, or nvidia.com/gpu.shared where GPUs are shared in turns.",
        )
        return 0
    return fields.integer("gpus", default, 0, _MOST, "no machine has more GPUs")


def _check_part(fields: Fields, gpus: int, resource: str, needs: str | None) -> None:
    """Refuse parts of GPUs that would not help, or not do."""
    profile = _MIG.fullmatch(resource)
    if gpus > 1 and (profile or _SHARED.fullmatch(resource)):
        fields.refuse(
            "gpus",
            f"it must not be above 1 of {resource}",
            "that is a part of a GPU, and a second part makes the first one neither faster nor larger",
            "Write 1, or name whole GPUs in gpu_resource.",
        )
    if profile and needs is not None and int(profile[1]) * _GIGABYTE < whole(needs):
        fields.refuse_as(
            resource,
            "gpu_resource",
            f"it has to be a MIG profile with at least {needs} of memory",
            f"the model does not fit into {profile[1]} GB: the pod would start, load and be out of memory",
            "Choose a larger profile such as nvidia.com/mig-1g.10gb or nvidia.com/mig-2g.20gb, or, if the "
            "model is smaller, say so in gpu_memory.",
        )


def _check_memory(fields: Fields, gpus: int, resource: str, memory: str | None) -> None:
    if memory is None:
        return
    if not gpus:
        fields.refuse(
            "gpu_memory",
            "it must not be given without GPUs",
            "a CPU has none",
            "Remove it, or set gpus to 1.",
        )
    if not resource.startswith("nvidia.com/"):
        fields.refuse(
            "gpu_memory",
            f"it must not be given beside gpu_resource {resource}",
            "only NVIDIA's feature discovery labels nodes with their GPUs' memory as a number",
            "Remove it, and choose the nodes by node_selector.",
        )


def _tolerations(fields: Fields, gpus: int, resource: str) -> Sequence[Manifest]:
    """Read the taints that the pods accept: by default the one that keeps others off the vendor's GPUs."""
    given = fields.given("tolerations")
    if given is not None:
        return [dict(toleration) for toleration in given]
    vendor = resource.split("/", maxsplit=1)[0]
    return [{"key": f"{vendor}/gpu", "operator": "Exists", "effect": "NoSchedule"}] if gpus else []


def _affinity(placement: Placement) -> Manifest:
    """Join the given affinity with the memory that a GPU needs.

    A node fits when one of its terms does, so the memory is added to each of them.
    """
    if placement.gpu_memory is None:
        return dict(placement.affinity)
    enough = {
        "key": _memory_label(placement.gpu_resource),
        "operator": "Gt",
        "values": [str(_mebibytes(placement.gpu_memory) - 1)],
    }
    by_node = placement.affinity.get("nodeAffinity", {})
    required = by_node.get("requiredDuringSchedulingIgnoredDuringExecution", {})
    terms = [
        {**term, "matchExpressions": [*term.get("matchExpressions", ()), enough]}
        for term in required.get("nodeSelectorTerms") or [{}]
    ]
    return {
        **placement.affinity,
        "nodeAffinity": {
            **by_node,
            "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms},
        },
    }


def _memory_label(resource: str) -> str:
    """Name the label under which NVIDIA's GPU feature discovery tells a GPU's memory in MiB.

    Where several MIG profiles are on one node, each has a label of its own
    (https://github.com/NVIDIA/k8s-device-plugin/blob/main/docs/gpu-feature-discovery/README.md).
    """
    return f"{resource}.memory" if _MIG.fullmatch(resource) else f"{WHOLE_GPU}.memory"


def _mebibytes(quantity: str) -> int:
    """Round up to whole MiB."""
    return int(-(-exact(quantity) // _MEBIBYTE))
