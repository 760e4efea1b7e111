"""The node's own Go programs pass their tests, compiled as they are for the sandbox."""

import os
import subprocess
from pathlib import Path

import pytest

from campus_sandbox.build.build import plan_for
from campus_sandbox.build.toolchain import GO_ENVIRONMENT
from campus_sandbox.paths import Paths


@pytest.mark.parametrize(("module", "package"), [("node", "."), ("kubernetes", "./netpol")])
def test_a_program_of_the_node_does_what_its_tests_say(module: str, package: str) -> None:
    paths = Paths.from_environment()
    folder: Path = paths.repository / "sandbox" / "tools" / module
    done = subprocess.run(
        [plan_for(paths).toolchain.go, "test", "-count=1", "-p=2", package],
        cwd=folder,
        env={**os.environ, **GO_ENVIRONMENT},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
