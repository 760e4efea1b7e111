"""A tenant who has gone astray: a ServiceAccount with rights in its own namespace, and a pod there."""

import json
import subprocess
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from tests.cluster.framework import ROOT, Kubectl, run, wait_until

ACCOUNT = "rival"
POD = "rival"
PAGE = "what the rival wants to be read"
PATH = "/rival"
PAGE_PORT = 7860
"""That of the speech server, for which the tenant's own may be taken."""

PATIENCE_SECONDS = 2
"""Enough for an answer on a busy machine, short enough to wait for one that must not come."""

TIMED_OUT = "timed out"
HUNG_UP = "the other side took the connection and hung up"


class Attacker:
    """The tenant of one namespace.

    It may there do all that the built-in role `edit` allows, and make HTTPProxies, Ingresses and Certificates
    beyond what the platform grants, so that a refusal is that of the gateway's own protection.
    """

    def __init__(self, environment: Mapping[str, str], folder: Path) -> None:
        self._environment, self._folder = environment, folder
        self._admin = Kubectl(environment)
        self.namespace = "tenant-test-rival"

    def __enter__(self) -> Self:
        self._admin("create", "-f", str(self._written("tenant", _tenant(self.namespace))))
        self._admin("-n", self.namespace, "wait", "--for=condition=Ready", "--timeout=60s", f"pod/{POD}")
        return self

    def __exit__(self, *_: object) -> None:
        self._admin("delete", "namespace", self.namespace)

    def kubectl(self, *words: str) -> subprocess.CompletedProcess[str]:
        """What the tenant does to the cluster."""
        identity = f"--as=system:serviceaccount:{self.namespace}:{ACCOUNT}"
        return run("kubectl", identity, "-n", self.namespace, *words, environment=self._environment)

    def create(
        self, manifest: Mapping[str, Any], *, pretend: bool = False
    ) -> subprocess.CompletedProcess[str]:
        """Create an object, or let the API server only say what it would do."""
        file = self._written(manifest["kind"], [manifest])
        return self.kubectl("create", "-f", str(file), *(["--dry-run=server"] if pretend else []))

    def fetch(self, address: str, port: int, path: str, **headers: str) -> str:
        """What the pod hears from a port: what it is sent, else why it hears nothing."""
        sent = {"Host": address, "Connection": "close", **headers}
        lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in sent.items()), "", ""]
        request = "\\r\\n".join(lines)
        ask = f"printf '{request}' | busybox nc -w {PATIENCE_SECONDS} {address} {port}"
        done = self.kubectl("exec", POD, "--", "sh", "-c", ask)
        return done.stdout + done.stderr or HUNG_UP

    def _written(self, name: str, manifests: Sequence[Mapping[str, Any]]) -> Path:
        file = self._folder / f"{name}.json"
        file.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": list(manifests)}))
        return file


@contextmanager
def unguarded(
    kubectl: Kubectl, attacker: Attacker, policy: str, attempt: Mapping[str, Any]
) -> Iterator[None]:
    """The cluster while an admission policy, which refuses `attempt`, only takes notes; afterwards it denies again."""
    audit = {"op": "replace", "path": "/spec/validationActions", "value": ["Audit"]}
    with edited(kubectl, "default", "validatingadmissionpolicybinding", policy, audit):
        wait_until(
            lambda: attacker.create(attempt, pretend=True).returncode == 0,
            deadline=120,
            what=f"{policy} lets everything in",
        )
        yield
    wait_until(
        lambda: policy in attacker.create(attempt, pretend=True).stderr,
        deadline=120,
        what=f"{policy} denies again",
    )


@contextmanager
def edited(
    kubectl: Kubectl, namespace: str, kind: str, name: str, *changes: Mapping[str, object]
) -> Iterator[None]:
    """An object with some JSON Patch operations applied; its `spec` is put back afterwards."""
    before = kubectl.live(namespace, kind, name)["spec"]
    kubectl("-n", namespace, "patch", kind, name, "--type=json", f"--patch={json.dumps(changes)}")
    try:
        yield
    finally:
        kubectl.edit(namespace, kind, name, "/spec", before)


def _tenant(namespace: str) -> list[Mapping[str, Any]]:
    """The namespace, which enforces the Pod Security level of every campus's, and what is in it."""
    rbac = "rbac.authorization.k8s.io"
    beyond = {
        "projectcontour.io": "httpproxies",
        "networking.k8s.io": "ingresses",
        "cert-manager.io": "certificates",
    }
    subject = {"kind": "ServiceAccount", "name": ACCOUNT, "namespace": namespace}
    return [
        {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {"name": namespace, "labels": {"pod-security.kubernetes.io/enforce": "restricted"}},
        },
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": _named(ACCOUNT, namespace)},
        {
            "apiVersion": f"{rbac}/v1",
            "kind": "Role",
            "metadata": _named("beyond", namespace),
            "rules": [
                {"apiGroups": [group], "resources": [kind], "verbs": ["*"]} for group, kind in beyond.items()
            ],
        },
        *(
            {
                "apiVersion": f"{rbac}/v1",
                "kind": "RoleBinding",
                "metadata": _named(role, namespace),
                "roleRef": {"apiGroup": rbac, "kind": kind, "name": role},
                "subjects": [subject],
            }
            for kind, role in (("ClusterRole", "edit"), ("Role", "beyond"))
        ),
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": _named(POD, namespace),
            "spec": {"selector": {"app": POD}, "ports": [{"port": 80, "targetPort": PAGE_PORT}]},
        },
        _pod(namespace),
    ]


def _named(name: str, namespace: str) -> dict[str, Any]:
    return {"name": name, "namespace": namespace}


def _pod(namespace: str) -> Mapping[str, Any]:
    """A shell and a web server."""
    busybox = tomllib.loads((ROOT / "versions.toml").read_text())["busybox"]["version"]
    serve = f"echo '{PAGE}' > /page{PATH}; exec busybox httpd -f -p {PAGE_PORT} -h /page"
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {**_named(POD, namespace), "labels": {"app": POD}},
        "spec": {
            "automountServiceAccountToken": False,
            "containers": [
                {
                    "name": POD,
                    "image": f"docker.io/library/busybox:{busybox}",
                    "imagePullPolicy": "IfNotPresent",
                    "command": ["sh", "-c", serve],
                    "readinessProbe": {"httpGet": {"path": PATH, "port": PAGE_PORT}, "periodSeconds": 1},
                    "securityContext": {
                        "allowPrivilegeEscalation": False,
                        "capabilities": {"drop": ["ALL"]},
                        "readOnlyRootFilesystem": True,
                    },
                    "volumeMounts": [{"name": "page", "mountPath": "/page"}],
                }
            ],
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": 65534,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "terminationGracePeriodSeconds": 0,
            "volumes": [{"name": "page", "emptyDir": {}}],
        },
    }
