"""The product finds in the sandbox what it finds in any cluster."""

import socket
from collections.abc import Mapping
from typing import Any

import pytest

from campus_sandbox.node.network import NODE_ADDRESS
from campus_sandbox.node.waiting import wait_until

from .sandbox import Sandbox

PAGE = "a page from a volume"
# Enough for an answer on a busy machine, short enough to wait for one that must not come.
PATIENCE_SECONDS = 3


def pod(sandbox: Sandbox, name: str, **spec: Any) -> Mapping[str, Any]:
    container = {
        "name": "main",
        "image": sandbox.busybox,
        "command": ["sh", "-c", f"echo '{PAGE}' > /page/index.html; exec busybox httpd -f -p 8080 -h /page"],
        "volumeMounts": [{"name": "page", "mountPath": "/page"}],
        **spec.pop("container", {}),
    }
    volumes = spec.pop("volumes", [{"name": "page", "emptyDir": {}}])
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": {"app": name}},
        "spec": {"terminationGracePeriodSeconds": 0, "containers": [container], "volumes": volumes, **spec},
    }


@pytest.fixture(scope="module")
def pods(sandbox: Sandbox) -> Sandbox:
    """A page behind a Service, on a volume and on port 80 of the machine; two others ask for it."""
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "page"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Mi"}}},
    }
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "page"},
        "spec": {"selector": {"app": "page"}, "ports": [{"port": 80, "targetPort": "web"}]},
    }
    page = pod(
        sandbox,
        "page",
        container={"ports": [{"name": "web", "containerPort": 8080, "hostPort": 80}]},
        volumes=[{"name": "page", "persistentVolumeClaim": {"claimName": "page"}}],
    )
    sandbox.apply(claim, service, page, pod(sandbox, "friend"), pod(sandbox, "stranger"))
    sandbox.wait_ready("page", "friend", "stranger")
    return sandbox


def asks(sandbox: Sandbox, caller: str, address: str, port: int) -> bool:
    """Whether the pod `caller` gets the page from there."""
    request = f"printf 'GET / HTTP/1.0\\r\\n\\r\\n' | busybox nc -w {PATIENCE_SECONDS} {address} {port}"
    return PAGE in sandbox.shell(caller, request).stdout


def service_address(sandbox: Sandbox) -> str:
    return str(sandbox.get("service", "page")["spec"]["clusterIP"])


def test_a_claim_gets_a_volume_in_the_sandboxs_state(pods: Sandbox) -> None:
    claim = pods.get("pvc", "page")
    assert claim["status"]["phase"] == "Bound", "a claim that names no storage class gets the default one"
    files = [file.read_text().strip() for file in pods.paths.volumes.glob("*/index.html")]
    assert files == [PAGE], "what a pod writes to its volume is in the sandbox's state folder"


def test_a_service_is_found_by_its_name(pods: Sandbox) -> None:
    found = pods.shell("friend", "busybox nslookup page.default.svc.cluster.local")
    assert service_address(pods) in found.stdout, f"cluster DNS does not know the Service: {found.stdout}"


def test_a_service_leads_to_its_pod(pods: Sandbox) -> None:
    assert asks(pods, "friend", service_address(pods), 80), "a Service passes connections on to its pod"


def test_a_host_port_answers_on_the_machines_loopback(pods: Sandbox) -> None:
    with socket.create_connection(("127.0.0.1", 80), timeout=10) as connection:
        connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
        connection.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: connection.recv(4096), b""))
    assert PAGE.encode() in answer, "port 80 of 127.0.0.1 leads to the pod that has it as its host port"


def test_a_name_below_localhost_leads_a_pod_to_the_nodes_ports(pods: Sandbox) -> None:
    found = pods.shell("friend", "busybox nslookup north.voice.localhost")
    assert NODE_ADDRESS in found.stdout, f"DNS leads where the machine's 127.0.0.1 does: {found.stdout}"
    assert asks(pods, "friend", NODE_ADDRESS, 80), "a pod gets what a browser on the machine does"


def test_a_network_policy_lets_in_whom_it_names_and_nobody_else(pods: Sandbox) -> None:
    address = service_address(pods)
    assert asks(pods, "stranger", address, 80), "without a policy every pod may ask"
    pods.apply(
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": {"name": "page"},
            "spec": {
                "podSelector": {"matchLabels": {"app": "page"}},
                "policyTypes": ["Ingress"],
                "ingress": [
                    {
                        "from": [{"podSelector": {"matchLabels": {"app": "friend"}}}],
                        "ports": [{"port": "web"}],
                    }
                ],
            },
        }
    )
    assert wait_until(lambda: not asks(pods, "stranger", address, 80), 20), (
        "the policy does not keep others out"
    )
    assert asks(pods, "friend", address, 80), "the policy lets in whom it names"
    pods.kubectl("delete", "networkpolicy", "page")
    assert wait_until(lambda: asks(pods, "stranger", address, 80), 20), "without the policy all may ask again"


def test_a_validating_admission_policy_refuses_what_it_forbids(sandbox: Sandbox) -> None:
    api = "admissionregistration.k8s.io/v1"
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["configmaps"]}
    sandbox.apply(
        {
            "apiVersion": api,
            "kind": "ValidatingAdmissionPolicy",
            "metadata": {"name": "no-secrets-in-the-open"},
            "spec": {
                "matchConstraints": {"resourceRules": [rule]},
                "validations": [{"expression": "!object.metadata.name.startsWith('password')"}],
            },
        },
        {
            "apiVersion": api,
            "kind": "ValidatingAdmissionPolicyBinding",
            "metadata": {"name": "no-secrets-in-the-open"},
            "spec": {"policyName": "no-secrets-in-the-open", "validationActions": ["Deny"]},
        },
    )

    def refused() -> bool:
        map_ = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "password"}}
        return "no-secrets-in-the-open" in sandbox.try_apply(map_, flags=["--dry-run=server"]).stderr

    assert wait_until(refused, 20), "the API server does not hold to its admission policies"


def test_a_restricted_namespace_refuses_a_pod_that_may_become_root(sandbox: Sandbox) -> None:
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    sandbox.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "strict", "labels": labels}})
    careless = {**pod(sandbox, "careless"), "metadata": {"name": "careless", "namespace": "strict"}}
    done = sandbox.try_apply(careless, flags=["--dry-run=server"])
    assert "violates PodSecurity" in done.stderr, f"Pod Security lets it in: {done.stdout}{done.stderr}"


def test_a_certificate_is_issued(sandbox: Sandbox) -> None:
    sandbox.apply(
        {
            "apiVersion": "cert-manager.io/v1",
            "kind": "Issuer",
            "metadata": {"name": "own", "namespace": "default"},
            "spec": {"selfSigned": {}},
        },
        {
            "apiVersion": "cert-manager.io/v1",
            "kind": "Certificate",
            "metadata": {"name": "north", "namespace": "default"},
            "spec": {"secretName": "north-tls", "dnsNames": ["north.example"], "issuerRef": {"name": "own"}},
        },
    )
    done = sandbox.kubectl("wait", "--for=condition=Ready", "--timeout=60s", "certificate/north")
    assert done.returncode == 0, (
        f"cert-manager does not issue: {sandbox.kubectl('describe', 'certificates').stdout}"
    )


def test_nothing_in_the_node_has_a_way_out_of_the_machine(sandbox: Sandbox) -> None:
    routes = sandbox.inside("ip", "route")
    assert "default" not in routes, f"pods could leave the machine by {routes}"
