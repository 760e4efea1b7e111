"""A campus with a stack of its own attaches to the platform and leaves it untouched."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.framework import ROOT, StackUnderTest, run


@pytest.fixture
def west(dev: StackUnderTest, environment: dict[str, str]) -> Iterator[StackUnderTest]:
    stack = StackUnderTest(dev.project, "campus-west", environment)
    yield stack
    stack.destroy()


def test_west_speaks_from_its_own_stack_and_the_platform_sees_no_change(
    dev: StackUnderTest, west: StackUnderTest, environment: dict[str, str], tmp_path: Path
) -> None:
    west.up()
    spoken = run(
        ROOT / ".venv/bin/python",
        "-m",
        "operations.smoke",
        "--stack",
        "campus-west",
        "--output",
        tmp_path,
        environment={**environment, "PYTHONPATH": str(ROOT)},
        cwd=west.project,
    )
    assert spoken.returncode == 0, f"west must speak:\n{spoken.stdout}{spoken.stderr}"
    assert west.preview().operations == {}, "a second look at west's stack changes nothing"
    assert dev.expects_no_changes(), (
        "the platform, live objects and all, is untouched when a campus stack comes"
    )

    west.destroy()
    assert dev.expects_no_changes(), "nor when it goes"
