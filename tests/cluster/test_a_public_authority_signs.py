"""A campus gets its certificate from a public authority, by a file that this gateway serves on port 80."""

import json
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from operations.voice.connection import LOOPBACK, trust
from tests.cluster.authority import Authority, public_authority
from tests.cluster.framework import Kubectl, StackUnderTest, wait_until

ROUTES = "campus-routes"
HOST = "lyceum.voice.localhost"
OTHER = "north.voice.localhost"
SECRET = "lyceum-tls"
PROOF = "acme.cert-manager.io/http01-solver=true"
CAMPUS = """    - id: lyceum
      name: Lyceum
      public: true
      issuer: pebble
"""


@pytest.fixture
def no_key_left(kubectl: Kubectl) -> Iterator[None]:
    """Takes the keys away when campus and issuer have gone: cert-manager leaves them, and later ones would use them."""
    yield
    kubectl("-n", ROUTES, "delete", "secret", SECRET, "--ignore-not-found")
    kubectl("-n", "cert-manager", "delete", "secret", "pebble-acme-account", "--ignore-not-found")


@pytest.fixture
def authority(dev: StackUnderTest, kubectl: Kubectl, tmp_path: Path) -> Iterator[Authority]:
    """The authority, running as long as the stack may know it."""
    assert dev.name == "dev", "the campus of this test is none of that stack's own"
    with public_authority(kubectl, tmp_path) as running:
        yield running


def issuer_of(host: str, root: str) -> str:
    """Who signed the certificate of `host`, which must lead to `root`."""
    return str(dict(pair for part in _served(host, root)["issuer"] for pair in part)["commonName"])


def serial_of(host: str, root: str) -> str | None:
    """Serial number of the certificate of `host`; None while there is none that leads to `root`."""
    try:
        return str(_served(host, root)["serialNumber"])
    except (ssl.SSLError, ConnectionError):
        return None


def _served(host: str, root: str) -> Any:
    with (
        socket.create_connection((LOOPBACK, 443), timeout=30) as connection,
        trust(root).wrap_socket(connection, server_hostname=host) as encrypted,
    ):
        return encrypted.getpeercert()


def with_a_campus_of(authority: Authority, written: str) -> str:
    """The stack's file with one more campus, whose certificate the authority signs."""
    issuer = {
        "name": "pebble",
        "kind": "acme",
        "acme": {
            "email": "voice-operations@example.org",
            "server": authority.directory,
            "caBundle": authority.server_ca,
        },
    }
    return f"{written}{CAMPUS}  campus-voice:issuers: {json.dumps([issuer])}\n"


@pytest.mark.usefixtures("no_key_left")
def test_a_campus_proves_its_name_through_the_gateway_and_again_at_each_renewal(
    dev: StackUnderTest, authority: Authority, kubectl: Kubectl
) -> None:
    dev.file.write_text(with_a_campus_of(authority, dev.file.read_text()))
    dev.up()

    first = wait_until(
        lambda: serial_of(HOST, authority.root), deadline=60, what="the authority's certificate is served"
    )
    assert issuer_of(HOST, authority.root).startswith("Pebble Intermediate CA"), "as public authorities sign"
    with pytest.raises(ssl.SSLCertVerificationError):
        # A campus that names no issuer keeps the gateway's own.
        issuer_of(OTHER, authority.root)
    plain = httpx.get(f"http://{LOOPBACK}/", headers={"Host": HOST})
    assert plain.headers["location"] == f"https://{HOST}/", "port 80 leads to HTTPS, but for the proof"

    kubectl.renew(ROUTES, SECRET)
    wait_until(
        lambda: serial_of(HOST, authority.root) not in {None, first},
        deadline=180,
        what="the proof is found beside the campus's own redirection on port 80, and the renewal is served",
    )
    wait_until(
        lambda: not kubectl("-n", ROUTES, "get", "pods,services,ingresses", "-l", PROOF, "-o", "name"),
        deadline=60,
        what="the pod, the Service and the route of each proof go with it",
    )
