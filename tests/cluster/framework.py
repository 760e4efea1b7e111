"""What the cluster tests stand on: the sandbox's environment, Pulumi stacks run by the real engine, waiting."""

import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pulumi import automation
from pulumi.automation.events import EngineEvent

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ("Pulumi.yaml", "Pulumi.dev.yaml", "Pulumi.campus-west.yaml", "__main__.py", "settings", "stacks")
T = TypeVar("T")
LINKED = (".venv", "components", "versions.toml")


def _command_lines() -> Iterator[str]:
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        # A process may end between being listed and being read.
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            yield path.read_bytes().replace(b"\0", b" ").decode(errors="replace")


class Sandbox:
    """A sandbox beside the user's own: with its own state, links and network."""

    def __init__(self, folder: Path) -> None:
        self.links = folder / "links"
        self._own = {"XDG_STATE_HOME": str(folder / "state"), "CAMPUS_VOICE_LINKS": str(self.links)}

    def do(self, *words: str) -> str:
        """Runs its command; fails with its own words."""
        done = run(ROOT / "sandbox/.venv/bin/campus-sandbox", *words, environment=self._own)
        assert done.returncode == 0, f"campus-sandbox {' '.join(words)}:\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def traces(self) -> dict[str, list[str]]:
        """What is left of it on the machine: mounts, links, control groups and processes."""
        state = self._own["XDG_STATE_HOME"]
        told = run(ROOT / "sandbox/.venv/bin/campus-sandbox", "status", "--json", environment=self._own)
        group = json.loads(told.stdout)["cgroup"]
        return {
            "mounts": Path("/proc/self/mountinfo").read_text().splitlines(),
            "links": sorted(name for _, name in socket.if_nameindex()),
            "control groups": sorted(str(path) for path in Path("/sys/fs/cgroup").rglob(group)),
            "processes": [words for words in _command_lines() if state in words],
        }

    def environment(self) -> dict[str, str]:
        """The variables in which kubectl and pulumi meet it."""
        return self._own | dict(line.split("=", 1) for line in self.do("env").splitlines())


def wait_until(condition: Callable[[], T | None], *, deadline: float, what: str) -> T:
    """The first truthy answer of `condition`; fails with `what` after `deadline` seconds."""
    end = time.monotonic() + deadline
    pause = threading.Event()
    while True:
        if answer := condition():
            return answer
        if time.monotonic() > end:
            raise AssertionError(f"not within {deadline:.0f} s: {what}")
        pause.wait(0.2)


@dataclass(frozen=True)
class Change:
    """What one engine run did: the operation of every resource that was not left alone."""

    operations: Mapping[str, str]
    output: str

    def named(self, operation: str) -> set[str]:
        """Resource names with this operation (create, update, delete, replace ...)."""
        return {urn.rsplit("::", 1)[1] for urn, op in self.operations.items() if op == operation}


class Recorder:
    """Collects from the engine's events what it decided for each resource."""

    def __init__(self) -> None:
        self.operations: dict[str, str] = {}

    def __call__(self, event: EngineEvent) -> None:
        if event.resource_pre_event is not None:
            metadata = event.resource_pre_event.metadata
            if metadata.op.value not in {"same", "read"} and not metadata.type.startswith(
                "pulumi:pulumi:Stack"
            ):
                self.operations[metadata.urn] = metadata.op.value


class StackUnderTest:
    """One stack of a copy of the program, so that a test may edit the stack's file."""

    def __init__(self, project: Path, name: str, environment: Mapping[str, str]) -> None:
        self.project, self.name, self._environment = project, name, environment
        self.file = project / f"Pulumi.{name}.yaml"
        self.stack = automation.create_or_select_stack(
            stack_name=name,
            work_dir=str(project),
            opts=automation.LocalWorkspaceOptions(env_vars=dict(environment)),
        )

    @contextlib.contextmanager
    def as_before(self) -> Iterator[None]:
        """Whatever is done meanwhile, the file is as before afterwards and the cluster agrees with it."""
        before = self.file.read_text()
        try:
            yield
        finally:
            self.file.write_text(before)
            self.up(refresh=True)

    def up(self, *, refresh: bool = False) -> Change:
        """`pulumi up`, looking at the live objects first when `refresh` is set."""
        recorder = Recorder()
        result = self.stack.up(on_event=recorder, refresh=refresh or None)
        return Change(recorder.operations, result.stdout)

    def preview(self, *, refresh: bool = False) -> Change:
        """`pulumi preview`, comparing with the live objects first when `refresh` is set."""
        recorder = Recorder()
        result = self.stack.preview(on_event=recorder, refresh=refresh or None)
        return Change(recorder.operations, result.stdout)

    def expects_no_changes(self) -> bool:
        """Whether `pulumi preview --refresh --expect-no-changes` is content."""
        return self.pulumi("preview", "--refresh", "--expect-no-changes").returncode == 0

    def pulumi(self, *words: str) -> subprocess.CompletedProcess[str]:
        """A command of the engine's, as a person types it."""
        return run(
            "pulumi",
            *words,
            "--non-interactive",
            "--stack",
            self.name,
            environment=self._environment,
            cwd=self.project,
        )

    def refresh(self) -> Change:
        """`pulumi refresh`."""
        recorder = Recorder()
        result = self.stack.refresh(on_event=recorder)
        return Change(recorder.operations, result.stdout)

    def destroy(self) -> Change:
        """`pulumi destroy`."""
        recorder = Recorder()
        result = self.stack.destroy(on_event=recorder)
        return Change(recorder.operations, result.stdout)

    def outputs(self) -> dict[str, Any]:
        """The stack's outputs as plain values."""
        return {key: output.value for key, output in self.stack.outputs().items()}


def copy_of_the_program(folder: Path, links: Path) -> Path:
    """The program in a folder of its own; what tests never edit is linked."""
    for name in PROGRAM:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(source, folder / name)
    for name in LINKED:
        (folder / name).symlink_to(ROOT / name)
    (folder / ".sandbox").symlink_to(links)
    return folder


def copy_of_an_example(folder: Path, name: str) -> Path:
    """An example in a folder of its own, which runs in the program's environment."""
    source = ROOT / "examples" / name
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns("__pycache__", ".venv"), dirs_exist_ok=True)
    (folder / ".venv").symlink_to(ROOT / ".venv")
    return folder


def run(
    *command: str | Path, environment: Mapping[str, str], cwd: Path = ROOT, typed: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Runs a command as a person would, who types what it asks for; the caller judges code and words."""
    return subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**os.environ, **environment},
        input=typed,
        capture_output=True,
        text=True,
        check=False,
    )


class Kubectl:
    """What a person does to the cluster by hand."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    def __call__(self, *arguments: str) -> str:
        """Runs kubectl; fails with its own words."""
        done = run("kubectl", *arguments, environment=self._environment)
        assert done.returncode == 0, f"kubectl {' '.join(arguments)}: {done.stderr}"
        return done.stdout

    def live(self, namespace: str, kind: str, name: str) -> dict[str, Any]:
        """One live object."""
        found: dict[str, Any] = json.loads(self("-n", namespace, "get", kind, name, "-o", "json"))
        return found

    def edit(self, namespace: str, kind: str, name: str, path: str, value: object) -> None:
        """Replaces one value, found by its JSON pointer."""
        change = [{"op": "replace", "path": path, "value": value}]
        self("-n", namespace, "patch", kind, name, "--type=json", f"--patch={json.dumps(change)}")

    @contextlib.contextmanager
    def forwarded(self, namespace: str, target: str, port: int) -> Iterator[int]:
        """A port of the loopback that leads to a port of a pod, behind every NetworkPolicy."""
        command = ["kubectl", "-n", namespace, "port-forward", target, f":{port}"]
        variables = {**os.environ, **self._environment}
        with subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, text=True) as forward:
            try:
                assert forward.stdout is not None
                told = re.search(r"127\.0\.0\.1:(\d+)", forward.stdout.readline())
                assert told, "kubectl tells the port it forwards"
                yield int(told[1])
            finally:
                forward.terminate()

    def renew(self, namespace: str, certificate: str) -> None:
        """Says that a certificate is due, by the condition that cert-manager itself sets when it is."""
        due = {
            "type": "Issuing",
            "status": "True",
            "reason": "ManuallyTriggered",
            "message": "renewed by hand",
            "lastTransitionTime": self.live(namespace, "certificate", certificate)["status"]["notBefore"],
        }
        change = json.dumps([{"op": "add", "path": "/status/conditions/-", "value": due}])
        words = ("patch", "certificate", certificate, "--subresource=status", "--type=json")
        self("-n", namespace, *words, f"--patch={change}")
