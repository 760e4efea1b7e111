"""Whatever is changed, renewed, restarted or killed: nobody is interrupted whom it does not concern.

In every row all campuses are polled several times a second and a reading runs on each of them. A campus that is
not touched loses no request and no reading. One that is touched does only where the assertion says why.
"""

import time
from collections.abc import Callable, Iterator

import pytest

from tests.cluster.attacker import edited
from tests.cluster.framework import Kubectl, StackUnderTest, wait_until
from tests.cluster.node import Node
from tests.cluster.poller import Poller
from tests.cluster.school import School

Tell = Callable[[str], None]
EAST = "    - id: east\n      name: East Campus\n"
FIRST_ANSWER_SECONDS = 60
GAP_SECONDS = 20
RESTART_SECONDS = 60

# CPython leaves a socket open that is reset before its TLS handshake (`SSLSocket._create` in Lib/ssl.py).
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <ssl.SSLSocket:ResourceWarning")


@pytest.fixture
def stack(deployed: StackUnderTest) -> Iterator[StackUnderTest]:
    """The `dev` stack; what a failed test left in its file is undone."""
    before = deployed.file.read_text()
    yield deployed
    deployed.file.write_text(before)
    deployed.up()


def edit_campuses(stack: StackUnderTest, old: str, new: str) -> None:
    before = stack.file.read_text()
    assert before.count(old) == 1, f"{stack.file.name} has {old!r} once"
    stack.file.write_text(before.replace(old, new))


def wait_for_rollout(kubectl: Kubectl, namespace: str, workload: str) -> None:
    kubectl("-n", namespace, "rollout", "status", workload, "--timeout=120s")


def test_a_campus_comes_and_goes(stack: StackUnderTest, school: School, tell: Tell) -> None:
    with school.watched() as watch:
        edit_campuses(stack, "campus-voice:campuses:\n", f"campus-voice:campuses:\n{EAST}")
        stack.up()
        applied = time.monotonic()
        east = f"east.{school.outputs.domain}"
        with Poller({east: next(iter(school.authorities.values()))}) as newcomer:
            newcomer.goes_on(answers=1, deadline=FIRST_ANSWER_SECONDS)
            tell(f"a new campus answers {time.monotonic() - applied:.2f} s after its apply returned")
        edit_campuses(stack, EAST, "")
        stack.up()
    watch.assert_uninterrupted(*school.authorities)


def test_a_certificate_is_renewed(school: School, kubectl: Kubectl, tell: Tell) -> None:
    """By the condition that cert-manager itself sets when the time has come; not by deleting the Secret."""
    tls = school.outputs.tls["north"]
    before = school.secret(tls.namespace, tls.secret_name)["tls.crt"]
    with school.watched() as watch:
        asked = time.monotonic()
        kubectl.renew(tls.namespace, tls.secret_name)
        wait_until(
            lambda: school.secret(tls.namespace, tls.secret_name)["tls.crt"] != before,
            deadline=60,
            what="cert-manager issues the certificate anew",
        )
        issued = time.monotonic()
        wait_until(
            lambda: (
                school.served_certificate("north") in school.secret(tls.namespace, tls.secret_name)["tls.crt"]
            ),
            deadline=30,
            what="Envoy serves the new certificate",
        )
        tell(
            f"a renewed certificate was issued after {issued - asked:.1f} s "
            f"and served {time.monotonic() - issued:.1f} s later"
        )
    watch.assert_uninterrupted(*school.authorities)


def test_a_route_is_changed(stack: StackUnderTest, school: School, kubectl: Kubectl) -> None:
    """A campus is bound to networks: here to all of them, so that nobody loses access."""
    with school.watched() as watch:
        edit_campuses(
            stack, "name: North Campus\n", 'name: North Campus\n      allowFrom: ["0.0.0.0/0", "::/0"]\n'
        )
        changed = stack.up()
        assert changed.named("update") == {"north-child-proxy"}, f"only north's routes change: {changed}"
        proxy = kubectl.live(school.backend, "httpproxy", "north")
        assert "ipAllowPolicy" in proxy["spec"]["routes"][-1], "the route is the changed one"
    watch.assert_uninterrupted(*school.authorities)


def test_a_changed_route_is_served_at_once(school: School, kubectl: Kubectl, tell: Tell) -> None:
    position = school.route("north", "/gradio_api/heartbeat")
    body = f"/spec/routes/{position}/directResponsePolicy/body"
    changed = {"op": "replace", "path": body, "value": "another answer"}
    with (
        school.pupil("north") as pupil,
        edited(kubectl, school.backend, "httpproxy", "north", changed),
    ):
        applied = time.monotonic()
        wait_until(
            lambda: pupil.get("/gradio_api/heartbeat/any").text == "another answer",
            deadline=FIRST_ANSWER_SECONDS,
            what="Envoy serves the changed route",
        )
        tell(f"a changed route is served {time.monotonic() - applied:.2f} s after its apply returned")


def test_contour_is_restarted(school: School, kubectl: Kubectl) -> None:
    with school.watched() as watch:
        kubectl("-n", school.gateway, "rollout", "restart", "deployment/contour")
        wait_for_rollout(kubectl, school.gateway, "deployment/contour")
    watch.assert_uninterrupted(*school.authorities)


def test_both_contours_are_killed(school: School, kubectl: Kubectl) -> None:
    with school.watched() as watch:
        kubectl("-n", school.gateway, "delete", "pods", "-l", "app=contour", "--force", "--grace-period=0")
        wait_for_rollout(kubectl, school.gateway, "deployment/contour")
    watch.assert_uninterrupted(*school.authorities)


def test_the_api_server_is_gone(school: School, kubectl: Kubectl, node: Node) -> None:
    with school.watched() as watch:
        with node.frozen("kube-apiserver"):
            with pytest.raises(AssertionError, match="imeout"):
                kubectl("get", "--raw", "/readyz", "--request-timeout=3s")
            watch.poller.goes_on(answers=30)
        wait_until(
            lambda: kubectl("get", "--raw", "/readyz") == "ok", deadline=30, what="the API server is back"
        )
    wait_for_rollout(kubectl, school.gateway, "deployment/contour")
    watch.assert_uninterrupted(*school.authorities)


def test_the_speech_server_is_rolled(school: School, kubectl: Kubectl, tell: Tell) -> None:
    """There is one for all campuses and no spare GPU for a second: it ends what it reads, and then another starts."""
    with school.watched(again=False) as watch:
        kubectl("-n", school.backend, "rollout", "restart", "deployment/cosyvoice")
        wait_for_rollout(kubectl, school.backend, "deployment/cosyvoice")
        watch.poller.heals()
    watch.assert_heard(*school.authorities)
    gap = max(watch.poller.gap(host) for host in school.authorities)
    tell(
        f"while the speech server was rolled it took no request for {gap:.1f} s, the end of a reading included"
    )


def test_envoy_is_rolled(school: School, kubectl: Kubectl, tell: Tell) -> None:
    """The old Envoy serves on until the last reading is heard; only then its host port is free for the new one."""
    with school.watched(again=False) as watch:
        kubectl("-n", school.gateway, "rollout", "restart", "daemonset/envoy")
        wait_for_rollout(kubectl, school.gateway, "daemonset/envoy")
        watch.poller.heals()
    watch.assert_heard(*school.authorities)
    heard = max(reading.ended for host in school.authorities for reading in watch.listeners.of(host))
    failures = watch.poller.failures()
    assert all(one.status is None for one in failures), (
        "while no Envoy holds the host port nothing takes a connection, and whoever gets one is served "
        f"(the sandbox takes it on 127.0.0.1 first, and then resets it): {watch.poller.told()}"
    )
    assert all(one.at >= heard for one in failures), (
        f"as long as somebody listens the old Envoy serves everybody: {watch.poller.told()}"
    )
    gap = max(watch.poller.gap(host) for host in school.authorities)
    tell(f"while Envoy was rolled its host port was closed for {gap:.2f} s")
    assert gap < GAP_SECONDS, f"the gap of the host port is short: {watch.poller.told()}"


def test_envoy_is_killed(school: School, kubectl: Kubectl, node: Node, tell: Tell) -> None:
    """What runs through a process ends with it; the kubelet starts another."""
    with school.watched(again=False) as watch:
        killed = time.monotonic()
        node.kill("envoy")
        watch.poller.heals()
    for host in school.authorities:
        (reading,) = watch.listeners.of(host)
        assert reading.failure, "a reading that was cut is told from one that was heard"
        assert watch.poller.gap(host) < RESTART_SECONDS, f"Envoy comes back: {watch.poller.told([host])}"
    last = max(one.at for one in watch.poller.failures())
    tell(f"after Envoy was killed campuses failed for {last - killed:.2f} s")
    wait_for_rollout(kubectl, school.gateway, "daemonset/envoy")
