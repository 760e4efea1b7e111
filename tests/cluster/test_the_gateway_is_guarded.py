"""What the API server itself refuses beside the gateway, and what it lets pass."""

import copy
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cluster.framework import Kubectl, StackUnderTest, run

OTHERS = "default"
"""A namespace of somebody else's in the same cluster."""

BACKEND = "voice"
ROUTES = "campus-routes"
HOSTS, CERTIFICATES, SERVICES = "campus-voice-hosts", "campus-voice-certificates", "campus-voice-services"


def proxy(**spec: Any) -> dict[str, Any]:
    """A route, a virtual host too when it has one."""
    services = [{"conditions": [{"prefix": "/"}], "services": [{"name": "page", "port": 80}]}]
    return {
        "apiVersion": "projectcontour.io/v1",
        "kind": "HTTPProxy",
        "spec": {"ingressClassName": "campus-voice", "routes": services, **spec},
    }


def ingress(**spec: Any) -> dict[str, Any]:
    """An Ingress for the host of a campus."""
    backend = {"service": {"name": "page", "port": {"number": 80}}}
    path = {"path": "/v1", "pathType": "Prefix", "backend": backend}
    rule = {"host": "north.voice.localhost", "http": {"paths": [path]}}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "spec": {"rules": [rule], **spec},
    }


def certificate(issuer: str, *names: str, kind: str = "ClusterIssuer", **spec: Any) -> dict[str, Any]:
    """A Certificate for some names by some issuer."""
    made = {"issuerRef": {"name": issuer, "kind": kind}, "secretName": "stolen-tls", **spec}
    if names:
        made["dnsNames"] = list(names)
    return {"apiVersion": "cert-manager.io/v1", "kind": "Certificate", "spec": made}


def request(issuer: str) -> dict[str, Any]:
    """A CertificateRequest, which names no host that the API server could read."""
    spec = {"issuerRef": {"name": issuer, "kind": "ClusterIssuer"}, "request": "bm90IGEgQ1NS"}
    return {"apiVersion": "cert-manager.io/v1", "kind": "CertificateRequest", "spec": spec}


def service(**spec: Any) -> dict[str, Any]:
    """A Service."""
    return {"apiVersion": "v1", "kind": "Service", "spec": spec}


HOST = {"virtualhost": {"fqdn": "north.voice.localhost"}}
ELSEWHERE = service(type="ExternalName", externalName="metadata.internal")
ORDINARY = service(selector={"app": "page"}, ports=[{"port": 80}])

REFUSED = {
    "a second virtual host of a campus": (OTHERS, proxy(**HOST), HOSTS),
    "a virtual host beside a backend": (BACKEND, proxy(**HOST), HOSTS),
    "a virtual host of the class in other letters": (
        OTHERS,
        proxy(**HOST, ingressClassName="Campus-Voice"),
        HOSTS,
    ),
    "an ingress of no class": (OTHERS, ingress(), HOSTS),
    "an ingress of the gateway's class": (BACKEND, ingress(ingressClassName="campus-voice"), HOSTS),
    "a certificate by the gateway's issuer": (
        OTHERS,
        certificate("campus-voice", "a.example.org"),
        CERTIFICATES,
    ),
    "a request to the gateway's issuer": (BACKEND, request("campus-voice"), CERTIFICATES),
    "a campus's name by another issuer": (
        OTHERS,
        certificate("theirs", "north.voice.localhost"),
        CERTIFICATES,
    ),
    "the whole domain": (OTHERS, certificate("own", "*.voice.localhost", kind="Issuer"), CERTIFICATES),
    "a campus's name in capitals": (OTHERS, certificate("own", "North.Voice.Localhost"), CERTIFICATES),
    "a campus's name as common name": (
        OTHERS,
        certificate("own", commonName="voice.localhost"),
        CERTIFICATES,
    ),
    "a campus's name as subject": (
        OTHERS,
        certificate("own", literalSubject="O=School, CN=north.voice.localhost"),
        CERTIFICATES,
    ),
    "a name for an address elsewhere": (BACKEND, ELSEWHERE, SERVICES),
}

ACCEPTED = {
    "a route that a virtual host may include": (BACKEND, proxy()),
    "a virtual host of another gateway": (OTHERS, proxy(**HOST, ingressClassName="intranet")),
    "an ingress of another class": (OTHERS, ingress(ingressClassName="nginx")),
    "a virtual host of the platform": (ROUTES, proxy(**HOST)),
    "a certificate of the platform": (ROUTES, certificate("campus-voice", "north.voice.localhost")),
    "somebody else's certificate": (OTHERS, certificate("theirs", "shop.example.org")),
    "a name that only ends alike": (OTHERS, certificate("theirs", "notvoice.localhost")),
    "a certificate by an issuer of the same name in its own namespace": (
        OTHERS,
        certificate("campus-voice", "shop.example.org", kind="Issuer"),
    ),
    "an ordinary service behind the gateway": (BACKEND, ORDINARY),
    "somebody else's name for an address elsewhere": (OTHERS, ELSEWHERE),
}


class ApiServer:
    """The API server, asked what it would say."""

    def __init__(self, environment: dict[str, str], folder: Path) -> None:
        self._environment, self._file = environment, folder / "attempt.yaml"

    def says(self, namespace: str, manifest: dict[str, Any]) -> str:
        """Its complaint about a new object; empty when there is none."""
        self._file.write_text(yaml.safe_dump({**manifest, "metadata": {"name": "attempt"}}))
        words = ("-n", namespace, "create", "--dry-run=server", "-f", self._file)
        done = run("kubectl", *words, environment=self._environment)
        return done.stderr if done.returncode else ""


@pytest.fixture
def api_server(deployed: StackUnderTest, environment: dict[str, str], tmp_path: Path) -> ApiServer:
    """The API server of the cluster on which the gateway runs."""
    assert deployed.name == "dev", "the names in the attempts are those of dev"
    return ApiServer(environment, tmp_path)


@pytest.mark.parametrize("attempt", REFUSED)
def test_nobody_beside_the_platform_speaks_for_a_campus(api_server: ApiServer, attempt: str) -> None:
    namespace, manifest, policy = REFUSED[attempt]
    told = api_server.says(namespace, manifest)
    assert f"ValidatingAdmissionPolicy '{policy}'" in told, f"{attempt} is refused for this reason: {told!r}"


@pytest.mark.parametrize("attempt", ACCEPTED)
def test_what_concerns_no_campus_is_nobodys_business(api_server: ApiServer, attempt: str) -> None:
    namespace, manifest = ACCEPTED[attempt]
    assert api_server.says(namespace, manifest) == "", f"{attempt} is harmless"


@pytest.mark.parametrize(("kind", "name"), [("deployment", "contour"), ("daemonset", "envoy")])
def test_but_for_its_host_ports_the_gateway_keeps_the_strictest_pod_security(
    api_server: ApiServer, kubectl: Kubectl, kind: str, name: str
) -> None:
    pod = copy.deepcopy(kubectl.live("projectcontour", kind, name)["spec"]["template"]["spec"])
    for field in ("serviceAccount", "serviceAccountName"):
        del pod[field]
    in_pod = {"apiVersion": "v1", "kind": "Pod", "spec": pod}
    if name == "envoy":
        assert "hostPort" in api_server.says(BACKEND, in_pod), (
            "the level is enforced, and is told from others"
        )
    for container in pod["containers"]:
        for port in container.get("ports", []):
            port.pop("hostPort", None)
    assert api_server.says(BACKEND, in_pod) == "", "host ports are the one reason for a privileged namespace"


def test_envoy_listens_for_the_world_and_for_the_metrics_only(
    deployed: StackUnderTest, kubectl: Kubectl
) -> None:
    assert deployed.name == "dev", "some campus is served, or Envoy would not listen for the world"
    find = ("-n", "projectcontour", "get", "pods", "-l", "app=envoy")
    pod = kubectl(*find, "-o", "jsonpath={.items[0].metadata.name}")
    proxy_to_pod = f"/api/v1/namespaces/projectcontour/pods/{pod}:8002/proxy"
    stats = kubectl("get", "--raw", f"{proxy_to_pod}/stats?filter=downstream_cx_total")
    ports = set(re.findall(r"^listener\.[\d._\[\]]+_(\d+)\.downstream_cx_total:", stats, re.MULTILINE))
    assert ports == {"8002", "8080", "8443"}, f"an admin port would tell everything about everybody: {ports}"
