"""Looking at every part of a stack."""

from collections.abc import Mapping
from datetime import datetime

from operations import rollouts
from operations.backups import last_run
from operations.cluster import Cluster
from operations.guards import findings, policies
from operations.outputs import Backend, Campus, Gateway, StackOutputs
from operations.status.rows import (
    Row,
    backup_row,
    certificate_row,
    claim_row,
    failure_row,
    finding_row,
    guard_row,
    no_guard_row,
    no_pod_row,
    pod_row,
    proxy_row,
)


def inspect(outputs: StackOutputs, cluster: Cluster, now: datetime) -> list[Row]:
    """Every part of the stack, from the campuses inwards."""
    gateway = outputs.gateway
    return [
        *_campuses(outputs, cluster),
        *_certificates(outputs, cluster, now),
        *_guards(gateway, cluster),
        *_pods("envoy", gateway.namespace, gateway.envoy_selector, cluster),
        *_pods("contour", gateway.namespace, gateway.contour_selector, cluster),
        *(row for backend in outputs.backends.values() for row in _backend(backend, cluster, now)),
    ]


def _campuses(outputs: StackOutputs, cluster: Cluster) -> list[Row]:
    """The root and, where the speech server is this stack's, the child HTTPProxy of every campus."""
    rows: list[Row] = []
    for name, campus in outputs.campuses.items():
        for namespace in _proxy_namespaces(campus, outputs.gateway):
            proxies = {proxy.name: proxy for proxy in cluster.proxies(namespace)}
            own_stack = campus.backend is None
            rows.append(proxy_row(campus.url, namespace, name, proxies, own_stack=own_stack))
    return rows


def _proxy_namespaces(campus: Campus, gateway: Gateway) -> list[str]:
    return [gateway.routes_namespace] + ([campus.backend] if campus.backend else [])


def _certificates(outputs: StackOutputs, cluster: Cluster, now: datetime) -> list[Row]:
    """The certificates of the gateway and of every campus."""
    namespaces = sorted({outputs.gateway.namespace, *(tls.namespace for tls in outputs.tls.values())})
    return [
        certificate_row(namespace, certificate, now)
        for namespace in namespaces
        for certificate in cluster.certificates(namespace)
    ]


def _guards(gateway: Gateway, cluster: Cluster) -> list[Row]:
    """The admission policies, or what they would refuse and was there before them."""
    rows: list[Row] = []
    for policy in policies(cluster, gateway.ingress_class):
        found = [finding_row(finding) for finding in findings(cluster, policy)]
        rows += found or [guard_row(policy["metadata"]["name"])]
    return rows or [no_guard_row(gateway.ingress_class)]


def _pods(part: str, namespace: str, selector: Mapping[str, str], cluster: Cluster) -> list[Row]:
    return [pod_row(part, pod) for pod in cluster.pods(namespace, selector)] or [no_pod_row(part, namespace)]


def _backend(backend: Backend, cluster: Cluster, now: datetime) -> list[Row]:
    """The pods of a speech server, the volume it writes to, and its last backup."""
    part = f"server {backend.namespace}"
    pods = [pod_row(part, pod) for pod in cluster.pods(backend.namespace, backend.selector)]
    claim = cluster.claim(backend.namespace, backend.outputs_claim)
    return [
        *(failure_row(part, found) for found in rollouts.failures(backend, cluster)),
        *(
            pods
            or [no_pod_row(part, backend.namespace, cluster.replicas(backend.namespace, backend.deployment))]
        ),
        claim_row(part, backend.namespace, backend.outputs_claim, claim),
        *_backups(part, backend, cluster, now),
    ]


def _backups(part: str, backend: Backend, cluster: Cluster, now: datetime) -> list[Row]:
    """The last backup of a speech server that has one."""
    if backend.backup is None:
        return []
    run = last_run(cluster, backend.namespace, backend.backup)
    return [backup_row(part, backend.namespace, backend.backup, run, now)]
