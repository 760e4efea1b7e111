"""Each target runs on the cluster that its stack names; `make up` ends with the summary unless something failed."""

import os
import subprocess
from pathlib import Path

import pytest

from operations.smoke.run import NOTHING_PROVEN

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def pulumi(tmp_path: Path) -> Path:
    """A `pulumi` on PATH that writes down what it is asked."""
    program = tmp_path / "bin/pulumi"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path / "asked"}\n')
    program.chmod(0o755)
    return tmp_path / "asked"


def make(
    target: str, stack: str, tmp_path: Path, python: object = "true"
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", "-o", "environments", target, f"STACK={stack}", f"PYTHON={python}", "SANDBOX=false"],
        cwd=ROOT,
        env={**os.environ, "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_stack_with_a_cluster_of_its_own_asks_the_users_own_pulumi_and_approves_nothing(
    pulumi: Path, tmp_path: Path
) -> None:
    done = make("up", "prod", tmp_path)
    assert done.returncode == 0, f"the sandbox must not be asked for prod:\n{done.stdout}{done.stderr}"
    asked = pulumi.read_text().splitlines()
    assert asked == ["stack select --create prod", "up --stack prod"], "the user approves the preview"


@pytest.mark.parametrize("target", ["up", "smoke", "status", "logs", "forget", "preview"])
def test_a_stack_without_a_file_is_refused_before_anything_starts(
    target: str, pulumi: Path, tmp_path: Path
) -> None:
    done = make(target, "typo", tmp_path)
    assert done.returncode != 0, "a misspelt stack is neither created nor taken for one of the sandbox"
    assert "There is no Pulumi.typo.yaml" in done.stderr, "the file is named"
    assert "Pulumi.prod.yaml" in done.stderr, "and so are those there are"
    assert not pulumi.exists(), "Pulumi is not asked"


@pytest.mark.usefixtures("pulumi")
@pytest.mark.parametrize(
    ("smoke", "up", "ends"),
    [(0, 0, "summary"), (NOTHING_PROVEN, 0, "summary"), (1, 2, "smoke"), (130, 2, "smoke")],
    ids=["every campus speaks", "no campus has a voice yet", "a campus is silent", "interrupted"],
)
def test_an_up_ends_with_the_summary_unless_a_campus_that_has_a_voice_is_silent(
    smoke: int, up: int, ends: str, tmp_path: Path
) -> None:
    python, ran = tmp_path / "bin/python", tmp_path / "ran"
    python.write_text(f'#!/bin/sh\necho "$2" >> {ran}\ncase "$2" in *.smoke) exit {smoke};; esac\n')
    python.chmod(0o755)
    done = make("up", "prod", tmp_path, python)
    assert done.returncode == up, f"0 only if nothing failed:\n{done.stdout}{done.stderr}"
    assert ran.read_text().splitlines()[-1] == f"operations.{ends}", (
        "the campuses' addresses are printed last"
    )
