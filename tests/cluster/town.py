"""Campuses with rules of their own beside those of the `dev` stack."""

import re
from dataclasses import dataclass

from campus_voice import TenantRouteArgs, TlsVersion

from tests.cluster.framework import Kubectl
from tests.cluster.neighbours import (
    MIRROR,
    MIRROR_PAGE,
    MIRROR_PORT,
    Browser,
    Manifest,
    Neighbours,
    mirror,
)
from tests.cluster.poller import PAGE

UPLOAD = "/gradio_api/upload"


@dataclass(frozen=True)
class Town:
    """The campuses under test."""

    kubectl: Kubectl
    gateway: str
    """Namespace of Envoy."""

    backend: str
    """Namespace of the speech server and the mirror."""

    north: Browser
    """Of the `dev` stack: the shared speech server, every default."""

    bounded: Browser
    """The same server; five requests a second, TLS 1.3 only, HSTS."""

    cloning: Browser
    """The same server; recordings may be imitated."""

    careless: Browser
    """The same server; recordings may not be imitated, but the gateway forgets to refuse them."""

    pair: Browser
    """Two pods of the mirror."""

    def envoy(self, statistic: str) -> float:
        """One of Envoy's own numbers."""
        told = self._read(self.gateway, "app=envoy", f"8002/proxy/stats?filter=^{re.escape(statistic)}$")
        return float(told.rpartition(": ")[2])

    def memory(self) -> dict[str, float]:
        """Bytes that Envoy and the speech server hold."""
        told = self._read(self.backend, "app.kubernetes.io/name=cosyvoice", "9464/proxy/metrics")
        server = re.search(r"^process_resident_memory_bytes (\S+)$", told, re.MULTILINE)
        assert server, "the speech server tells how much memory it has"
        return {"Envoy": self.envoy("server.memory_allocated"), "the speech server": float(server[1])}

    def restarts(self) -> str:
        """How often each container of the cluster was started again."""
        restarts = "{.metadata.name} {.status.containerStatuses[*].restartCount};"
        return self.kubectl("get", "pods", "-A", "-o", f"jsonpath={{range .items[*]}}{restarts}{{end}}")

    def _read(self, namespace: str, label: str, page: str) -> str:
        """A page of the one pod with this label; `page` begins with the port."""
        pod = self.kubectl("-n", namespace, "get", "pods", "-l", label, "-o", "name").strip()
        return self.kubectl(
            "get", "--raw", f"/api/v1/namespaces/{namespace}/pods/{pod.removeprefix('pod/')}:{page}"
        )


def build(neighbours: Neighbours, kubectl: Kubectl) -> Town:
    """Put the campuses beside those of the stack, and wait until each answers."""
    gateway, speech = neighbours.outputs.gateway, neighbours.of_the_school("cloning")
    namespace = speech["backend_namespace"]
    bounded: TenantRouteArgs = {
        **speech,
        "campus": "bounded",
        "hsts_seconds": 60,
        "limits": {"requests_per_second": 5, "burst": 5},
        "minimum_tls_version": TlsVersion.V1_3,
    }
    pair: TenantRouteArgs = {
        **speech,
        "campus": "pair",
        "backend_port": MIRROR_PORT,
        "backend_replicas": 2,
        "backend_selector": {"app": MIRROR},
        "voice_cloning": False,
    }
    neighbours.apply(
        *mirror(namespace, replicas=2),
        *neighbours.campus(speech),
        *neighbours.campus(bounded),
        *neighbours.campus(pair),
        *map(
            _without_the_refusal, neighbours.campus({**speech, "campus": "careless", "voice_cloning": False})
        ),
    )
    kubectl("-n", namespace, "rollout", "status", f"deployment/{MIRROR}", "--timeout=120s")
    return Town(
        kubectl,
        gateway.namespace,
        namespace,
        north=neighbours.served("north", PAGE),
        bounded=neighbours.served("bounded", PAGE),
        cloning=neighbours.served("cloning", PAGE),
        careless=neighbours.served("careless", PAGE),
        pair=neighbours.served("pair", MIRROR_PAGE),
    )


def _without_the_refusal(made: Manifest) -> Manifest:
    routes = made["spec"].get("routes")
    if routes is None:
        return made
    passing = [route for route in routes if route["conditions"] != [{"prefix": UPLOAD}]]
    assert len(passing) == len(routes) - 1, "the refusal is one route"
    return {**made, "spec": {**made["spec"], "routes": passing}}
