"""The program for the tests: as committed, or in a folder of its own where it may be edited."""

import functools
import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import pytest
import yaml

from tests.program.engine import ROOT, Deployment, deploy

CONTEXTS = ("sandbox", "campus-voice-prod")

Change: TypeAlias = Callable[[dict[str, Any]], None]
"""What a person edits in a stack's settings before the run."""

Committed: TypeAlias = Callable[[str], Deployment]
"""What the committed file of a stack makes."""

PLATFORM = "organization/campus-voice/dev"
"""The stack that the committed campus stacks are attached to."""


class Program:
    """The program as a person runs it, one stack at a time, in a folder with a kubeconfig but no cluster."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for file in ROOT.glob("Pulumi.*.yaml"):
            shutil.copy(file, folder)
        sandbox = folder / ".sandbox"
        sandbox.mkdir()
        (sandbox / "manifests").symlink_to(ROOT / ".sandbox/manifests")
        kubeconfig = {"contexts": [{"name": name} for name in CONTEXTS], "current-context": CONTEXTS[0]}
        (sandbox / "kubeconfig").write_text(yaml.safe_dump(kubeconfig))

    def up(
        self, stack: str, change: Change | None = None, stacks: Mapping[str, Mapping[str, Any]] | None = None
    ) -> Deployment:
        """Run `stack` as committed, or as edited by `change`; `stacks` are the outputs of other stacks."""
        file = self.folder / f"Pulumi.{stack}.yaml"
        content = yaml.safe_load(file.read_text())
        if change is not None:
            change(content["config"])
            file.write_text(yaml.safe_dump(content, sort_keys=False))
        settings = {
            key: value if isinstance(value, str) else json.dumps(value)
            for key, value in content["config"].items()
        }
        with pytest.MonkeyPatch.context() as process:
            process.setenv("KUBECONFIG", str(self.folder / ".sandbox/kubeconfig"))
            process.setenv("PULUMI_CONFIG", json.dumps(settings))
            process.chdir(self.folder)
            return deploy(stack, settings, stacks)


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """The program with stack files that a test may edit."""
    return Program(tmp_path)


@pytest.fixture(scope="session")
def committed(tmp_path_factory: pytest.TempPathFactory) -> Committed:
    """What each committed stack file makes, run once; a campus's stack after the platform's."""
    program = Program(tmp_path_factory.mktemp("program"))

    def with_local_manifests(settings: dict[str, Any]) -> None:
        settings["campus-voice:manifests"] = ".sandbox/manifests"

    @functools.cache
    def made(stack: str) -> Deployment:
        if stack.startswith("campus-"):
            return program.up(stack, stacks={PLATFORM: made("dev").outputs})
        return program.up(stack, with_local_manifests)

    return made
