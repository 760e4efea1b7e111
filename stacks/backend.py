"""The backend of one campus or several, in a namespace of its own."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as kubernetes
from campus_voice import CosyVoiceBackend, CosyVoiceBackendArgs, SpeechServer, backend_namespace
from pulumi_random import RandomPassword

from settings import BackendSettings, PlatformCampusSettings, backend_args

_KEY_CHARACTERS = 40
"""Letters and digits: 238 bits, which nobody guesses."""


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
    namespace: str,
    settings: BackendSettings,
    gateway: Gateway,
    cluster: kubernetes.Provider,
    *,
    shared: bool,
    keys: Mapping[str, pulumi.Output[str]],
) -> CosyVoiceBackend:
    """Make the backend and its `namespace`, which outlives the stack with the recordings in it.

    `keys` are those of the campuses whose teachers may enrol their voices, by the campus's id.
    """
    profile = settings.security_profile or settings.server.profile
    home = kubernetes.core.v1.Namespace(
        namespace,
        metadata=backend_namespace(namespace, profile)["metadata"],
        opts=pulumi.ResourceOptions(provider=cluster, retain_on_delete=True),
    )
    args: CosyVoiceBackendArgs = {
        **backend_args(settings),
        "namespace": namespace,
        "shared": shared and settings.server is SpeechServer.CAMPUS_VOICE,
        "enrolment_keys": dict(keys),
        "gateway_namespace": gateway.namespace,
        "gateway_selector": gateway.selector,
        "gateway_networks": list(gateway.node_networks),
    }
    return CosyVoiceBackend(namespace, args, pulumi.ResourceOptions(provider=cluster, depends_on=[home]))


def enrolment_keys(
    settings: BackendSettings, campuses: Iterable[PlatformCampusSettings]
) -> dict[str, pulumi.Output[str]]:
    """Make the key of each campus whose teachers may enrol their voices; a third party's server has none."""
    if settings.server is SpeechServer.THIRD_PARTY:
        return {}
    return {
        campus.id: RandomPassword(f"{campus.id}-enrolment-key", length=_KEY_CHARACTERS, special=False).result
        for campus in campuses
        if campus.voice_cloning
    }


def backend_outputs(backend: CosyVoiceBackend) -> dict[str, object]:
    """Describe the backend for whoever reads the stack's outputs."""
    return {
        "namespace": backend.namespace,
        "service": backend.service["name"],
        "port": backend.service["port"],
        "deployment": backend.deployment,
        "selector": backend.selector,
        "outputsClaim": backend.outputs_claim,
        "image": backend.image,
        "model": backend.model,
        "backup": backend.backup,
    }
