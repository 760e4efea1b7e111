"""An `up` with an image or a model that never becomes ready: it ends in time, and the way back is told and works."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from campus_voice.shared import versions

from tests.cluster import mirror
from tests.cluster.framework import ROOT, Kubectl, StackUnderTest, run

pytestmark = pytest.mark.long

NAMESPACE = "campus-west"
MISSING = "ghcr.io/campus-voice/cosyvoice:never-built"
STOP, START, FETCH, MARGIN = 30 + 30, 30, 60, 210
"""What the old pod may take for its last request and its files, what the new one may take, what a fetch may take,
and everything else of an `up` on a machine that has much to do."""


@pytest.fixture
def west(dev: StackUnderTest, environment: dict[str, str]) -> Iterator[StackUnderTest]:
    stack = StackUnderTest(dev.project, "campus-west", environment)
    before = stack.file.read_text()
    stack.file.write_text(f"{before}  campus-voice:longestRequestSeconds: 30\n")
    yield stack
    stack.destroy()
    stack.file.write_text(before)


@pytest.fixture
def mirrored(west: StackUnderTest, kubectl: Kubectl, tmp_path: Path) -> Iterator[str]:
    """The stack, up, and beside its server a mirror; the revision of the mirror's model."""
    west.up()
    file = tmp_path / "mirror.json"
    file.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": mirror.mirror(NAMESPACE)}))
    kubectl("apply", "-f", str(file))
    kubectl("-n", NAMESPACE, "wait", "--for=condition=Ready", "--timeout=120s", f"pod/{mirror.NAME}")
    revision = kubectl("-n", NAMESPACE, "exec", mirror.NAME, "--", mirror.PYTHON, "-c", mirror.REVISION)
    yield revision.strip()
    kubectl("delete", "-f", str(file))


@pytest.fixture
def told(west: StackUnderTest, environment: dict[str, str]) -> Callable[[], str]:
    """What `make up` says after an `up` that failed."""

    def read() -> str:
        done = run(
            ROOT / ".venv/bin/python",
            *("-m", "operations.rollouts", "--stack", "campus-west"),
            environment={**environment, "PYTHONPATH": str(ROOT)},
            cwd=west.project,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return read


def fails_within(stack: StackUnderTest, seconds: int) -> float:
    """Deploy what cannot become ready; return how long that took."""
    began = time.monotonic()
    refused = stack.pulumi("up", "--yes", "--skip-preview")
    took = time.monotonic() - began
    assert refused.returncode != 0, "an up that gets nothing ready has failed"
    assert took < seconds + MARGIN, f"it ends in time, not after {took:.0f} s: {refused.stdout}"
    return took


def test_the_up_fails_in_time_and_the_image_to_go_back_to_is_named(
    west: StackUnderTest, told: Callable[[], str], tell: Callable[[str], None]
) -> None:
    west.up()
    good = west.file.read_text()
    west.file.write_text(f"{good}  campus-voice:startSeconds: {START}\n  campus-voice:image: {MISSING}\n")
    took = fails_within(west, STOP + START)
    tell(f"an image that is not there ends the up after {took:.0f} s")
    assert told() == (
        f"campus-west/cosyvoice: image {MISSING} was not ready within {STOP + START} s: go back to "
        f"campus-voice:image: {versions.cpu_speech_image()}\n"
    )

    west.file.write_text(good)
    west.up()
    assert west.preview().operations == {}, "back on the old image, all is as it was"


def with_model(stack: StackUnderTest, before: str, source: Mapping[str, str]) -> None:
    """Write the model into the stack's file."""
    model = {"url": source, "storage": "256Mi", "fetchSeconds": FETCH}
    stack.file.write_text(f"{before}  campus-voice:model: {json.dumps(model)}\n")


def test_a_fetch_that_fails_leaves_the_server_as_it_is_and_the_old_revision_comes_back(
    west: StackUnderTest,
    mirrored: str,
    told: Callable[[], str],
    kubectl: Kubectl,
    tell: Callable[[str], None],
) -> None:
    before, place = west.file.read_text(), {"address": mirror.address(NAMESPACE)}
    with_model(west, before, {**place, "revision": mirrored})
    west.up()

    with_model(west, before, {**place, "revision": "0" * 64})
    took = fails_within(west, FETCH)
    tell(f"a model that is not there ends the up after {took:.0f} s")
    said = told()
    assert said.endswith(f'go back to revision: "{mirrored}" below campus-voice:model: url:\n'), said
    ready = kubectl("-n", NAMESPACE, "get", "deployment/cosyvoice", "-o", "jsonpath={.status.readyReplicas}")
    assert ready == "1", "the server speaks on with the model that it has"

    with_model(west, before, {**place, "revision": mirrored})
    west.up()
    assert west.preview().operations == {}, "back on the old revision, all is as it was"
