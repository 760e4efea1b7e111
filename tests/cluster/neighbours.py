"""Campuses that a test puts beside those of the `dev` stack, and a backend that tells what reaches it."""

import http.client
import json
import socket
import ssl
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, Self

from campus_voice import TenantRouteArgs
from campus_voice.tenant_route import checks, render

from operations.outputs import StackOutputs
from operations.voice.connection import LOOPBACK, trust
from tests.cluster.framework import ROOT, Kubectl, wait_until

MIRROR = "mirror"
MIRROR_PORT = 8080
MIRROR_PAGE = "/mirror.sh"
"""Answers with the name of the pod and the headers that reached it."""

_TELL = "printf 'Content-Type: text/plain\\r\\n\\r\\n'; hostname; env | grep ^HTTP_"
# The server is not the container's first process, which no signal from inside could stop.
_SERVE = f"busybox httpd -f -p {MIRROR_PORT} -h /www -c /www/httpd.conf & echo $! > /run/httpd; wait"

Manifest = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """What a browser was answered."""

    status: int
    headers: Mapping[str, str]
    body: str

    @property
    def pod(self) -> str:
        """The pod that answered, if it is one of the mirror's."""
        return self.body.partition("\n")[0]


class Browser:
    """Somebody at one campus, with a new connection for each request; paths are sent as they are written."""

    def __init__(self, host: str, authority: str) -> None:
        self.host = host
        self._trust = trust(authority)

    def connect(self, *, timeout: float = 30, context: ssl.SSLContext | None = None) -> ssl.SSLSocket:
        """An encrypted connection."""
        plain = socket.create_connection((LOOPBACK, 443), timeout=timeout)
        try:
            return (context or self._trust).wrap_socket(plain, server_hostname=self.host)
        except OSError:
            plain.close()
            raise

    def ask(
        self,
        path: str,
        headers: Mapping[str, str] | None = None,
        *,
        body: bytes | None = None,
        timeout: float = 30,
        method: str | None = None,
    ) -> Answer:
        """The answer to GET, or with a body to POST, or to `method`."""
        connection = http.client.HTTPConnection(self.host)
        connection.sock = self.connect(timeout=timeout)
        try:
            verb = method or ("GET" if body is None else "POST")
            connection.request(verb, path, body, dict(headers or {}))
            told = connection.getresponse()
            lower = {name.lower(): value for name, value in told.getheaders()}
            return Answer(told.status, lower, told.read().decode(errors="replace"))
        finally:
            connection.close()


class Neighbours:
    """Objects applied beside a stack's own until the test is over."""

    def __init__(self, kubectl: Kubectl, outputs: StackOutputs, folder: Path) -> None:
        self._kubectl, self._file, self.outputs = kubectl, folder / "neighbours.json", outputs
        self._objects: list[Manifest] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._kubectl("delete", "--ignore-not-found", "-f", str(self._written(self._objects)))

    def apply(self, *objects: Manifest) -> None:
        """Add objects."""
        self._objects += objects
        self._kubectl("apply", "--server-side", "-f", str(self._written(objects)))

    def of_the_school(self, campus: str) -> TenantRouteArgs:
        """The arguments of one more campus of the stack's own speech server, where voices may be cloned."""
        ((namespace, backend),) = self.outputs.backends.items()
        issuer = self.outputs.gateway.issuer
        return {
            "campus": campus,
            "domain": str(self.outputs.domain),
            "issuer": {"name": issuer.name, "kind": issuer.kind},
            "backend_namespace": namespace,
            "backend_selector": dict(backend.selector),
            "voice_cloning": True,
        }

    def campus(self, args: TenantRouteArgs) -> list[Manifest]:
        """What a TenantRoute makes of these arguments."""
        settings = checks.settings(args["campus"], args)
        return [*render.child(settings).values(), *render.root(settings).values()]

    def browser(self, campus: str) -> Browser:
        """Somebody at a campus whose certificate is there."""
        routes = self.outputs.gateway.routes_namespace
        certificate = f"certificate/{campus}-tls"
        self._kubectl("-n", routes, "wait", "--for=condition=Ready", "--timeout=60s", certificate)
        authority = ("secret", f"{campus}-tls", "-o", 'go-template={{index .data "ca.crt" | base64decode}}')
        return Browser(f"{campus}.{self.outputs.domain}", self._kubectl("-n", routes, "get", *authority))

    def served(self, campus: str, page: str) -> Browser:
        """Somebody at a campus that answers `page` by now."""
        browser = self.browser(campus)

        def answers() -> bool:
            try:
                return browser.ask(page).status == HTTPStatus.OK
            except (OSError, http.client.HTTPException):
                return False

        wait_until(answers, deadline=120, what=f"{browser.host} serves {page}")
        return browser

    def _written(self, objects: Any) -> Path:
        self._file.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)}))
        return self._file


def mirror(namespace: str, replicas: int) -> list[Manifest]:
    """Pods that answer with what reached them, and that only Envoy's own checks can find stopped."""
    labels = {"app": MIRROR}
    busybox = tomllib.loads((ROOT / "versions.toml").read_text())["busybox"]["version"]
    files = {"httpd.conf": "*.sh:/bin/sh\n", "mirror.sh": _TELL}
    container = {
        "name": MIRROR,
        "image": f"docker.io/library/busybox:{busybox}",
        "imagePullPolicy": "IfNotPresent",
        "command": ["sh", "-c", _SERVE],
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
        },
        "volumeMounts": [{"name": "www", "mountPath": "/www"}, {"name": "run", "mountPath": "/run"}],
    }
    pod = {
        "automountServiceAccountToken": False,
        "containers": [container],
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 65534,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "terminationGracePeriodSeconds": 0,
        "volumes": [{"name": "www", "configMap": {"name": MIRROR}}, {"name": "run", "emptyDir": {}}],
    }
    return [
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": MIRROR, "namespace": namespace},
            "data": files,
        },
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": MIRROR, "namespace": namespace},
            "spec": {
                "replicas": replicas,
                "selector": {"matchLabels": labels},
                "template": {"metadata": {"labels": labels}, "spec": pod},
            },
        },
    ]
