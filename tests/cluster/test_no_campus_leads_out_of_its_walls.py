"""A tenant whose own campus is to lead Envoy, which passes every wall, to a server that is not the tenant's.

Two locks stand in the way: the admission policy of Services, and what Contour is told of them (CVE-2021-32783).
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import yaml
from campus_voice import TenantRouteArgs, backend_namespace

from operations.outputs import parse_outputs
from tests.cluster.attacker import PATH, POD, Attacker, unguarded
from tests.cluster.framework import Kubectl, StackUnderTest, wait_until
from tests.cluster.neighbours import Browser, Neighbours

POLICY = "campus-voice-services"
CONTOUR = "deployment/contour"
PRIZE_PATH, PRIZE = "/gradio_api/info", "generate_audio"
"""What only the school's speech server answers."""


@pytest.fixture
def campus(
    deployed: StackUnderTest, kubectl: Kubectl, attacker: Attacker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Browser]:
    """The tenant's own campus, which leads to the tenant's own pod."""
    outputs = parse_outputs(deployed.name, deployed.outputs())
    labels = backend_namespace(attacker.namespace)["metadata"]["labels"]
    kubectl("label", "namespace", attacker.namespace, *(f"{key}={value}" for key, value in labels.items()))
    with Neighbours(kubectl, outputs, tmp_path_factory.mktemp("campus")) as neighbours:
        args: TenantRouteArgs = {
            **neighbours.of_the_school("rival"),
            "ingress_class": outputs.gateway.ingress_class,
            "backend_namespace": attacker.namespace,
            "backend_selector": {"app": POD},
            "voice_cloning": False,
        }
        neighbours.apply(*neighbours.campus(args))
        yield neighbours.served("rival", PATH)


@contextmanager
def contour_trusting(kubectl: Kubectl, namespace: str) -> Iterator[None]:
    """Contour while it takes Services that are names for addresses elsewhere."""
    before = kubectl.live(namespace, "configmap", "contour")["data"]["contour.yaml"]
    trusting = yaml.safe_dump({**yaml.safe_load(before), "enableExternalNameService": True})
    _configure(kubectl, namespace, trusting)
    try:
        yield
    finally:
        _configure(kubectl, namespace, before)


def _configure(kubectl: Kubectl, namespace: str, config: str) -> None:
    kubectl.edit(namespace, "configmap", "contour", "/data/contour.yaml", config)
    kubectl("-n", namespace, "rollout", "restart", CONTOUR)
    kubectl("-n", namespace, "rollout", "status", CONTOUR, "--timeout=120s")


def test_a_service_is_no_way_through_the_wall(
    deployed: StackUnderTest, kubectl: Kubectl, attacker: Attacker, campus: Browser
) -> None:
    outputs = parse_outputs(deployed.name, deployed.outputs())
    ((namespace, backend),) = outputs.backends.items()
    elsewhere = {"type": "ExternalName", "externalName": f"{backend.service}.{namespace}.svc.cluster.local"}
    attempt = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "elsewhere"}, "spec": elsewhere}
    astray = json.dumps({"spec": {**elsewhere, "selector": None, "clusterIP": None, "clusterIPs": None}})

    def lead_astray() -> str:
        return attacker.kubectl("patch", "service", "rival-ui", "--type=merge", f"--patch={astray}").stderr

    assert POLICY in lead_astray(), "the admission policy refuses it by its name"
    with unguarded(kubectl, attacker, POLICY, attempt):
        assert lead_astray() == "", "only the policy was in the way"
        wait_until(
            lambda: (
                "ExternalName service"
                in json.dumps(kubectl.live(attacker.namespace, "httpproxy", "rival")["status"])
            ),
            deadline=120,
            what="Contour, the second lock, names what it does not take",
        )
        assert PRIZE not in campus.ask(PRIZE_PATH).body, "and leads nobody there"
        with contour_trusting(kubectl, outputs.gateway.namespace):
            wait_until(
                lambda: PRIZE in campus.ask(PRIZE_PATH).body,
                deadline=120,
                what="without both locks the tenant's campus reads the school's speech server",
            )
