"""An `up` with an image that no node can start: it ends in time, and the way back is told."""

import time
from collections.abc import Callable, Iterator

import pytest
from campus_voice.shared import versions

from tests.cluster.framework import ROOT, StackUnderTest, run

pytestmark = pytest.mark.long

MISSING = "ghcr.io/campus-voice/cosyvoice:never-built"
STOP, START, MARGIN = 30 + 30, 30, 210
"""What the old pod may take for its last request and its files, what the new one may take, and everything else
of an `up` on a machine that has much to do."""


@pytest.fixture
def west(dev: StackUnderTest, environment: dict[str, str]) -> Iterator[StackUnderTest]:
    stack = StackUnderTest(dev.project, "campus-west", environment)
    before = stack.file.read_text()
    stack.file.write_text(f"{before}  campus-voice:longestRequestSeconds: 30\n")
    yield stack
    stack.destroy()
    stack.file.write_text(before)


def test_the_up_fails_in_time_and_the_image_to_go_back_to_is_named(
    west: StackUnderTest, environment: dict[str, str], tell: Callable[[str], None]
) -> None:
    west.up()
    good = west.file.read_text()
    west.file.write_text(f"{good}  campus-voice:startSeconds: {START}\n  campus-voice:image: {MISSING}\n")
    began = time.monotonic()
    refused = west.pulumi("up", "--yes", "--skip-preview")
    took = time.monotonic() - began
    tell(f"an image that is not there ends the up after {took:.0f} s")
    assert refused.returncode != 0, "an up whose pods never start has failed"
    assert took < STOP + START + MARGIN, f"it ends in time, not after {took:.0f} s: {refused.stdout}"

    told = run(
        ROOT / ".venv/bin/python",
        *("-m", "operations.rollouts", "--stack", "campus-west"),
        environment={**environment, "PYTHONPATH": str(ROOT)},
        cwd=west.project,
    )
    assert told.stdout == (
        f"campus-west/cosyvoice: image {MISSING} was not ready within {STOP + START} s: go back to "
        f"campus-voice:image: {versions.cpu_speech_image()}\n"
    ), told.stderr

    west.file.write_text(good)
    west.up()
    assert west.preview().operations == {}, "back on the old image, all is as it was"
