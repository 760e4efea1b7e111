"""How Prometheus learns where a pod's metrics are."""

from collections.abc import Mapping


def annotations(port: int, path: str) -> Mapping[str, str]:
    """Make the annotations of a pod whose metrics are at `path` on `port`.

    They are a convention of the Prometheus chart's default configuration
    (https://github.com/prometheus-community/helm-charts/tree/main/charts/prometheus), not of Kubernetes.
    """
    return {
        "prometheus.io/path": path,
        "prometheus.io/port": str(port),
        "prometheus.io/scrape": "true",
    }
