"""Where Envoy takes no port of its node, the next one serves before the last one stops."""

import base64
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from operations.voice.connection import client
from tests.cluster.framework import Kubectl, StackUnderTest, wait_until
from tests.cluster.network import enter_network_of
from tests.cluster.poller import PAGE

HOME = "projectcontour"
ROUTES = "campus-routes"
CAMPUSES = ("north", "south")
PORT = 30443
PAUSE_SECONDS = 0.1


@dataclass
class Pupils:
    """Who asks every campus all the time, over new connections and kept ones; each thread adds to its own."""

    good: dict[str, int] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    def go_on(self) -> None:
        """Waits until each has got ten more good answers."""
        before = dict(self.good)
        wait_until(
            lambda: all(self.good[name] >= count + 10 for name, count in before.items()),
            deadline=120,
            what=f"every pupil is answered again and again: {self.good}, {self.failures[:5]}",
        )


@pytest.fixture
def without_host_ports(dev: StackUnderTest) -> StackUnderTest:
    """The `dev` stack behind ports of the node's that its own rules lead to Envoy."""
    dev.file.write_text(f"{dev.file.read_text()}  campus-voice:exposure: nodePort\n")
    dev.up()
    return dev


@contextmanager
def pupils(kubectl: Kubectl, environment: dict[str, str]) -> Iterator[Pupils]:
    """Ask from inside the node's network, the only one in which the node has an address."""
    node = int((Path(environment["XDG_STATE_HOME"]) / "campus-voice/node/pid").read_text())
    address = kubectl("get", "nodes", "-o", "jsonpath={.items[0].status.addresses[0].address}")
    asked = {f"{campus}, {how}": (campus, how == "kept") for campus in CAMPUSES for how in ("new", "kept")}
    told = Pupils(good=dict.fromkeys(asked, 0))
    ended = threading.Event()

    def ask(name: str) -> None:
        campus, kept = asked[name]
        secret = kubectl.live(ROUTES, "secret", f"{campus}-tls")["data"]
        enter_network_of(node)
        with client(
            f"https://{campus}.voice.localhost:{PORT}",
            address=address,
            ca=base64.b64decode(secret["ca.crt"]).decode(),
            request_id="pupil",
            silence=10,
        ) as pupil:
            if not kept:
                pupil.headers["Connection"] = "close"
            while not ended.wait(PAUSE_SECONDS):
                try:
                    status = pupil.get(PAGE).status_code
                except httpx.TransportError as error:
                    told.failures.append(f"{name}: {type(error).__name__} {error}")
                else:
                    if status == httpx.codes.OK:
                        told.good[name] += 1
                    else:
                        told.failures.append(f"{name}: {status}")

    with ThreadPoolExecutor(len(asked)) as threads:
        asking = [threads.submit(ask, name) for name in asked]
        try:
            yield told
        finally:
            ended.set()
    for one in asking:
        one.result()


def envoys(kubectl: Kubectl) -> set[str]:
    """UIDs of the Envoy pods that are there, be it that they stop."""
    found = json.loads(kubectl("-n", HOME, "get", "pods", "-l", "app=envoy", "-o", "json"))
    return {pod["metadata"]["uid"] for pod in found["items"]}


def test_a_rolled_envoy_loses_no_request(
    without_host_ports: StackUnderTest, kubectl: Kubectl, environment: dict[str, str]
) -> None:
    assert without_host_ports.outputs()["gateway"]["exposure"] == "nodePort", "no Envoy takes a host port"
    before = envoys(kubectl)
    with pupils(kubectl, environment) as asking:
        asking.go_on()
        kubectl("-n", HOME, "rollout", "restart", "daemonset/envoy")
        wait_until(
            lambda: (now := envoys(kubectl)) and not now & before,
            deadline=300,
            what="the last Envoy has stopped, and the next one is there",
        )
        asking.go_on()
    assert asking.failures == [], "the next Envoy serves before the last one stops taking connections"
