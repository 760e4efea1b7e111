"""Envoy in the network of its node, where a cluster's pods cannot take ports of their node."""

import random
from pathlib import Path

import pytest

from operations.smoke.proof import Listening, have_spoken
from operations.voice.connection import LOOPBACK
from tests.cluster.attacker import TIMED_OUT, Attacker
from tests.cluster.framework import Kubectl, StackUnderTest
from tests.cluster.school import School


@pytest.fixture
def in_the_nodes_network(dev: StackUnderTest, kubectl: Kubectl) -> StackUnderTest:
    """The `dev` stack with such an Envoy."""
    address = kubectl("get", "nodes", "-o", "jsonpath={.items[0].status.addresses[0].address}")
    dev.file.write_text(
        f"{dev.file.read_text()}"
        "  campus-voice:exposure: hostNetwork\n"
        f"  campus-voice:edge:\n    nodeNetworks: [{address}/32]\n"
    )
    dev.up()
    return dev


def test_every_campus_speaks_and_the_walls_stand(
    in_the_nodes_network: StackUnderTest, kubectl: Kubectl, attacker: Attacker, tmp_path: Path
) -> None:
    school = School(in_the_nodes_network, kubectl)
    pod = kubectl.live(school.gateway, "daemonset", "envoy")["spec"]["template"]["spec"]
    assert pod["hostNetwork"], "Envoy is in its node's network"
    listening = Listening(random.SystemRandom(), tmp_path, LOOPBACK, deadline=120)
    for name, host in school.hosts.items():
        have_spoken(name, school.outputs.campuses[name], school.authorities[host], listening)
    speech = ("-l", "app.kubernetes.io/name=cosyvoice", "-o", "jsonpath={.items[0].status.podIP}")
    found = kubectl("-n", school.backend, "get", "pods", *speech)
    told = attacker.fetch(found, 7860, "/gradio_api/info", **{"X-Campus-Id": "north"})
    assert TIMED_OUT in told, f"a pod of somebody else's is not taken for Envoy: {told}"
