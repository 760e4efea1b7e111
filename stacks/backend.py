"""The backend of one campus or several, in a namespace of its own."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as kubernetes
from campus_voice import CosyVoiceBackend, CosyVoiceBackendArgs, backend_namespace

from settings import BackendSettings

from .backup import backup_args


@dataclass(frozen=True)
class Gateway:
    """The gateway that a backend is behind, made in this stack or read from another."""

    namespace: pulumi.Input[str]
    """Namespace of its Envoy."""

    selector: pulumi.Input[dict[str, str]]
    """Labels of its Envoy pods."""

    node_networks: Sequence[str]
    """Networks from which it connects where it runs in the network of its nodes."""


def deploy_backend(
    namespace: str, settings: BackendSettings, gateway: Gateway, cluster: kubernetes.Provider, *, shared: bool
) -> CosyVoiceBackend:
    """Make the backend and its `namespace`, which outlives the stack with the recordings in it."""
    home = kubernetes.core.v1.Namespace(
        namespace,
        metadata=backend_namespace(namespace)["metadata"],
        opts=pulumi.ResourceOptions(provider=cluster, retain_on_delete=True),
    )
    args: CosyVoiceBackendArgs = {
        "namespace": namespace,
        "gpus": settings.gpus,
        "storage": settings.storage,
        "shared": shared,
        "node_selector": settings.node_selector,
        "longest_request_seconds": settings.longest_request_seconds,
        "gateway_namespace": gateway.namespace,
        "gateway_selector": gateway.selector,
        "gateway_networks": list(gateway.node_networks),
    }
    if settings.image is not None:
        args["image"] = settings.image
    if settings.model is not None:
        args["model"] = {"claim": settings.model.claim}
    if settings.runtime_class is not None:
        args["runtime_class"] = settings.runtime_class
    if settings.gpu_resource is not None:
        args["gpu_resource"] = settings.gpu_resource
    if settings.storage_class is not None:
        args["storage_class"] = settings.storage_class
    if settings.backup is not None:
        args["backup"] = backup_args(settings.backup)
    return CosyVoiceBackend(namespace, args, pulumi.ResourceOptions(provider=cluster, depends_on=[home]))


def backend_outputs(backend: CosyVoiceBackend) -> dict[str, object]:
    """Describe the backend for whoever reads the stack's outputs."""
    return {
        "namespace": backend.namespace,
        "service": backend.service["name"],
        "port": backend.service["port"],
        "deployment": backend.deployment,
        "selector": backend.selector,
        "outputsClaim": backend.outputs_claim,
        "backup": backend.backup,
    }
