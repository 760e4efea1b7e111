"""The Kubernetes objects of a ContourGateway."""

from collections.abc import Sequence

from campus_voice.shared import labels
from campus_voice.shared.manifests import Manifest, Objects, Text, namespace

from . import (
    cert_manager,
    certificate_policy,
    certificates,
    control_plane,
    crds,
    edge,
    host_policy,
    service_policy,
    walls,
)
from .checks import GatewaySettings

NAMESPACE = "namespace"
ROUTES_NAMESPACE = "routes-namespace"


def objects(
    settings: GatewaySettings, ca_name: Text, definitions: bytes, release: Sequence[Manifest] = ()
) -> Objects:
    """Render everything of one gateway.

    Args:
        settings: the gateway's.
        ca_name: common name of its own certificate authority.
        definitions: the file of Contour's CustomResourceDefinitions.
        release: the objects of cert-manager, where the gateway brings it.
    """
    return {
        **namespaces(settings),
        **crds.objects(definitions),
        **cert_manager.objects(settings, release),
        **certificates.xds(settings),
        **certificates.campuses(settings, ca_name),
        **control_plane.objects(settings),
        **edge.objects(settings),
        **walls.objects(settings),
        **policies(settings),
    }


def policies(settings: GatewaySettings) -> Objects:
    """Render the admission policies and their bindings."""
    return {
        **host_policy.objects(settings),
        **certificate_policy.objects(settings),
        **service_policy.objects(settings),
    }


def namespaces(settings: GatewaySettings) -> Objects:
    """Render the gateway's two namespaces.

    Host ports are the one thing that the Pod Security levels below `privileged` forbid here, so the
    other findings of `restricted` are still warned about.
    """
    made = labels.common("campus-voice", "gateway")
    return {
        NAMESPACE: namespace(settings.namespace, made, enforce="privileged", warn="restricted"),
        ROUTES_NAMESPACE: namespace(settings.routes_namespace, made, enforce="restricted"),
    }
