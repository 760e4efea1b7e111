"""The real Pulumi engine on small Python programs, with a file backend of its own."""

import json
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from campus_sandbox.environment import environment
from campus_sandbox.paths import PRODUCT, REPOSITORY, Owner, Paths
from campus_sandbox.pulumi_home import prepare_pulumi_home
from campus_sandbox.versions import Versions

from .control_plane import wait_until

_PRELUDE = """
import pulumi
import pulumi_kubernetes as k8s
import pulumi_random as random
from pulumi import ResourceOptions
"""
_UP = ("up", "--yes", "--skip-preview", "--color", "never")


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
        self._sessions: list[int] = []
        self._project = folder / "project"
        self._project.mkdir()
        self.paths = _paths(programs, folder)
        prepare_pulumi_home(self.paths, Versions.read(self.paths.repository), lambda _: None, lambda _: False)
        self.paths.kubeconfig.write_bytes(kubeconfig.read_bytes())
        self._environment = {**environment(self.paths, "/usr/bin:/bin"), "HOME": str(folder)}
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
        return self._result([self.paths.pulumi_bin / "pulumi", *arguments, "--non-interactive"], {})

    def in_sandbox(self, *command: str) -> Result:
        """Run a command as `make` does."""
        own = {"XDG_CACHE_HOME": str(self.folder / "cache"), "XDG_STATE_HOME": str(self.folder / "state")}
        return self._result([sys.executable, "-m", "campus_sandbox", "exec", "--", *command], own)

    def up_killed(self, when: Callable[[], Any], what: str) -> int:
        """`pulumi up`, killed as soon as `when` answers something true; returns its process number."""
        command = [self.paths.pulumi_bin / "pulumi", *_UP, "--non-interactive"]
        printed = self.folder / "killed.log"
        with printed.open("wb") as log:
            process = subprocess.Popen(
                command,
                cwd=self._project,
                env=self._environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._sessions.append(process.pid)

        def is_time() -> Any:
            assert process.poll() is None, f"it ended before {what}:\n{printed.read_text(encoding='utf-8')}"
            return when()

        try:
            wait_until(is_time, what, 60)
        finally:
            process.kill()
            process.wait()
        return process.pid

    def left_behind(self, program: str = "") -> list[int]:
        """The processes that killed engines left, of those whose command line has `program` in it."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            # One that ends meanwhile is not left.
            with suppress(FileNotFoundError, ProcessLookupError):
                command = (folder / "cmdline").read_text(encoding="utf-8", errors="replace")
                if program in command and os.getsid(int(folder.name)) in self._sessions:
                    found.append(int(folder.name))
        return found

    def clear(self) -> None:
        """End what killed engines left: a program and its language host do not notice."""
        for process in self.left_behind():
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)

    def up(self) -> Result:
        """`pulumi up` without a preview."""
        return self.run(*_UP)

    def plan(self, *arguments: str) -> dict[str, str]:
        """`pulumi preview`: resource name to operation, for all that do not stay the same."""
        answer = self.run("preview", "--json", *arguments)
        steps = json.loads(answer.output[answer.output.index("{") :])["steps"]
        return {step["urn"].rpartition("::")[2]: step["op"] for step in steps if step["op"] != "same"}

    def _result(self, command: Sequence[str | Path], more: Mapping[str, str]) -> Result:
        done = subprocess.run(
            command,
            cwd=self._project,
            env={**self._environment, **more},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
        return Result(done.returncode, done.stdout)

    def state(self) -> str:
        """The whole checkpoint as it lies on disk."""
        folder = self.paths.pulumi_backend / ".pulumi" / "stacks" / "test"
        return "".join(file.read_text(encoding="utf-8") for file in sorted(folder.glob("dev.json*")))

    def resources(self) -> list[dict[str, Any]]:
        """The resources that the state records."""
        answer = self.run("stack", "export").expect_success()
        return list(json.loads(answer.output)["deployment"]["resources"])

    def outputs(self) -> dict[str, Any]:
        """Stack outputs, with secrets shown."""
        answer = self.run("stack", "output", "--json", "--show-secrets").expect_success()
        return dict(json.loads(answer.output))


def _paths(programs: Path, folder: Path) -> Paths:
    cache = folder / "cache" / PRODUCT
    cache.mkdir(parents=True)
    (cache / "bin").symlink_to(programs)
    owner = Owner(os.getuid(), os.getgid(), folder)
    return Paths(REPOSITORY, cache, folder / "state" / PRODUCT, owner, folder / "links")
