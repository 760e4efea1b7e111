"""`make preview`: what `pulumi up` would do, against the stack's cluster or, without any, as YAML files."""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

from operations.command import carry_out
from operations.errors import OperationError

PROJECT = Path(__file__).resolve().parents[1]

RENDERED = ("0-crd", "1-manifest")
"""Folders that Pulumi's Kubernetes provider writes, and that a rendering replaces."""

MANIFESTS = Path(".sandbox/manifests")
"""Upstream manifests that the sandbox keeps; they spare a rendering the download."""

LEFT_OUT = "left out of the rendering"
"""Stands for each value of a Secret: a rendering's own would be those of a throw-away run."""

_SECRETS = ("encryptionsalt", "encryptedkey", "secretsprovider")


def main(arguments: Sequence[str]) -> int:
    """Preview or render a stack; the exit code is Pulumi's."""
    parser = argparse.ArgumentParser(prog="python -m operations.preview", description=__doc__)
    parser.add_argument("--stack", default="dev", help="the Pulumi stack (default: dev)")
    parser.add_argument("--render", type=Path, help="folder for YAML files; no cluster is contacted")
    given = parser.parse_args(arguments)
    pulumi = shutil.which("pulumi")
    if pulumi is None:
        raise OperationError(
            f"Stack {given.stack} cannot be previewed",
            "there is no `pulumi` on PATH",
            "`make sandbox` brings one; for a cluster of your own install the Pulumi CLI.",
        )
    if given.render is None:
        return subprocess.run(
            [pulumi, "preview", "--stack", given.stack], cwd=PROJECT, check=False
        ).returncode
    return render(pulumi, given.stack, stack_file(given.stack), given.render)


def stack_file(stack: str) -> Path:
    """The file of `stack`; raises OperationError when there is none."""
    file = PROJECT / f"Pulumi.{stack}.yaml"
    if not file.is_file():
        there = ", ".join(sorted(other.name.split(".")[1] for other in PROJECT.glob("Pulumi.*.yaml")))
        raise OperationError(
            f"Stack {stack} cannot be previewed", f"there is no {file.name}", f"Choose one of {there}."
        )
    return file


def render(pulumi: str, stack: str, file: Path, target: Path) -> int:
    """Write the objects of `stack` to `target` as YAML, by a run that nobody remembers.

    The program runs in a copy of the project with a backend of its own: neither the stack's state nor its
    file is touched. Raises OperationError when the stack cannot be rendered.
    """
    settings = renderable(file)
    with tempfile.TemporaryDirectory(prefix="campus-voice-render-") as folder:
        project, state, output = (Path(folder, name) for name in ("project", "state", "output"))
        for made in (project, state):
            made.mkdir()
        for entry in PROJECT.iterdir():
            if not entry.name.startswith(("Pulumi.", ".git")):
                (project / entry.name).symlink_to(entry)
        shutil.copyfile(PROJECT / "Pulumi.yaml", project / "Pulumi.yaml")
        (project / file.name).write_text(without_secrets(file.read_text(encoding="utf-8")), encoding="utf-8")
        added = {"kubernetes:renderYamlToDirectory": str(output)}
        if "campus-voice:manifests" not in settings and (PROJECT / MANIFESTS).exists():
            added["campus-voice:manifests"] = str(MANIFESTS)
        environment = {
            **{
                name: value
                for name, value in os.environ.items()
                if not name.startswith("PULUMI_CONFIG_PASSPHRASE")
            },
            "PULUMI_BACKEND_URL": f"file://{state}",
            "PULUMI_CONFIG_PASSPHRASE": "",
        }
        _run([pulumi, "stack", "init", stack], project, environment)
        flags = [part for key, value in added.items() for part in ("--config", f"{key}={value}")]
        _run([pulumi, "up", "--stack", stack, "--yes", "--skip-preview", *flags], project, environment)
        written = replace(output, target)
    print(f"{written} objects of stack {stack} are in {target}.")
    return 0


def renderable(file: Path) -> Mapping[str, object]:
    """The settings in `file`; raises OperationError when they are not enough to render the stack."""
    content = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    settings: Mapping[str, object] = content.get("config") or {}
    encrypted = [key for key, value in settings.items() if _is_encrypted(value)]
    if encrypted:
        raise OperationError(
            f"{file.name} cannot be rendered",
            f"{', '.join(encrypted)} is encrypted, and rendering writes every value in clear",
            "Preview the stack against its cluster, or render a copy of the file with harmless values.",
        )
    if "environment" in content:
        raise OperationError(
            f"{file.name} cannot be rendered",
            "it imports environments, which only the stack's own backend can open",
            "Preview the stack against its cluster, or render a copy of the file with the values in it.",
        )
    if "campus-voice:platform" in settings:
        raise OperationError(
            f"{file.name} cannot be rendered",
            f"it builds on the outputs of {settings['campus-voice:platform']}, which only that stack has",
            "Preview the stack against its cluster.",
        )
    return settings


def without_secrets(text: str) -> str:
    """The text of a stack's file without what decrypts it, and with every line where it was."""
    return re.sub(rf"^({'|'.join(_SECRETS)}):.*$", "", text, flags=re.MULTILINE)


def replace(output: Path, target: Path) -> int:
    """Put what was rendered in place of what an earlier run left in `target`; the number of files."""
    target.mkdir(parents=True, exist_ok=True)
    for name in RENDERED:
        shutil.rmtree(target / name, ignore_errors=True)
        if (output / name).is_dir():
            shutil.copytree(output / name, target / name)
            leave_values_out(target / name)
    return sum(1 for name in RENDERED for _ in (target / name).glob("*.yaml"))


def leave_values_out(folder: Path) -> None:
    """Take the values out of every Secret in `folder`, and keep their names."""
    for file in folder.glob("*.yaml"):
        made = yaml.safe_load(file.read_text(encoding="utf-8"))
        if made["kind"] == "Secret":
            names = [*made.pop("data", {}), *made.get("stringData", {})]
            made["stringData"] = dict.fromkeys(names, LEFT_OUT)
            file.write_text(yaml.safe_dump(made, sort_keys=False), encoding="utf-8")


def _is_encrypted(value: object) -> bool:
    if isinstance(value, dict):
        return set(value) == {"secure"} or any(_is_encrypted(inner) for inner in value.values())
    return isinstance(value, list) and any(_is_encrypted(inner) for inner in value)


def _run(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> None:
    done = subprocess.run(
        [*command, "--non-interactive", "--color", "never"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == 0:
        return
    told = re.search(r"^ +error: (.*?)^\S", f"{done.stdout}\n.", re.MULTILINE | re.DOTALL)
    raise OperationError(
        "Pulumi could not render the stack",
        (told[1] if told else f"{done.stdout}{done.stderr}").strip(),
        "Correct it and run the command again.",
    )


if __name__ == "__main__":
    sys.exit(carry_out(main))
