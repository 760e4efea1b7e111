"""What a tenant or a stranger tries against the shared gateway, each attempt twice.

With the protection it fails, for the reason that the assertion names. With that one protection taken away, and
nothing else, it succeeds: otherwise the attempt would prove nothing. What no setting of ours can take away is tried
beside an attempt that has what the attacker lacks.
"""

import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from operations.voice.connection import LOOPBACK, trust
from tests.cluster.attacker import HUNG_UP, PAGE, PATH, POD, TIMED_OUT, Attacker, edited, unguarded
from tests.cluster.framework import Kubectl, wait_until
from tests.cluster.listeners import ask, last_event
from tests.cluster.poller import PAGE as SERVED
from tests.cluster.poller import Poller
from tests.cluster.school import School

POLICY = "campus-voice-hosts"
HEARTBEAT = "/gradio_api/heartbeat/rival"


def rival_proxy(host: str) -> dict[str, Any]:
    return {
        "apiVersion": "projectcontour.io/v1",
        "kind": "HTTPProxy",
        "metadata": {"name": "rival"},
        "spec": {
            "ingressClassName": "campus-voice",
            "virtualhost": {"fqdn": host},
            "routes": [{"services": [{"name": POD, "port": 80}]}],
        },
    }


def rival_ingress(host: str) -> dict[str, Any]:
    backend = {"service": {"name": POD, "port": {"number": 80}}}
    paths = [{"path": PATH, "pathType": "Prefix", "backend": backend}]
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": "rival"},
        "spec": {"ingressClassName": "campus-voice", "rules": [{"host": host, "http": {"paths": paths}}]},
    }


@contextmanager
def created(kubectl: Kubectl, attacker: Attacker, attempt: Mapping[str, Any]) -> Iterator[None]:
    """The cluster with what the attacker could create while the policy was away."""
    made = attacker.create(attempt)
    assert made.returncode == 0, f"only the policy was in the way: {made.stderr}"
    try:
        yield
    finally:
        kubectl("-n", attacker.namespace, "delete", attempt["kind"], attempt["metadata"]["name"])


def test_a_campuss_name_cannot_be_claimed_twice(school: School, kubectl: Kubectl, attacker: Attacker) -> None:
    """Contour would take a name that two HTTPProxies claim from both."""
    attempt = rival_proxy(school.hosts["north"])
    with Poller(school.authorities) as poller:
        refused = attacker.create(attempt)
        poller.goes_on()
    assert refused.returncode != 0, "a tenant must not claim a campus's name"
    assert POLICY in refused.stderr, f"the admission policy refuses it by its name: {refused.stderr}"
    assert not poller.failures(), f"an attempt costs its victim nothing: {poller.told()}"

    north = school.hosts["north"]
    with unguarded(kubectl, attacker, POLICY, attempt), Poller(school.authorities) as poller:
        with created(kubectl, attacker, attempt):
            wait_until(lambda: poller.failures([north]), deadline=120, what="the victim is switched off")
        poller.heals()


def test_capital_letters_make_no_other_name(school: School, kubectl: Kubectl, attacker: Attacker) -> None:
    """The schema refuses them, whatever the policy does."""
    capitals = rival_proxy(school.hosts["north"].upper())
    with unguarded(kubectl, attacker, POLICY, rival_proxy(school.hosts["north"])):
        refused = attacker.create(capitals)
    assert refused.returncode != 0, "NORTH is north"
    assert "spec.virtualhost.fqdn" in refused.stderr, f"the field is named: {refused.stderr}"


def test_an_ingress_takes_no_campuss_name(school: School, kubectl: Kubectl, attacker: Attacker) -> None:
    """Contour would add its routes to those of the campus's virtual host on port 80."""
    north = school.hosts["north"]
    attempt = rival_ingress(north)
    with Poller(school.authorities) as poller:
        refused = attacker.create(attempt)
        poller.goes_on()
    assert refused.returncode != 0, "a tenant must not claim a campus's name"
    assert POLICY in refused.stderr, f"the admission policy refuses it by its name: {refused.stderr}"
    assert not poller.failures(), f"an attempt costs its victim nothing: {poller.told()}"

    with unguarded(kubectl, attacker, POLICY, attempt), created(kubectl, attacker, attempt):
        wait_until(
            lambda: PAGE in httpx.get(f"http://{LOOPBACK}{PATH}", headers={"Host": north}).text,
            deadline=120,
            what="the rival's page is read at the campus's name",
        )


@dataclass(frozen=True)
class Door:
    """A port of a pod that a tenant must not reach."""

    policy: str
    """The NetworkPolicy that closes it."""

    selector: str
    port: int
    path: str
    prize: str
    """What whoever gets through can read."""


SPEECH = "app.kubernetes.io/name=cosyvoice"
DOORS = {
    "speech without the gateway": Door("cosyvoice", SPEECH, 7860, "/gradio_api/info", "generate_audio"),
    "the speech server's metrics": Door("cosyvoice", SPEECH, 9464, "/metrics", "cosyvoice_requests"),
    "the keys of all campuses": Door("contour", "app=contour", 8001, "/", HUNG_UP),
    "contour's metrics": Door("contour", "app=contour", 8000, "/metrics", "contour_build_info"),
    "envoy's metrics": Door("envoy", "app=envoy", 8002, "/stats/prometheus", "envoy_cluster_name"),
    "envoy's shutdown": Door("envoy", "app=envoy", 8090, "/healthz", "OK"),
}
INNER_DOORS = {
    "envoy's administration": Door("envoy", "app=envoy", 9001, "/", "Connection refused"),
    "contour's debugging": Door("contour", "app=contour", 6060, "/", "Connection refused"),
}
"""Nobody gets through these even without a NetworkPolicy: they are open to their own pod only."""


@pytest.mark.parametrize("door", [*DOORS.values(), *INNER_DOORS.values()], ids=[*DOORS, *INNER_DOORS])
def test_a_tenants_pod_stands_before_a_wall(
    school: School, kubectl: Kubectl, attacker: Attacker, door: Door
) -> None:
    namespace = school.backend if door.selector == SPEECH else school.gateway
    found = kubectl(
        "-n", namespace, "get", "pods", "-l", door.selector, "-o", "jsonpath={.items[0].status.podIP}"
    )

    def heard() -> str:
        # The speech server believes whoever reaches it, since only the gateway does.
        return attacker.fetch(found, door.port, door.path, **{"X-Campus-Id": "north"})

    assert TIMED_OUT in heard(), f"the NetworkPolicy {door.policy} lets nobody in"
    opened = {"op": "add", "path": "/spec/ingress/-", "value": {"ports": [{"port": door.port}]}}
    with edited(kubectl, namespace, "networkpolicy", door.policy, opened):
        wait_until(
            lambda: door.prize in heard(), deadline=120, what=f"it reads {door.prize!r} without the policy"
        )
    wait_until(lambda: TIMED_OUT in heard(), deadline=120, what="the NetworkPolicy closes the door again")


def greeting(port: int, authority: str, identity: Mapping[str, str] | None, folder: Path) -> bytes:
    """The first bytes that Contour sends to who asks for configuration."""
    context = trust(authority)
    context.set_alpn_protocols(["h2"])
    if identity is not None:
        file = folder / "identity.pem"
        file.write_text(identity["tls.crt"] + identity["tls.key"])
        context.load_cert_chain(file)
    with (
        socket.create_connection((LOOPBACK, port), timeout=10) as connection,
        context.wrap_socket(connection, server_hostname="contour") as encrypted,
    ):
        return encrypted.recv(9)


def test_contour_tells_nobody_but_envoy(school: School, kubectl: Kubectl, tmp_path: Path) -> None:
    """Whoever gets at Contour's port without Envoy's certificate would be handed every campus's key."""
    envoy = school.secret(school.gateway, "envoycert")
    campus = school.secret(school.routes, school.outputs.tls["north"].secret_name)

    def told(identity: Mapping[str, str] | None) -> bytes:
        with kubectl.forwarded(school.gateway, "deployment/contour", 8001) as port:
            return greeting(port, envoy["ca.crt"], identity, tmp_path)

    with pytest.raises(ssl.SSLError, match="CERTIFICATE_REQUIRED"):
        told(None)
    with pytest.raises(ssl.SSLError, match="UNKNOWN_CA"):
        told(campus)
    assert told(envoy), "with Envoy's certificate Contour speaks"


def test_a_connection_to_one_campus_leads_to_no_other(school: School) -> None:
    """Each campus's connection has routes of its own; 421 tells a browser to open another one (RFC 9110, 15.5.20)."""
    with school.pupil("north") as pupil:
        own, other = (
            pupil.get(SERVED, headers={"Host": school.hosts[campus]}).status_code
            for campus in ("north", "south")
        )
    assert own == 200, f"with the name of the connection the same request is answered, got {own}"
    assert other == 421, f"with another name it is misdirected, got {other}"


def refusals(school: School, campus: str) -> float:
    return school.counted("cosyvoice_requests_total", campus=campus, outcome="refused")


def speak_nothing_as_south(pupil: httpx.Client) -> None:
    """Ask, in south's name, for a text without words: the server refuses it and counts that."""
    claimed = {"X-Campus-Id": "south"}
    assert last_event(pupil, ask(pupil, " ", **claimed), **claimed) == "error", "silence is not spoken"


def test_a_pupil_cannot_speak_in_another_campuss_name(school: School, kubectl: Kubectl) -> None:
    """The header decides whose quota is used, and in whose folder a recording is kept."""
    north, south = refusals(school, "north"), refusals(school, "south")
    with school.pupil("north") as pupil:
        speak_nothing_as_south(pupil)
        assert refusals(school, "south") == south, "the gateway overwrites the name that a client claims"
        assert refusals(school, "north") == north + 1, "with that of the campus it came through"

        routes = kubectl.live(school.backend, "httpproxy", "north")["spec"]["routes"]
        trusting = [
            {"op": "remove", "path": f"/spec/routes/{number}/requestHeadersPolicy"}
            for number, route in enumerate(routes)
            if "requestHeadersPolicy" in route
        ]
        with edited(kubectl, school.backend, "httpproxy", "north", *trusting):
            wait_until(
                lambda: pupil.get(SERVED).status_code == 400,
                deadline=120,
                what="the gateway no longer says which campus a request comes from",
            )
            speak_nothing_as_south(pupil)
            assert refusals(school, "south") == south + 1, "without the policy the client's word counts"
        wait_until(lambda: pupil.get(SERVED).status_code == 200, deadline=120, what="the policy is back")


def test_gradios_heartbeat_holds_no_connection(school: School, kubectl: Kubectl) -> None:
    def answer() -> tuple[int, str]:
        with school.pupil("north") as pupil, pupil.stream("GET", HEARTBEAT) as response:
            return response.status_code, response.headers.get("content-type", "")

    assert answer()[0] == 404, "the gateway itself answers the stream that would never end"
    closed = {"op": "remove", "path": f"/spec/routes/{school.route('north', '/gradio_api/heartbeat')}"}
    with edited(kubectl, school.backend, "httpproxy", "north", closed):
        wait_until(
            lambda: answer() == (200, "text/event-stream; charset=utf-8"),
            deadline=120,
            what="without that route the server opens the stream",
        )
    wait_until(lambda: answer()[0] == 404, deadline=120, what="the route is back")
