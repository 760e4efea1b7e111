"""The Kubernetes objects of an Observability."""

from campus_voice.shared import labels
from campus_voice.shared.enums import ObservabilityMode
from campus_voice.shared.manifests import Objects, metadata, namespace

from . import dashboard
from .checks import ObservabilitySettings

NAMESPACE = "namespace"
DASHBOARD = "campuses-dashboard"

_DASHBOARD_LABEL = {"grafana_dashboard": "1"}
"""Grafana's sidecar loads each ConfigMap that carries it, from any namespace."""


def objects(settings: ObservabilitySettings) -> Objects:
    """Render the namespace and its dashboards; nothing when metrics are not collected.

    The namespace is usually there already, with a monitoring stack whose node exporter uses the host's
    network: enforcing a Pod Security level would keep that from starting again.
    """
    if settings.mode is ObservabilityMode.NONE:
        return {}
    made = labels.common("campus-voice", "observability")
    return {
        NAMESPACE: namespace(settings.namespace, made, warn="restricted"),
        DASHBOARD: {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": metadata(
                "campus-voice-campuses", {**made, **_DASHBOARD_LABEL}, namespace=settings.namespace
            ),
            "data": {f"{dashboard.UID}.json": dashboard.campuses()},
        },
    }


def dashboard_uids(settings: ObservabilitySettings) -> list[str]:
    """List the identifiers of the dashboards that are rendered."""
    return [] if settings.mode is ObservabilityMode.NONE else [dashboard.UID]
