"""`make up` runs on the sandbox only what belongs there."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def pulumi(tmp_path: Path) -> Path:
    """A `pulumi` on PATH that writes down what it is asked."""
    program = tmp_path / "bin/pulumi"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path / "asked"}\n')
    program.chmod(0o755)
    return tmp_path / "asked"


def make_up(stack: str, tmp_path: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", "-o", "environments", "up", f"STACK={stack}", "PYTHON=true", "SANDBOX=false"],
        cwd=ROOT,
        env={**os.environ, "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_stack_with_a_cluster_of_its_own_asks_the_users_own_pulumi_and_approves_nothing(
    pulumi: Path, tmp_path: Path
) -> None:
    done = make_up("prod", tmp_path)
    assert done.returncode == 0, f"the sandbox must not be asked for prod:\n{done.stdout}{done.stderr}"
    asked = pulumi.read_text().splitlines()
    assert asked == ["stack select --create prod", "up --stack prod"], "the user approves the preview"


def test_a_stack_without_a_file_is_refused_before_anything_starts(pulumi: Path, tmp_path: Path) -> None:
    done = make_up("typo", tmp_path)
    assert done.returncode != 0, "a misspelt stack must not be created"
    assert "There is no Pulumi.typo.yaml" in done.stdout + done.stderr, "the file is named"
    assert not pulumi.exists(), "Pulumi is not asked"
