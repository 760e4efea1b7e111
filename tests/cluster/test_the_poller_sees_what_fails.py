"""A poller that sees nothing proves nothing: here it must see an outage, and only where it is."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.cluster.framework import Kubectl, wait_until
from tests.cluster.poller import Connection, Poller
from tests.cluster.school import School


@contextmanager
def held_back(kubectl: Kubectl, namespace: str, deployment: str) -> Iterator[None]:
    """A cluster without the pods of a Deployment."""
    kubectl("-n", namespace, "scale", f"deployment/{deployment}", "--replicas=0")
    try:
        selector = f"app={deployment}"
        kubectl("-n", namespace, "wait", "--for=delete", "pods", "-l", selector, "--timeout=60s")
        yield
    finally:
        kubectl("-n", namespace, "scale", f"deployment/{deployment}", "--replicas=1")
        kubectl("-n", namespace, "rollout", "status", f"deployment/{deployment}", "--timeout=60s")


def test_a_deleted_certificate_is_seen_on_its_campus_alone_and_heals(
    school: School, kubectl: Kubectl
) -> None:
    """Without its Secret a virtual host is invalid until the certificate is issued anew.

    That takes cert-manager a tenth of a second, so it is held back until the outage has been seen.
    """
    tls = school.outputs.tls["north"]
    north, south = school.hosts["north"], school.hosts["south"]
    with Poller(school.authorities) as poller:
        poller.goes_on(answers=2)
        with held_back(kubectl, "cert-manager", "cert-manager"):
            kubectl("-n", tls.namespace, "delete", "secret", tls.secret_name)
            wait_until(
                lambda: {one.connection for one in poller.failures([north])} == set(Connection),
                deadline=30,
                what=f"requests fail over new and over kept connections: {poller.told()}",
            )
        poller.heals()
    assert not poller.failures([south]), f"the other campus has its own certificate: {poller.told([south])}"


def test_a_certificate_of_another_authority_is_a_failure(school: School) -> None:
    north = school.hosts["north"]
    stranger = school.secret(school.gateway, "envoycert")["ca.crt"]
    with Poller({north: stranger}) as poller:
        wait_until(poller.failures, deadline=30, what="a campus that nobody can trust fails")
    assert "CERTIFICATE_VERIFY_FAILED" in poller.failures()[0].what, poller.told()
