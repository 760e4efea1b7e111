"""What a CosyVoiceBackend accepts, and its settings with every default filled in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from campus_voice.shared import errors, versions
from campus_voice.shared.enums import Engine
from campus_voice.shared.fields import Fields
from campus_voice.shared.manifests import Labels, Manifest, Text

if TYPE_CHECKING:
    from .args import CosyVoiceBackendArgs

_GPU_RESOURCE = "nvidia.com/gpu"
_GPU_TOLERATIONS = ({"key": _GPU_RESOURCE, "operator": "Exists", "effect": "NoSchedule"},)


@dataclass(frozen=True)
class Power:
    """Computing power of one speech pod; None is no bound."""

    cpu_request: str
    cpu_limit: str | None
    memory_request: str
    memory_limit: str


_CPU_POWER = Power(cpu_request="100m", cpu_limit=None, memory_request="1Gi", memory_limit="2Gi")
_GPU_POWER = Power(cpu_request="2", cpu_limit="4", memory_request="8Gi", memory_limit="16Gi")


@dataclass(frozen=True)
class BackendSettings:
    """A CosyVoiceBackend's arguments, checked."""

    namespace: str
    gpus: int
    gpu_resource: str
    storage: str
    storage_class: str | None
    image: Text
    engine: Engine
    model_claim: str | None
    replicas: int
    shared: bool
    node_selector: Mapping[str, str]
    tolerations: Sequence[Manifest]
    runtime_class: str | None
    power: Power
    gateway_namespace: Text
    gateway_selector: Labels
    gateway_networks: Sequence[str]
    monitoring_namespace: str
    longest_request_seconds: int
    scrape_annotations: bool


def settings(name: str, args: "CosyVoiceBackendArgs") -> BackendSettings:
    """Check the arguments of the CosyVoiceBackend `name`.

    Raises:
        InvalidSettingsError: some cannot work; all of them are named.
    """
    fields = Fields(args)
    gpus = fields.integer("gpus", None, 0, 64, "no machine has more GPUs")
    engine = fields.choice("engine", Engine.COSYVOICE if gpus else Engine.KOKORO)
    checked = BackendSettings(
        namespace=fields.label("namespace"),
        gpus=gpus,
        gpu_resource=fields.text("gpu_resource", _GPU_RESOURCE),
        storage=fields.quantity("storage"),
        storage_class=args.get("storage_class"),
        image=args.get("image") or versions.cpu_speech_image(),
        engine=engine,
        model_claim=fields.nested("model").given("claim"),
        replicas=fields.integer(
            "replicas", 1, 0, 1, "the volume belongs to one node and a page's session to one pod"
        ),
        shared=fields.flag("shared", default=False),
        node_selector=args.get("node_selector", {}),
        tolerations=_tolerations(args, gpus),
        runtime_class=args.get("runtime_class"),
        power=_power(fields.nested("resources"), _GPU_POWER if gpus else _CPU_POWER),
        gateway_namespace=args.get("gateway_namespace"),
        gateway_selector=args.get("gateway_selector"),
        gateway_networks=fields.networks("gateway_networks"),
        monitoring_namespace=fields.label("monitoring_namespace", "monitoring"),
        longest_request_seconds=fields.integer(
            "longest_request_seconds", 600, 1, 86400, "it bounds how long a stop waits"
        ),
        scrape_annotations=fields.flag("scrape_annotations", default=True),
    )
    _check_combinations(fields, checked)
    errors.refuse(f"CosyVoiceBackend {name!r}", fields.problems)
    return checked


def _check_combinations(fields: Fields, checked: BackendSettings) -> None:
    if checked.gpus and fields.given("image") is None:
        fields.refuse(
            "image",
            "a backend with GPUs needs an image",
            "the default image speaks on a CPU only",
            "Name an image of the speech server that was built for CUDA, or set gpus to 0.",
        )
    if checked.engine is Engine.COSYVOICE and checked.model_claim is None:
        fields.refuse(
            "model",
            "the engine cosyvoice needs a model",
            "no image contains its several gigabytes",
            "Name the claim of a volume that holds the model, or choose the engine kokoro.",
        )
    if checked.engine is Engine.COSYVOICE and not checked.gpus:
        fields.refuse(
            "engine",
            "cosyvoice needs at least one GPU",
            "on a CPU a sentence takes minutes",
            "Set gpus to 1 or more, or choose the engine kokoro.",
        )
    for name, output in (("gateway_namespace", "namespace"), ("gateway_selector", "envoy_selector")):
        if not fields.given(name):
            fields.refuse(
                name,
                "the gateway's Envoy has to be named",
                "nothing else may connect to the speech server",
                f"Pass the gateway's output {output!r}.",
            )


def _tolerations(args: "CosyVoiceBackendArgs", gpus: int) -> Sequence[Manifest]:
    given = args.get("tolerations")
    if given is not None:
        return [dict(toleration) for toleration in given]
    return [dict(toleration) for toleration in _GPU_TOLERATIONS] if gpus else []


def _power(fields: Fields, default: Power) -> Power:
    return Power(
        cpu_request=fields.quantity("cpu_request", default.cpu_request),
        cpu_limit=_optional_quantity(fields, "cpu_limit", default.cpu_limit),
        memory_request=fields.quantity("memory_request", default.memory_request),
        memory_limit=fields.quantity("memory_limit", default.memory_limit),
    )


def _optional_quantity(fields: Fields, name: str, default: str | None) -> str | None:
    if fields.given(name) is None and default is None:
        return None
    return fields.quantity(name, default)
