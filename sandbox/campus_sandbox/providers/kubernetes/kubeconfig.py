"""Reading kubeconfig files.

https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/ describes them.

The official Python client would do this too, but importing it takes longer than a whole preview.
Credentials that an external program issues (`exec`, cloud clusters) are for the official provider; the
sandbox has none.
"""

import base64
import os
import ssl
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from campus_sandbox.providers.kubernetes.objects import Object, dig

_DEFAULT: Final = "~/.kube/config"
_SECTIONS: Final = ("clusters", "contexts", "users")


class KubeconfigError(ValueError):
    """A kubeconfig that does not say how to reach a cluster; the message says what is wrong with it."""


@dataclass(frozen=True)
class Connection:
    """How to reach an API server.

    Attributes:
        context: name of the kubeconfig context.
        server: URL without a final slash.
        tls: certificates; None for a server without TLS.
        tls_name: name the server's certificate is for, when it is not the URL's host.
        headers: request headers that authenticate.
        namespace: the context's namespace; "" when it names none.
    """

    context: str
    server: str
    tls: ssl.SSLContext | None = None
    tls_name: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    namespace: str = ""


def load(path_or_contents: str) -> Object:
    """A kubeconfig given as a path or as contents; for "" $KUBECONFIG, then ~/.kube/config.

    Raises:
        KubeconfigError: there is no such file, or it is not YAML.
    """
    if path_or_contents and ("\n" in path_or_contents or path_or_contents.lstrip().startswith("{")):
        return _parsed(path_or_contents, "the given kubeconfig", Path.cwd())
    named = path_or_contents or os.environ.get("KUBECONFIG") or _DEFAULT
    merged: Object = {}
    found = False
    for part in filter(None, named.split(os.pathsep)):
        file = Path(part).expanduser()
        if file.is_file():
            found = True
            merged = _merged(merged, _parsed(file.read_text(encoding="utf-8"), str(file), file.parent))
    if not found:
        raise KubeconfigError(f"kubeconfig {named} does not exist")
    return merged


def active_cluster(config: Object, context: str = "", cluster: str = "") -> Any:
    """The entry of the cluster in use; None when there is none."""
    name = cluster or dig(_entry(config, "contexts", _context(config, context)), "context", "cluster")
    return dig(_entry(config, "clusters", name), "cluster")


def connection(config: Object, context: str = "") -> Connection:
    """How to reach the cluster of a context (default: the current one).

    Raises:
        KubeconfigError: the context, its cluster or its user is missing or cannot be used.
    """
    name = _context(config, context)
    chosen = dig(_entry(config, "contexts", name), "context")
    if chosen is None:
        known = ", ".join(str(one.get("name")) for one in config.get("contexts") or []) or "none"
        raise KubeconfigError(f"kubeconfig has no context {name!r}; it has {known}")
    cluster = active_cluster(config, name)
    if not dig(cluster, "server"):
        raise KubeconfigError(f"kubeconfig's context {name!r} names no cluster with a server")
    user = dig(_entry(config, "users", chosen.get("user")), "user") or {}
    if "exec" in user or "auth-provider" in user:
        raise KubeconfigError(
            f"kubeconfig's user {chosen.get('user')!r} gets its credentials from another program, "
            "which only the official provider supports"
        )
    server = str(cluster["server"]).rstrip("/")
    try:
        tls = _tls(cluster, user) if server.startswith("https") else None
    except (OSError, ValueError) as broken:
        raise KubeconfigError(
            f"kubeconfig's context {name!r} has unusable certificates: {broken}"
        ) from broken
    return Connection(
        name,
        server,
        tls,
        str(cluster.get("tls-server-name", "")),
        _headers(user),
        str(chosen.get("namespace", "")),
    )


def _parsed(text: str, source: str, folder: Path) -> Object:
    try:
        config = yaml.safe_load(text)
    except yaml.YAMLError as broken:
        raise KubeconfigError(f"{source} is not YAML: {' '.join(str(broken).split())}") from broken
    if not isinstance(config, dict):
        raise KubeconfigError(f"{source} is not a kubeconfig")
    for section, inner in (("clusters", "cluster"), ("users", "user")):
        for entry in config.get(section) or []:
            _make_absolute(entry.get(inner) or {}, folder)
    return config


def _make_absolute(entry: Object, folder: Path) -> None:
    for key in ("certificate-authority", "client-certificate", "client-key", "tokenFile"):
        if entry.get(key):
            entry[key] = str(folder / entry[key])


def _merged(first: Object, second: Object) -> Object:
    lists = {section: [*(first.get(section) or []), *(second.get(section) or [])] for section in _SECTIONS}
    return {**second, **first, **lists}


def _context(config: Object, wanted: str) -> str:
    return wanted or str(config.get("current-context") or "")


def _entry(config: Mapping[str, Any], section: str, name: Any) -> Any:
    entries = config.get(section) or []
    return next((entry for entry in entries if dig(entry, "name") == name), None)


def _headers(user: Mapping[str, Any]) -> dict[str, str]:
    token = user.get("token")
    if not token and user.get("tokenFile"):
        token = Path(user["tokenFile"]).read_text(encoding="utf-8").strip()
    if token:
        return {"Authorization": f"Bearer {token}"}
    if user.get("username"):
        pair = f"{user['username']}:{user.get('password', '')}".encode()
        return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}
    return {}


def _tls(cluster: Mapping[str, Any], user: Mapping[str, Any]) -> ssl.SSLContext:
    authority = cluster.get("certificate-authority-data")
    tls = ssl.create_default_context(
        cafile=cluster.get("certificate-authority"),
        cadata=base64.b64decode(authority).decode("ascii") if authority else None,
    )
    if cluster.get("insecure-skip-tls-verify"):
        tls.check_hostname = False
        tls.verify_mode = ssl.CERT_NONE
    pair = b"\n".join(filter(None, (_pem(user, "client-certificate"), _pem(user, "client-key"))))
    if pair:
        _load_client_certificate(tls, pair)
    return tls


def _pem(user: Mapping[str, Any], key: str) -> bytes:
    if user.get(f"{key}-data"):
        return base64.b64decode(user[f"{key}-data"])
    return Path(user[key]).read_bytes() if user.get(key) else b""


def _load_client_certificate(tls: ssl.SSLContext, pair: bytes) -> None:
    # The TLS library reads certificates from files only.
    with tempfile.NamedTemporaryFile(prefix="campus-voice-") as file:
        file.write(pair)
        file.flush()
        tls.load_cert_chain(file.name)
