"""What somebody made before the gateway's admission policies came is found and named."""

import json
import os
import subprocess
from collections.abc import Iterator

import pytest

from tests.cluster.framework import ROOT, Kubectl, StackUnderTest, run, wait_until

BINDING = ("validatingadmissionpolicybinding", "campus-voice-hosts")
OLD = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "Ingress",
    "metadata": {"name": "old-page", "namespace": "default"},
    "spec": {"defaultBackend": {"service": {"name": "page", "port": {"number": 80}}}},
}


@pytest.fixture
def old_ingress(
    dev: StackUnderTest, kubectl: Kubectl, environment: dict[str, str]
) -> Iterator[StackUnderTest]:
    """The stack, up, beside an Ingress of no class that is older than the policy against it."""
    kubectl("delete", *BINDING)
    wait_until(
        lambda: _created(environment),
        deadline=120,
        what="an Ingress of no class is let in when no policy is in force",
    )
    try:
        dev.refresh()
        dev.up()
        yield dev
    finally:
        kubectl("-n", "default", "delete", "ingress", "old-page")


def _created(environment: dict[str, str]) -> bool:
    done = subprocess.run(
        ["kubectl", "create", "--filename=-"],
        input=json.dumps(OLD),
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode == 0


def test_an_older_ingress_that_could_take_a_campuss_host_makes_the_status_unwell(
    old_ingress: StackUnderTest, environment: dict[str, str]
) -> None:
    def told() -> str | None:
        status = run(
            ROOT / ".venv/bin/python",
            "-m",
            "operations.status",
            environment={**environment, "PYTHONPATH": str(ROOT)},
            cwd=old_ingress.project,
        )
        lines = [line for line in status.stdout.splitlines() if "ingresses/old-page" in line]
        return lines[0] if lines and status.returncode == 1 else None

    line = wait_until(told, deadline=120, what="the older Ingress is named, and the exit code says so")
    for words in ("default", "NOT WELL", "may hold a virtual host"):
        assert words in line, f"where it is, and why it is refused today: {line}"
