"""Several pods behind one campus: who is served by which, and which of them is left out."""

from campus_voice.shared.fields import Fields
from campus_voice.shared.manifests import Manifest

_MOST = 100

_PATH = "/robots.txt"
_INTERVAL_SECONDS = 5
_TIMEOUT_SECONDS = 6
_FAILURES = 2

LEFT_OUT_SECONDS = _FAILURES * (_INTERVAL_SECONDS + _TIMEOUT_SECONDS)
"""When a pod that stopped answering gets no more requests, at the latest."""


def read_replicas(fields: Fields) -> int:
    """Read the argument `backend_replicas`."""
    return fields.integer(
        "backend_replicas", 1, 1, _MOST, "sessions and health checks depend on whether there is another pod"
    )


def of_pages(replicas: int) -> Manifest:
    """Render how the pages' requests are shared out among `replicas` pods.

    A session lives in one process, so each browser stays with one pod, by a cookie of Envoy's.
    """
    return {**of_api(replicas), "loadBalancerPolicy": {"strategy": "Cookie"}} if replicas > 1 else {}


def of_api(replicas: int) -> Manifest:
    """Render how the API's requests are shared out among `replicas` pods: to the least busy one.

    A lone pod is not checked: leaving it out would turn its slow answers into errors, and Kubernetes
    already asks it whether it is ready. One checked pod costs each Envoy two small requests in five seconds
    for each campus. Any answer counts but a server's failure, also the refusal of a request without a
    campus; a pod that speaks may be slow to answer, hence the long timeout.

    Envoy checks a cluster that nobody has asked yet once a minute, and only its next check is sooner
    (https://www.envoyproxy.io/docs/envoy/v1.38.0/api-v3/config/core/v3/health_check.proto,
    `no_traffic_interval`): in the minute after a campus's first request a stopped pod may stay that much
    longer.
    """
    if replicas == 1:
        return {}
    return {
        "healthCheckPolicy": {
            "expectedStatuses": [{"end": 500, "start": 200}],
            "healthyThresholdCount": 1,
            "intervalSeconds": _INTERVAL_SECONDS,
            "path": _PATH,
            "timeoutSeconds": _TIMEOUT_SECONDS,
            "unhealthyThresholdCount": _FAILURES,
        },
        "loadBalancerPolicy": {"strategy": "WeightedLeastRequest"},
    }
