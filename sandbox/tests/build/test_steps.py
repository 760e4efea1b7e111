"""Steps are done in order, two lanes at most, and stop together."""

import sys
import threading
from pathlib import Path

import pytest

from campus_sandbox.commands import CommandFailedError, run
from campus_sandbox.errors import SandboxError
from campus_sandbox.paths import Owner
from campus_sandbox.steps import Lane, Step, StepContext, file_name, run_steps

PATIENCE = 10.0


class Record:
    """Remembers what a user would have been shown."""

    def __init__(self) -> None:
        self.events: list[tuple[str, str]] = []

    def started(self, title: str) -> None:
        self.events.append(("started", title))

    def finished(self, title: str, seconds: float) -> None:
        self.events.append(("finished", title))

    def failed(self, title: str, seconds: float) -> None:
        self.events.append(("failed", title))

    def said(self, title: str, line: str) -> None:
        self.events.append((line, title))


def nothing(_: StepContext) -> None:
    return None


def test_a_step_waits_for_what_it_needs_in_the_other_lane(tmp_path: Path) -> None:
    done: list[str] = []
    fetched = threading.Event()

    def fetch(_: StepContext) -> None:
        done.append("fetch")
        fetched.set()

    def compile_etcd(_: StepContext) -> None:
        fetched.wait(PATIENCE)
        done.append("compile")

    steps = [
        Step("pack etcd", lambda _: done.append("pack"), ("compile etcd",)),
        Step("compile etcd", compile_etcd, lane=Lane.COMPILE),
        Step("fetch", fetch),
    ]
    assert run_steps(steps, Record(), tmp_path) == 3
    assert done == ["fetch", "compile", "pack"], "an image waits for its program and holds up nothing"


def test_the_two_lanes_work_at_the_same_time(tmp_path: Path) -> None:
    meeting = threading.Barrier(2)

    def meet(_: StepContext) -> None:
        meeting.wait(PATIENCE)

    steps = [Step(lane.value, meet, lane=lane) for lane in Lane]
    assert run_steps(steps, Record(), tmp_path) == 2


def test_a_step_whose_work_is_done_is_not_shown(tmp_path: Path) -> None:
    record = Record()
    steps = [Step("old", nothing, done=lambda: True), Step("new", nothing, ("old",))]
    assert run_steps(steps, record, tmp_path) == 1
    assert record.events == [("started", "new"), ("finished", "new")]


def test_a_failure_ends_the_other_lane_s_command_and_is_told(tmp_path: Path, owner: Owner) -> None:
    record = Record()
    begun = threading.Event()

    def long(context: StepContext) -> None:
        begun.set()
        run([sys.executable, "-c", "import time; time.sleep(600)"], context, owner)

    def fail(_: StepContext) -> None:
        begun.wait(PATIENCE)
        raise SandboxError("the disk is full")

    steps = [Step("long", long, lane=Lane.COMPILE), Step("short", fail), Step("later", nothing, ("short",))]
    with pytest.raises(SandboxError, match="the disk is full"):
        run_steps(steps, record, tmp_path)
    assert ("started", "later") not in record.events, "nothing new is begun after a failure"
    assert ("failed", "short") in record.events


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ([Step("a", nothing), Step("a", nothing)], "same title: a"),
        ([Step("a", nothing, ("b",))], "'a' needs unknown steps: b"),
        ([Step("a", nothing, ("b",)), Step("b", nothing, ("a",))], "wait for each other: a, b"),
    ],
)
def test_a_graph_that_can_never_end_is_refused(steps: list[Step], words: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=words):
        run_steps(steps, Record(), tmp_path)


def test_a_failed_command_carries_its_last_words_and_its_log(context: StepContext, owner: Owner) -> None:
    with pytest.raises(CommandFailedError) as failure:
        run([sys.executable, "-c", "import sys; print('so be it'); sys.exit(3)"], context, owner)
    assert failure.value.code == 3
    assert "so be it" in failure.value.output
    assert "so be it" in context.log.read_text(), "all of it is in the log"


def test_a_title_makes_a_plain_file_name() -> None:
    assert file_name("compile Pulumi's Python host 3.57.1") == "compile-pulumi-s-python-host-3-57-1"
