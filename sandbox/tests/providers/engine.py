"""The real Pulumi engine on small Python programs, with a file backend of its own."""

import json
import os
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from campus_sandbox.paths import Owner, Paths
from campus_sandbox.pulumi_home import prepare_pulumi_home
from campus_sandbox.versions import Versions

_PRELUDE = """
import pulumi
import pulumi_kubernetes as k8s
import pulumi_random as random
from pulumi import ResourceOptions
"""


@dataclass(frozen=True)
class Result:
    """How a command of the CLI ended."""

    code: int
    output: str

    def expect_success(self) -> "Result":
        """Itself; fails with the output otherwise."""
        assert self.code == 0, self.output
        return self

    def expect_failure(self) -> str:
        """The output; fails if there was no failure."""
        assert self.code != 0, f"this must fail:\n{self.output}"
        return self.output


class Engine:
    """One project with one stack, `dev`."""

    def __init__(self, programs: Path, kubeconfig: Path, folder: Path) -> None:
        self.folder = folder
        self._project = folder / "project"
        self._project.mkdir()
        self.paths = _paths(programs, folder)
        prepare_pulumi_home(self.paths, Versions.read(self.paths.repository), lambda _: None, lambda _: False)
        self._environment = {
            "PATH": os.pathsep.join((str(self.paths.pulumi_bin), "/usr/bin", "/bin")),
            "HOME": str(folder),
            "KUBECONFIG": str(kubeconfig),
            "PULUMI_HOME": str(self.paths.pulumi_home),
            "PULUMI_BACKEND_URL": f"file://{self.paths.pulumi_backend}",
            "PULUMI_CONFIG_PASSPHRASE": "test",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        }
        project = {"name": "test", "runtime": {"name": "python", "options": {"virtualenv": sys.prefix}}}
        (self._project / "Pulumi.yaml").write_text(yaml.safe_dump(project), encoding="utf-8")
        self.run("stack", "init", "dev").expect_success()

    def program(self, source: str) -> None:
        """Replace the program; `pulumi`, `k8s`, `random` and `ResourceOptions` are imported."""
        (self._project / "__main__.py").write_text(_PRELUDE + textwrap.dedent(source), encoding="utf-8")

    def set_config(self, key: str, value: str) -> None:
        """Set a configuration value of the stack."""
        self.run("config", "set", key, value).expect_success()

    def set_environment(self, key: str, value: str) -> None:
        """Set a variable for all further commands."""
        self._environment[key] = value

    def run(self, *arguments: str) -> Result:
        """Run the CLI."""
        command = [self.paths.pulumi_bin / "pulumi", *arguments, "--non-interactive"]
        done = subprocess.run(
            command,
            cwd=self._project,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
        return Result(done.returncode, done.stdout)

    def up(self) -> Result:
        """`pulumi up` without a preview."""
        return self.run("up", "--yes", "--skip-preview", "--color", "never")

    def plan(self, *arguments: str) -> dict[str, str]:
        """`pulumi preview`: resource name to operation, for all that do not stay the same."""
        answer = self.run("preview", "--json", *arguments)
        steps = json.loads(answer.output[answer.output.index("{") :])["steps"]
        return {step["urn"].rpartition("::")[2]: step["op"] for step in steps if step["op"] != "same"}

    def state(self) -> str:
        """The whole checkpoint as it lies on disk."""
        folder = self.paths.pulumi_backend / ".pulumi" / "stacks" / "test"
        return "".join(file.read_text(encoding="utf-8") for file in sorted(folder.glob("dev.json*")))

    def outputs(self) -> dict[str, Any]:
        """Stack outputs, with secrets shown."""
        answer = self.run("stack", "output", "--json", "--show-secrets").expect_success()
        return dict(json.loads(answer.output))


def _paths(programs: Path, folder: Path) -> Paths:
    cache, repository = folder / "cache", Path(__file__).resolve().parents[3]
    cache.mkdir()
    (cache / "bin").symlink_to(programs)
    return Paths(
        repository, cache, folder / "state", Owner(os.getuid(), os.getgid(), folder), folder / "links"
    )
