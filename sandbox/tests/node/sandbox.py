"""The sandbox as a user drives it: by its command, in a state folder of the tests' own."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from campus_sandbox.build.images import busybox_image
from campus_sandbox.paths import Paths
from campus_sandbox.versions import Versions


@dataclass(frozen=True)
class Sandbox:
    """A sandbox with its own state and the machine's usual cache."""

    state_home: Path

    @property
    def variables(self) -> Mapping[str, str]:
        """The environment of its command."""
        links = str(self.state_home / "links")
        return {**os.environ, "XDG_STATE_HOME": str(self.state_home), "CAMPUS_VOICE_LINKS": links}

    @property
    def paths(self) -> Paths:
        """Where it keeps things."""
        return Paths.from_environment(self.variables)

    @property
    def busybox(self) -> str:
        """An image with a shell and, as `busybox NAME`, `nc`, `nslookup` and `httpd`."""
        return busybox_image(Versions.read(self.paths.repository))

    def command(self, *words: str) -> list[str]:
        """Its command line."""
        return [sys.executable, "-m", "campus_sandbox", *words]

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run its command to the end."""
        return subprocess.run(
            self.command(*words), env=self.variables, capture_output=True, text=True, check=False
        )

    def do(self, *words: str) -> str:
        """Run its command, which must succeed; returns what it said to the user."""
        done = self.run(*words)
        assert done.returncode == 0, f"`campus-sandbox {' '.join(words)}` failed:\n{done.stdout}{done.stderr}"
        return done.stderr

    def status(self) -> dict[str, Any]:
        """What `status --json` tells."""
        told: dict[str, Any] = json.loads(self.run("status", "--json").stdout)
        return told

    def first_process(self) -> int:
        """The node's first process, in the machine's numbers."""
        return int((self.paths.node_state / "pid").read_text())

    def inside(self, *argv: str) -> str:
        """What a program of the node's root file system prints there."""
        enter = ["nsenter", "--target", str(self.first_process()), "--mount", "--net", "--pid", "--"]
        return subprocess.run([*enter, *argv], capture_output=True, text=True, check=True).stdout

    def kubectl(self, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run kubectl as the cluster's administrator."""
        program = [str(self.paths.bin / "kubectl"), f"--kubeconfig={self.paths.kubeconfig}", *words]
        return subprocess.run(program, input=stdin, capture_output=True, text=True, check=False)

    def get(self, *words: str) -> dict[str, Any]:
        """An object or list; it must exist."""
        done = self.kubectl("get", *words, "--output=json")
        assert done.returncode == 0, done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def apply(self, *manifests: Mapping[str, Any]) -> None:
        """Apply objects; the API server must let them in."""
        done = self.try_apply(*manifests)
        assert done.returncode == 0, done.stderr

    def try_apply(
        self, *manifests: Mapping[str, Any], flags: Sequence[str] = ()
    ) -> subprocess.CompletedProcess[str]:
        """Apply objects."""
        objects = json.dumps({"apiVersion": "v1", "kind": "List", "items": manifests})
        return self.kubectl("apply", *flags, "--filename=-", stdin=objects)

    def shell(self, pod: str, script: str) -> subprocess.CompletedProcess[str]:
        """Run a shell script in a pod of the namespace `default`."""
        return self.kubectl("exec", pod, "--", "sh", "-c", script)

    def wait_ready(self, *pods: str) -> None:
        """Wait until pods of the namespace `default` are ready."""
        done = self.kubectl("wait", "--for=condition=Ready", "--timeout=60s", *(f"pod/{pod}" for pod in pods))
        assert done.returncode == 0, done.stderr + self.kubectl("describe", "pods").stdout
