"""The cluster's keys and certificates, made once and kept with the node's state.

The names and usages are those of https://kubernetes.io/docs/setup/best-practices/certificates/.
"""

import datetime
import ipaddress
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from campus_sandbox.node.network import API_SERVICE_ADDRESS, NODE_ADDRESS, NODE_NAME

SERVER: Final = ExtendedKeyUsageOID.SERVER_AUTH
CLIENT: Final = ExtendedKeyUsageOID.CLIENT_AUTH
LIFETIME: Final = datetime.timedelta(days=3650)
# A machine's clock may be set back a little after the keys were made.
CLOCK_SLACK: Final = datetime.timedelta(hours=1)


@dataclass(frozen=True)
class Pair:
    """A private key with its certificate."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    def key_pem(self) -> bytes:
        """The key as unencrypted PKCS #8."""
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    def certificate_pem(self) -> bytes:
        """The certificate alone; the client already has the authority's."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)


@dataclass(frozen=True)
class Leaf:
    """What one certificate says: who it is for and what it is good for."""

    name: str
    common_name: str
    usage: x509.ObjectIdentifier
    group: str = ""
    hosts: tuple[str, ...] = ()
    authority: str = "ca"


_NODE_HOSTS = (NODE_NAME, NODE_ADDRESS, "127.0.0.1")

LEAVES: Final = (
    Leaf(
        "apiserver",
        "kube-apiserver",
        SERVER,
        hosts=(
            "kubernetes",
            "kubernetes.default",
            "kubernetes.default.svc",
            "kubernetes.default.svc.cluster.local",
            "localhost",
            API_SERVICE_ADDRESS,
            *_NODE_HOSTS,
        ),
    ),
    Leaf("apiserver-kubelet-client", "kube-apiserver-kubelet-client", CLIENT, "system:masters"),
    Leaf("front-proxy-client", "front-proxy-client", CLIENT, authority="front-proxy-ca"),
    Leaf("admin", "kubernetes-admin", CLIENT, "system:masters"),
    Leaf("controller-manager", "system:kube-controller-manager", CLIENT),
    Leaf("scheduler", "system:kube-scheduler", CLIENT),
    Leaf("proxy", "system:kube-proxy", CLIENT),
    Leaf("netpol", "campus-voice:netpol", CLIENT),
    Leaf("kubelet", f"system:node:{NODE_NAME}", CLIENT, "system:nodes"),
    Leaf("kubelet-server", f"system:node:{NODE_NAME}", SERVER, "system:nodes", _NODE_HOSTS),
)


def ensure_pki(folder: Path) -> None:
    """Make all keys in `folder` unless it exists; it appears whole or not at all.

    Every pair is `<name>.key` and `<name>.crt`; the service accounts' is `sa.key` and `sa.pub`. Keys are
    readable by their owner only.
    """
    if folder.exists():
        return
    draft = folder.with_name(folder.name + ".new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700, parents=True)
    authorities = {name: _authority(name) for name in ("ca", "front-proxy-ca")}
    for name, pair in authorities.items():
        _write(draft, name, pair)
    for leaf in LEAVES:
        _write(draft, leaf.name, _issue(leaf, authorities[leaf.authority]))
    accounts = _authority("service-accounts")
    _write_secret(draft / "sa.key", accounts.key_pem())
    public = accounts.key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    (draft / "sa.pub").write_bytes(public)
    draft.rename(folder)


def _name(common_name: str, group: str = "") -> x509.Name:
    organization = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group)] if group else []
    return x509.Name([*organization, x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, is_authority: bool
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=not is_authority,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        encipher_only=False,
        decipher_only=False,
    )
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCK_SLACK)
        .not_valid_after(now + LIFETIME)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _authority(name: str) -> Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _name(f"campus-voice-{name}")
    return Pair(key, _certificate(subject, subject, key, is_authority=True).sign(key, hashes.SHA256()))


def _issue(leaf: Leaf, authority: Pair) -> Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    issuer = authority.certificate
    builder = _certificate(_name(leaf.common_name, leaf.group), issuer.subject, key, is_authority=False)
    builder = builder.add_extension(x509.ExtendedKeyUsage([leaf.usage]), critical=False).add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key()), critical=False
    )
    if leaf.hosts:
        names = [_alternative_name(host) for host in leaf.hosts]
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return Pair(key, builder.sign(authority.key, hashes.SHA256()))


def _alternative_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _write(folder: Path, name: str, pair: Pair) -> None:
    _write_secret(folder / f"{name}.key", pair.key_pem())
    (folder / f"{name}.crt").write_bytes(pair.certificate_pem())


def _write_secret(file: Path, content: bytes) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
