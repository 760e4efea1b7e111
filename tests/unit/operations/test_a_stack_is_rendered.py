"""`make preview RENDER=dir`: what is written, what is left alone, and what is said when it cannot be."""

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from operations import preview
from operations.errors import OperationError

PULUMI = f"""#!{sys.executable}
import json, os, pathlib, sys
said = pathlib.Path(__file__).with_name("said.jsonl")
with said.open("a") as file:
    file.write(json.dumps({{"arguments": sys.argv[1:], "folder": os.getcwd(), "environment": dict(os.environ),
                           "stack file": pathlib.Path("Pulumi.prod.yaml").read_text()}}) + "\\n")
if sys.argv[1] == "up":
    (wanted,) = [one for one in sys.argv if one.startswith("kubernetes:renderYamlToDirectory=")]
    for name in ("0-crd/kind.yaml", "1-manifest/north.yaml", "1-manifest/south.yaml"):
        made = pathlib.Path(wanted.split("=", 1)[1], name)
        made.parent.mkdir(parents=True, exist_ok=True)
        made.write_text("kind: Any\\n")
"""

FAILING = """#!/bin/sh
echo 'Diagnostics:
  pulumi:pulumi:Stack (campus-voice-prod):
    error: 1 setting of stack prod cannot work; nothing was changed:
      Pulumi.prod.yaml:3: told in full

Resources:
    + 1 created'
exit 1
"""


class Machine:
    """A project's folder and a `pulumi` that writes down what it is told."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.project, self.programs, self.target = folder / "project", folder / "bin", folder / "out"
        self.project.mkdir()
        self.programs.mkdir()
        (self.project / "Pulumi.yaml").write_text("name: campus-voice\n")
        self.stack_file = self.project / "Pulumi.prod.yaml"
        self.stack_file.write_text("config:\n  campus-voice:domain: voice.example.org\n")
        monkeypatch.setattr(preview, "PROJECT", self.project)
        monkeypatch.setenv("PATH", f"{self.programs}{os.pathsep}/bin")
        monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE_FILE", "/the/real/one")
        self.install(PULUMI)

    def install(self, program: str) -> None:
        pulumi = self.programs / "pulumi"
        pulumi.write_text(program)
        pulumi.chmod(0o755)

    def render(self) -> int:
        return preview.main(["--stack", "prod", "--render", str(self.target)])

    def refusal(self) -> str:
        with pytest.raises(OperationError) as refused:
            self.render()
        return str(refused.value)

    def said(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.programs / "said.jsonl").read_text().splitlines()]


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(tmp_path, monkeypatch)


def test_a_rendering_takes_the_place_of_the_last_one_and_of_nothing_else(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    (machine.target / "1-manifest").mkdir(parents=True)
    (machine.target / "1-manifest/a-campus-that-went.yaml").write_text("kind: Old\n")
    (machine.target / "kustomization.yaml").write_text("mine: true\n")
    assert machine.render() == 0
    written = sorted(str(file.relative_to(machine.target)) for file in machine.target.rglob("*.yaml"))
    assert written == [
        "0-crd/kind.yaml",
        "1-manifest/north.yaml",
        "1-manifest/south.yaml",
        "kustomization.yaml",
    ]
    assert capsys.readouterr().out == f"3 objects of stack prod are in {machine.target}.\n"


def test_a_rendering_touches_neither_the_stacks_state_nor_its_file(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULUMI_BACKEND_URL", "s3://the-real-one")
    before = machine.stack_file.read_text()
    machine.render()
    assert machine.stack_file.read_text() == before, "the committed file is only read"
    for command in machine.said():
        assert command["folder"] != str(machine.project), "the program runs in a copy"
        assert command["environment"]["PULUMI_BACKEND_URL"].startswith("file:///"), (
            "the backend is a throw-away"
        )
        assert "PULUMI_CONFIG_PASSPHRASE_FILE" not in command["environment"], (
            "the real passphrase is not needed"
        )


def test_a_stack_without_secrets_needs_no_passphrase_and_keeps_its_line_numbers(machine: Machine) -> None:
    machine.stack_file.write_text(
        "secretsprovider: awskms://k\nencryptionsalt: v1:x\nconfig:\n  campus-voice:gpus: 0\n"
    )
    machine.render()
    assert machine.said()[0]["stack file"] == "\n\nconfig:\n  campus-voice:gpus: 0\n"


def test_upstream_manifests_that_are_there_spare_the_download(machine: Machine) -> None:
    (machine.project / ".sandbox/manifests").mkdir(parents=True)
    machine.render()
    assert "campus-voice:manifests=.sandbox/manifests" in machine.said()[-1]["arguments"]


def test_the_manifests_that_a_stack_names_are_the_ones_rendered(machine: Machine) -> None:
    (machine.project / ".sandbox/manifests").mkdir(parents=True)
    machine.stack_file.write_text("config:\n  campus-voice:manifests: mirrored\n")
    machine.render()
    assert not [one for one in machine.said()[-1]["arguments"] if one.startswith("campus-voice:manifests")]


def test_an_encrypted_value_is_not_rendered_in_clear(machine: Machine) -> None:
    machine.stack_file.write_text("config:\n  kubernetes:kubeconfig:\n    secure: v1:x\n")
    assert machine.refusal() == (
        "Pulumi.prod.yaml cannot be rendered: kubernetes:kubeconfig is encrypted, and rendering writes every value "
        "in clear. Preview the stack against its cluster, or render a copy of the file with harmless values."
    )


def test_an_environment_cannot_be_rendered(machine: Machine) -> None:
    machine.stack_file.write_text("environment: [campus/prod]\nconfig: {}\n")
    assert machine.refusal() == (
        "Pulumi.prod.yaml cannot be rendered: it imports environments, which only the stack's own backend can open. "
        "Preview the stack against its cluster, or render a copy of the file with the values in it."
    )


def test_a_campus_stack_cannot_be_rendered_without_its_platform(machine: Machine) -> None:
    machine.stack_file.write_text("config:\n  campus-voice:platform: organization/campus-voice/dev\n")
    assert machine.refusal() == (
        "Pulumi.prod.yaml cannot be rendered: it builds on the outputs of organization/campus-voice/dev, which only "
        "that stack has. Preview the stack against its cluster."
    )


def test_what_the_program_refuses_is_passed_on_in_its_words(machine: Machine) -> None:
    machine.install(FAILING)
    assert machine.refusal() == (
        "Pulumi could not render the stack: 1 setting of stack prod cannot work; nothing was changed:\n"
        "      Pulumi.prod.yaml:3: told in full. Correct it and run the command again."
    )
    assert not machine.target.exists(), "a rendering that failed leaves nothing half-made"


def test_a_stack_that_does_not_exist_is_told_with_those_that_do(machine: Machine) -> None:
    with pytest.raises(OperationError) as refused:
        preview.main(["--stack", "prud", "--render", str(machine.target)])
    assert str(refused.value) == (
        "Stack prud cannot be previewed: there is no Pulumi.prud.yaml. Choose one of prod."
    )


def test_without_pulumi_the_way_to_get_one_is_told(machine: Machine) -> None:
    (machine.programs / "pulumi").unlink()
    assert machine.refusal() == (
        "Stack prod cannot be previewed: there is no `pulumi` on PATH. `make sandbox` brings one; for a cluster of "
        "your own install the Pulumi CLI."
    )
