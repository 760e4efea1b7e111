"""Contour and Envoy follow their certificates without a restart, and Contour speaks to nobody in the clear."""

import base64
import json
import re
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

import httpx
import pytest

from operations.voice.connection import LOOPBACK, trust
from tests.cluster.framework import Kubectl, StackUnderTest, wait_until

HOME = "projectcontour"
CONTOUR = "deployment/contour"
XDS_PORT = 8001
ROUTES = "campus-routes"
OWN = ("contourcert", "envoycert")
LIFETIME_SECONDS = 3600
"""The shortest that cert-manager grants (https://cert-manager.io/docs/usage/certificate/)."""

RENEWED_AFTER_SECONDS = 20
EXPIRY = re.compile(r"ssl\.certificate\.contour_xds_tls_certificate\.expiration_unix_time_seconds: (\d+)")
SETTINGS_FRAME = 4
NEW_HOST = "renewed.voice.localhost"
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, SETTINGS_FRAME, 0, 0, 0, 0, 0])
"""How an HTTP/2 client, such as Envoy, begins: a fixed text and an empty SETTINGS frame (RFC 9113, 3.4)."""


class Gateway:
    """Contour and Envoy as they stand to each other."""

    def __init__(self, kubectl: Kubectl, folder: Path) -> None:
        self._kubectl = kubectl
        self._identity = folder / "identity.pem"

    def pods(self) -> dict[str, list[int]]:
        """The UID of every pod that is to stay, and how often each of its containers was restarted."""
        found = json.loads(self._kubectl("-n", HOME, "get", "pods", "-o", "json"))
        return {
            pod["metadata"]["uid"]: [one["restartCount"] for one in pod["status"]["containerStatuses"]]
            for pod in found["items"]
            if "deletionTimestamp" not in pod["metadata"]
        }

    def live_shortly(self) -> None:
        """Gives both certificates the shortest life, and lets each be replaced soon after it was issued."""
        renew_before = LIFETIME_SECONDS - RENEWED_AFTER_SECONDS
        short = {"spec": {"duration": f"{LIFETIME_SECONDS}s", "renewBefore": f"{renew_before}s"}}
        for name in OWN:
            change = ("patch", "certificate", name, "--type=merge", f"--patch={json.dumps(short)}")
            self._kubectl("-n", HOME, *change)
            # The change alone counts only where the request of the last issuance is still there.
            self._kubectl.renew(HOME, name)

    def issued_expiry(self) -> float:
        """When the certificate ends that was issued last, of the one that ends last."""
        ends = [self._kubectl.live(HOME, "certificate", name)["status"]["notAfter"] for name in OWN]
        return max(datetime.fromisoformat(end).timestamp() for end in ends)

    def client_expiry(self) -> float:
        """When the certificate ends that Envoy shows to Contour, as Envoy itself tells."""
        find = ("-n", HOME, "get", "pods", "-l", "app=envoy", "-o", "jsonpath={.items[0].metadata.name}")
        proxy = f"/api/v1/namespaces/{HOME}/pods/{self._kubectl(*find)}:8002/proxy"
        told = EXPIRY.search(self._kubectl("get", "--raw", f"{proxy}/stats?filter=expiration"))
        assert told, "Envoy tells when its certificate for Contour ends"
        return float(told[1])

    def server_expiry(self) -> float:
        """When the certificate ends that Contour shows to Envoy."""
        with (
            self._kubectl.forwarded(HOME, CONTOUR, XDS_PORT) as port,
            self._encrypted(port, identified=True) as connection,
        ):
            shown = connection.getpeercert()
        assert shown, "a verified certificate can be read"
        return ssl.cert_time_to_seconds(str(shown["notAfter"]))

    def greeting(self, *, identified: bool) -> bytes:
        """What Contour says first, to who shows Envoy's certificate or none."""
        with (
            self._kubectl.forwarded(HOME, CONTOUR, XDS_PORT) as port,
            self._encrypted(port, identified=identified) as connection,
        ):
            return connection.recv(9)

    @contextmanager
    def _encrypted(self, port: int, *, identified: bool) -> Iterator[ssl.SSLSocket]:
        keys = self._kubectl.live(HOME, "secret", "envoycert")["data"]
        plain = {name: base64.b64decode(value).decode() for name, value in keys.items()}
        context = trust(plain["ca.crt"])
        if identified:
            self._identity.write_text(plain["tls.crt"] + plain["tls.key"])
            context.load_cert_chain(self._identity)
        context.set_alpn_protocols(["h2"])
        with (
            socket.create_connection((LOOPBACK, port), timeout=30) as connection,
            context.wrap_socket(connection, server_hostname="contour") as encrypted,
        ):
            yield encrypted


def is_settings(answer: bytes) -> bool:
    """Whether these are the first bytes of an HTTP/2 server's greeting."""
    return answer[3:4] == bytes([SETTINGS_FRAME])


def is_short(end: float) -> bool:
    """Whether a certificate ends within the shortest life; those of before live for months."""
    return end < latest()


def latest() -> float:
    """When a certificate of the shortest life ends that is issued right now."""
    return time.time() + LIFETIME_SECONDS


def answer_of_the_new_host() -> str:
    """What a host answers that the gateway may not know yet."""
    return httpx.get(f"http://{LOOPBACK}/", headers={"Host": NEW_HOST}).text


@contextmanager
def new_host(kubectl: Kubectl, folder: Path) -> Iterator[str]:
    """A virtual host that Envoy knows only if Contour still reaches it; yields what it answers."""
    answer = "served by a route made after the renewal"
    route = {"conditions": [{"prefix": "/"}], "directResponsePolicy": {"statusCode": 200, "body": answer}}
    file = folder / "host.json"
    file.write_text(
        json.dumps(
            {
                "apiVersion": "projectcontour.io/v1",
                "kind": "HTTPProxy",
                "metadata": {"name": "renewed", "namespace": ROUTES},
                "spec": {
                    "ingressClassName": "campus-voice",
                    "routes": [route],
                    "virtualhost": {"fqdn": NEW_HOST},
                },
            }
        )
    )
    kubectl("apply", "-f", str(file))
    try:
        yield answer
    finally:
        kubectl("delete", "-f", str(file))


def test_short_lived_certificates_are_followed_without_a_restart(
    dev: StackUnderTest, kubectl: Kubectl, tmp_path: Path
) -> None:
    assert dev.name == "dev", "the fixture gives the certificates their life back"
    gateway = Gateway(kubectl, tmp_path)
    before = gateway.pods()
    assert not is_short(gateway.client_expiry()), "what Envoy shows now is told from what it will show"
    assert not is_short(gateway.server_expiry()), "and so for Contour"

    gateway.live_shortly()
    wait_until(
        lambda: is_short(gateway.issued_expiry()), deadline=120, what="both are issued with a short life"
    )
    first = gateway.issued_expiry()
    wait_until(
        lambda: first < gateway.client_expiry() < latest(),
        deadline=300,
        what="Envoy shows a certificate that was renewed because its time had come",
    )
    wait_until(
        lambda: first < gateway.server_expiry() < latest(),
        deadline=300,
        what="and so does Contour",
    )

    with new_host(kubectl, tmp_path) as answer:
        wait_until(lambda: answer_of_the_new_host() == answer, deadline=60, what="a new route reaches Envoy")
    assert is_settings(gateway.greeting(identified=True)), "whoever connects anew as Envoy is answered"
    assert gateway.pods() == before, "nothing was restarted for it"


def test_contour_speaks_to_nobody_in_the_clear(
    deployed: StackUnderTest, kubectl: Kubectl, tmp_path: Path
) -> None:
    assert deployed.name == "dev", "the gateway is up"
    gateway = Gateway(kubectl, tmp_path)
    assert is_settings(gateway.greeting(identified=True)), "with TLS and Envoy's certificate Contour speaks"
    with pytest.raises(ssl.SSLError, match="CERTIFICATE_REQUIRED"):
        gateway.greeting(identified=False)
    answer = b""
    with (
        kubectl.forwarded(HOME, CONTOUR, XDS_PORT) as port,
        socket.create_connection((LOOPBACK, port), timeout=30) as plain,
    ):
        plain.sendall(PREFACE)
        with suppress(ConnectionResetError):
            answer = plain.recv(9)
    assert not is_settings(answer), f"without TLS nobody is told a campus's keys: {answer!r}"
