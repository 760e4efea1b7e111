"""Backups by hand: the documented commands, the files of the volumes, and runs of the Job."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.cluster.framework import ROOT, Kubectl, StackUnderTest, run, wait_until
from tests.cluster.guides import commands

GUIDE: Final = "back-up-and-restore.md"
NAMESPACE: Final = "voice"
SECRET: Final = "cosyvoice-backup"
CLAIM: Final = "cosyvoice-backup-pvc"
PYTHON: Final = "/usr/bin/python3.11"
SERVER: Final = ("voice", "deployment/cosyvoice", "cosyvoice")
VOICES: Final = "/root/CosyVoice/voices"
_FOLDERS: Final = ("/root/CosyVoice/outputs", VOICES)

_TREE: Final = """
import hashlib, json, pathlib, sys
found = {}
for folder in sys.argv[1:]:
    for path in sorted(pathlib.Path(folder).rglob("*")):
        if path.is_file():
            about = path.stat()
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            found[str(path)] = [digest, about.st_size, about.st_uid, oct(about.st_mode), about.st_mtime_ns]
print(json.dumps(found))
"""
_WRITE: Final = """
import pathlib, sys
path = pathlib.Path(sys.argv[1])
path.parent.mkdir(parents=True, exist_ok=True)
path.write_text(sys.argv[2])
path.chmod(0o600)
"""
_HOLDS: Final = """
import pathlib, sys
words = sys.argv[2].encode()
print(any(words in path.read_bytes() for path in pathlib.Path(sys.argv[1]).rglob("*") if path.is_file()))
"""
_FLIP: Final = """
import pathlib, sys
path = max(pathlib.Path(sys.argv[1]).rglob("data/*/*"), key=lambda path: path.stat().st_size)
path.chmod(0o600)
content = bytearray(path.read_bytes())
content[len(content) // 2] ^= 0xFF
path.write_bytes(content)
"""
_REMOVE: Final = """
import pathlib, shutil, sys
for folder in sys.argv[1:]:
    for path in pathlib.Path(folder).iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
"""

Tree = dict[str, list[Any]]


@dataclass(frozen=True)
class Reader:
    """A container with Python that sees some folders."""

    kubectl: Kubectl
    namespace: str
    target: str
    container: str

    def tree(self, *folders: str) -> Tree:
        """Every file below: its SHA-256, size, owner, mode and time."""
        found: Tree = json.loads(self._run(_TREE, *folders))
        return found

    def write(self, path: str, text: str) -> None:
        """Write a file that its owner alone may read."""
        self._run(_WRITE, path, text)

    def holds(self, folder: str, words: str) -> bool:
        """Whether a file below has these words in clear."""
        return self._run(_HOLDS, folder, words).strip() == "True"

    def damage(self, folder: str) -> None:
        """Turn one byte of the largest pack of the repository below, and once more to mend it."""
        self._run(_FLIP, folder)

    def empty(self, *folders: str) -> None:
        """Remove everything below."""
        self._run(_REMOVE, *folders)

    def _run(self, code: str, *arguments: str) -> str:
        words = ("-n", self.namespace, "exec", self.target, "-c", self.container, "--", PYTHON, "-c", code)
        return self.kubectl(*words, *arguments)


class Backups:
    """The backups of the stack `dev`."""

    def __init__(self, stack: StackUnderTest, kubectl: Kubectl, environment: dict[str, str]) -> None:
        self._stack, self._kubectl, self._environment = stack, kubectl, environment
        self.server = Reader(kubectl, *SERVER)

    def ask_for(self, settings: str) -> None:
        """Give the stack a backup of these settings, as written below `campus-voice:backup:`."""
        lines = "".join(f"    {line}\n" for line in ["secret: cosyvoice-backup", *settings.split("\n")])
        text = self._stack.file.read_text().split("  campus-voice:backup:\n", maxsplit=1)[0]
        self._stack.file.write_text(f"{text}  campus-voice:backup:\n{lines}")
        self._stack.up()

    def follow(self, heading: str, block: int = 0, **changes: str) -> None:
        """Do what the guide says in a block of commands below a heading."""
        told = commands(GUIDE, heading, block, changes=changes)
        done = run("sh", "-ec", told, environment=self._environment, cwd=self._stack.project)
        assert done.returncode == 0, f"{heading}: {done.stdout}{done.stderr}{self.why()}"

    def forget_runs(self) -> None:
        """Remove the Jobs of earlier runs."""
        self._kubectl("-n", NAMESPACE, "delete", "job", "--all", "--wait")

    def run(self, *, extra: Sequence[str] = ()) -> bool:
        """Run a backup to its end, with `extra` arguments of its step `save`; whether it succeeded."""
        self.forget_runs()
        source = ("--from=cronjob/cosyvoice-backup", "--dry-run=client", "-o", "json")
        job = json.loads(self._kubectl("-n", NAMESPACE, "create", "job", "run", *source))
        (save,) = (
            step for step in job["spec"]["template"]["spec"]["initContainers"] if step["name"] == "save"
        )
        save["args"] += extra
        file = Path(self._stack.project) / "run.json"
        file.write_text(json.dumps(job))
        self._kubectl("create", "-f", str(file))
        try:
            return wait_until(self._ended, deadline=300, what="a backup ends") == "Complete"
        except AssertionError as late:
            raise AssertionError(f"{late}{self.why()}") from late

    def why(self) -> str:
        """What the newest runs wrote."""
        pods = ("logs", "-l", "app.kubernetes.io/name=cosyvoice-backup", "--all-containers", "--prefix")
        told = run("kubectl", "-n", NAMESPACE, *pods, environment=self._environment)
        return f"\n{told.stdout}{told.stderr}"

    def status(self) -> str:
        """The row of the backup in `make status`."""
        words = ("-m", "operations.status", "--stack", self._stack.name)
        told = run(
            ROOT / ".venv/bin/python",
            *words,
            environment={**self._environment, "PYTHONPATH": str(ROOT)},
            cwd=self._stack.project,
        )
        rows = [line for line in told.stdout.splitlines() if "backup cosyvoice-backup" in line]
        assert len(rows) == 1, f"make status has a row for the backup: {told.stdout}{told.stderr}"
        return rows[0]

    def held(self) -> bool:
        """Whether the nightly runs are held."""
        return bool(self._kubectl.live(NAMESPACE, "cronjob", "cosyvoice-backup")["spec"]["suspend"])

    def people_made(self) -> Tree:
        """Every recording and every voice, without what the server keeps beside them for itself."""
        everything = self.server.tree(*_FOLDERS)
        return {path: about for path, about in everything.items() if not Path(path).name.startswith(".")}

    def lose_every_file(self) -> None:
        """Remove every recording and every voice."""
        self.server.empty(*_FOLDERS)

    def _ended(self) -> str | None:
        conditions = self._kubectl.live(NAMESPACE, "job", "run")["status"].get("conditions", [])
        ended = [one["type"] for one in conditions if one["type"] in {"Complete", "Failed"}]
        return ended[0] if ended else None
