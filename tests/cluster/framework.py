"""What the cluster tests stand on: the sandbox's environment, Pulumi stacks run by the real engine, waiting."""

import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

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
    """The first truthy answer of `condition`; fails with `what` after `deadline` seconds.

    Between two looks twice the time of a look passes, up to two seconds, so that what is waited for has a machine to
    run on; the last look is at the deadline.
    """
    end = time.monotonic() + deadline
    pause = threading.Event()
    while True:
        began = time.monotonic()
        if answer := condition():
            return answer
        now = time.monotonic()
        if now > end:
            raise AssertionError(f"not within {deadline:.0f} s: {what}")
        pause.wait(min(max(0.2, 2 * (now - began)), 2, max(0.2, end - now)))


@dataclass(frozen=True)
class Change:
    """What one engine run did, or would do: the operation of every resource that was not left alone."""

    operations: Mapping[str, str]

    def named(self, operation: str) -> set[str]:
        """Resource names with this operation (create, update, delete, replace ...)."""
        return {urn.rsplit("::", 1)[1] for urn, op in self.operations.items() if op == operation}

    @property
    def names(self) -> list[str]:
        """The name of each resource that was not left alone, in alphabetical order."""
        return sorted(urn.rsplit("::", 1)[1] for urn in self.operations)

    @classmethod
    def told_by(cls, events: Path) -> "Change":
        """What the engine wrote down; it must have written to the end.

        A refresh is announced as such, and is counted as what it has found.
        """
        decided: dict[str, str] = {}
        told = [json.loads(line) for line in events.read_text().splitlines()]
        assert any("summaryEvent" in event for event in told), (
            "an engine that wrote nothing down proves nothing"
        )
        for event in told:
            for kind in ("resourcePreEvent", "resOutputsEvent"):
                if (step := event.get(kind, {}).get("metadata")) and _counts(step):
                    decided[step["urn"]] = step["op"]
        return cls(decided)


def _counts(step: Mapping[str, Any]) -> bool:
    return step["op"] not in {"same", "read", "refresh"} and not step["type"].startswith(
        "pulumi:pulumi:Stack"
    )


class StackUnderTest:
    """One stack of a copy of the program, so that a test may edit the stack's file."""

    def __init__(self, project: Path, name: str, environment: Mapping[str, str]) -> None:
        self.project, self.name, self._environment = project, name, environment
        self.file = project / f"Pulumi.{name}.yaml"
        self._done("stack", "select", "--create")

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
        return self._change("up", "--yes", "--skip-preview", *(["--refresh"] if refresh else []))

    def preview(self) -> Change:
        """`pulumi preview`."""
        return self._change("preview")

    def expects_no_changes(self) -> bool:
        """Whether `pulumi preview --refresh --expect-no-changes` is content."""
        return self.pulumi("preview", "--refresh", "--expect-no-changes").returncode == 0

    def pulumi(self, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """A command of the engine's, as a person types it."""
        command = ("pulumi", *words, "--non-interactive", "--stack", self.name)
        return run(*command, environment={**self._environment, **variables}, cwd=self.project)

    def refresh(self) -> Change:
        """`pulumi refresh`."""
        return self._change("refresh", "--yes", "--skip-preview")

    def destroy(self) -> Change:
        """`pulumi destroy`."""
        return self._change("destroy", "--yes", "--skip-preview")

    def outputs(self) -> dict[str, Any]:
        """The stack's outputs as plain values."""
        told: dict[str, Any] = json.loads(self._done("stack", "output", "--json", "--show-secrets"))
        return told

    def told(self, *words: str, fails: bool = False) -> tuple[str, Change]:
        """What a command of the engine's says, and what it did or would do."""
        with tempfile.TemporaryDirectory() as folder:
            events = Path(folder, "events.json")
            # The engine writes its events down only where its debugging options are allowed.
            done = self.pulumi(*words, "--event-log", str(events), PULUMI_DEBUG_COMMANDS="true")
            said = f"pulumi {' '.join(words)}:\n{done.stdout}\n{done.stderr}"
            assert (done.returncode != 0) is fails, f"ended with {done.returncode}: {said}"
            return done.stdout, Change.told_by(events)

    def _change(self, *words: str) -> Change:
        return self.told(*words)[1]

    def _done(self, *words: str) -> str:
        done = self.pulumi(*words)
        assert done.returncode == 0, f"pulumi {' '.join(words)}:\n{done.stdout}\n{done.stderr}"
        return done.stdout


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
