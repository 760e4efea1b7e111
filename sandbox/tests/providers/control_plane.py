"""A real Kubernetes control plane without nodes, for one test run."""

import itertools
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

import yaml
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from campus_sandbox.providers.kubernetes.session import APPLY, JSON, ApiError, Session, UnreachableError
from campus_sandbox.providers.kubernetes.settings import Settings

MERGE_PATCH = "application/merge-patch+json"
_CREDENTIAL = "for-this-test-run-only"


def wait_until(condition: Callable[[], Any], what: str, seconds: float = 30.0) -> Any:
    """Poll until `condition` returns something true, and return that."""
    deadline = time.monotonic() + seconds
    while True:
        result = condition()
        if result:
            return result
        assert time.monotonic() < deadline, f"{what} did not happen within {seconds:g} s"
        threading.Event().wait(0.1)


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


class ControlPlane:
    """etcd, kube-apiserver and kube-controller-manager; started and ended as a context manager."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self._programs = programs
        self._folder = folder
        self._processes: list[subprocess.Popen[bytes]] = []
        self._names = itertools.count(1)
        self.server = f"https://127.0.0.1:{free_port()}"
        self.kubeconfig = folder / "kubeconfig"
        self.session: Session

    def __enter__(self) -> "ControlPlane":
        try:
            self._start()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def make_namespace(self) -> str:
        """Make a namespace that pods may be created in, and return its name."""
        name = f"test-{next(self._names)}"
        self.create(
            "/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        )
        wait_until(
            lambda: self.get(f"/api/v1/namespaces/{name}/serviceaccounts/default"), "the default account"
        )
        return name

    def write_kubeconfig(self, file: Path, server: str = "", token: str = _CREDENTIAL) -> Path:
        """Write a kubeconfig for another way to the server, or for somebody else than its administrator."""
        authority = str(self._folder / "apiserver.crt")
        cluster = {"server": server or self.server, "certificate-authority": authority}
        content = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "test",
            "clusters": [{"name": "test", "cluster": cluster}],
            "users": [{"name": "user", "user": {"token": token}}],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": "user"}}],
        }
        file.write_text(yaml.safe_dump(content), encoding="utf-8")
        return file

    def get(self, path: str) -> dict[str, Any] | None:
        """An object, or None."""
        try:
            return self.session.get(path)
        except ApiError as refused:
            if refused.not_found:
                return None
            raise

    def create(self, path: str, body: dict[str, Any], manager: str = "test") -> dict[str, Any]:
        """Create an object as somebody else than Pulumi."""
        return self.session.request("POST", path, {"fieldManager": manager}, body, JSON).body

    def patch(self, path: str, body: dict[str, Any], manager: str = "somebody-else") -> dict[str, Any]:
        """Merge-patch an object (or with `/status` its status) under another field manager's name."""
        return self.session.request("PATCH", path, {"fieldManager": manager}, body, MERGE_PATCH).body

    def apply(self, path: str, body: dict[str, Any], manager: str) -> dict[str, Any]:
        """Apply an object under another field manager's name."""
        return self.session.request("PATCH", path, {"fieldManager": manager}, body, APPLY).body

    def delete(self, path: str) -> None:
        """Delete an object."""
        self.session.request("DELETE", path)

    def pods(self, namespace: str, labels: str) -> list[dict[str, Any]]:
        """The pods with the labels `key=value`."""
        found = self.session.get(f"/api/v1/namespaces/{namespace}/pods", {"labelSelector": labels})
        return list(found["items"])

    def pod(self, namespace: str, labels: str) -> dict[str, Any]:
        """The first pod with the labels, once there is one."""
        pods = wait_until(lambda: self.pods(namespace, labels), f"a pod with {labels}")
        return dict(pods[0])

    def set_pod_status(self, pod: dict[str, Any], status: dict[str, Any]) -> None:
        """Play the kubelet."""
        meta = pod["metadata"]
        path = f"/api/v1/namespaces/{meta['namespace']}/pods/{meta['name']}/status"
        self.patch(path, {"status": status}, "kubelet")

    @property
    def port(self) -> int:
        """The API server's port on 127.0.0.1."""
        return int(self.server.rpartition(":")[2])

    def token_of(self, namespace: str, rules: list[dict[str, list[str]]]) -> str:
        """A token of the namespace's default account, which may do there what the RBAC rules say."""
        roles = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}"
        kind = {"apiVersion": "rbac.authorization.k8s.io/v1", "metadata": {"name": "limited"}}
        role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "limited"}
        account = {"kind": "ServiceAccount", "name": "default", "namespace": namespace}
        self.create(f"{roles}/roles", {**kind, "kind": "Role", "rules": rules})
        self.create(
            f"{roles}/rolebindings", {**kind, "kind": "RoleBinding", "roleRef": role, "subjects": [account]}
        )
        request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
        path = f"/api/v1/namespaces/{namespace}/serviceaccounts/default/token"
        return str(self.create(path, request)["status"]["token"])

    def _start(self) -> None:
        client, peer = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
        self._run(
            "etcd",
            "--data-dir", str(self._folder / "etcd"), "--listen-client-urls", client,
            "--advertise-client-urls", client,
            "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
            "--initial-cluster", f"default={peer}",
            "--unsafe-no-fsync", "--log-level", "error",
        )  # fmt: skip
        self._write_keys()
        self._run(
            "kube", "kube-apiserver", f"--etcd-servers={client}", "--bind-address=127.0.0.1",
            "--advertise-address=127.0.0.1", f"--secure-port={self.port}",
            f"--cert-dir={self._folder}", f"--token-auth-file={self._folder / 'tokens'}",
            "--endpoint-reconciler-type=none", "--service-cluster-ip-range=10.96.0.0/16",
            "--authorization-mode=RBAC", "--anonymous-auth=false", "--service-account-issuer=https://test",
            f"--service-account-key-file={self._folder / 'sa.pub'}",
            f"--service-account-signing-key-file={self._folder / 'sa.key'}", "--v=1",
        )  # fmt: skip
        self.write_kubeconfig(self.kubeconfig)
        wait_until(self._answers, "the API server's readiness", 60)
        self._run(
            "kube", "kube-controller-manager", f"--kubeconfig={self.kubeconfig}", "--leader-elect=false",
            f"--secure-port={free_port()}", "--bind-address=127.0.0.1",
            f"--cert-dir={self._folder / 'controllers'}",
            f"--service-account-private-key-file={self._folder / 'sa.key'}", "--v=1",
        )  # fmt: skip

    def _answers(self) -> bool:
        dead = [process.args for process in self._processes if process.poll() is not None]
        assert not dead, f"{dead} ended; see the logs in {self._folder}"
        if not (self._folder / "apiserver.crt").exists():
            return False
        try:
            self.session = Session.open(Settings(kubeconfig=str(self.kubeconfig)))
            self.session.get("/readyz/poststarthook/rbac/bootstrap-roles")
            self.session.request("GET", "/readyz")
        except (UnreachableError, ApiError):
            return False
        return True

    def _write_keys(self) -> None:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        (self._folder / "sa.key").write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        (self._folder / "sa.pub").write_bytes(
            key.public_key().public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
        )
        (self._folder / "tokens").write_text(f'{_CREDENTIAL},admin,1,"system:masters"\n', encoding="utf-8")

    def _run(self, program: str, *arguments: str) -> None:
        log = (self._folder / f"{arguments[0].lstrip('-')}.log").open("wb")
        with log:
            self._processes.append(
                subprocess.Popen([self._programs / program, *arguments], stdout=log, stderr=log)
            )

    def _stop(self) -> None:
        for process in reversed(self._processes):
            process.kill()
        for process in self._processes:
            process.wait()
