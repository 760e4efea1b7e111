"""Steps of work with an order between them, done in at most two lanes."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from time import monotonic
from typing import Protocol


class Lane(Enum):
    """One thread each: two compilers, or two downloads, would only slow each other down on two cores."""

    COMPILE = "compile"
    PREPARE = "prepare"


class Reporter(Protocol):
    """Whoever shows how the steps go; called from both lanes."""

    def started(self, title: str) -> None: ...

    def finished(self, title: str, seconds: float) -> None: ...

    def failed(self, title: str, seconds: float) -> None: ...

    def said(self, title: str, line: str) -> None: ...


@dataclass(frozen=True)
class StepContext:
    """What a running step may use.

    Attributes:
        title: the step's own title.
        log: file for the output of the commands it runs.
        cancelled: set when another step failed or the user pressed Ctrl-C; long commands end then.
        say: tells the user one line, such as a choice that was made.
    """

    title: str
    log: Path
    cancelled: threading.Event
    say: Callable[[str], None]


@dataclass(frozen=True)
class Step:
    """One piece of work.

    Attributes:
        title: what the user reads; unique in a run, and the name other steps need it by.
        run: does the work; an exception ends the whole run.
        needs: titles of the steps that must be done before.
        lane: which of the two lanes it takes.
        done: whether there is nothing to do; asked once all it needs is done. Such a step is not shown.
    """

    title: str
    run: Callable[[StepContext], None]
    needs: tuple[str, ...] = ()
    lane: Lane = Lane.PREPARE
    done: Callable[[], bool] = lambda: False


class StepCancelledError(Exception):
    """Raised by a step's command that was ended because the run is over."""


def run_steps(steps: Sequence[Step], reporter: Reporter, logs: Path) -> int:
    """Run all steps, each as soon as its lane is free and what it needs is done, else in the order given.

    Args:
        steps: the whole graph; each need must be the title of another step in it.
        reporter: told of every start, end and line.
        logs: folder of the steps' log files.

    Returns:
        How many steps had something to do.

    Raises:
        ValueError: two steps share a title, or a need is unknown or part of a circle.
        BaseException: whatever the first failing step raised, once the other lane has stopped.
    """
    _check(steps)
    run = _Run(steps, reporter, logs)
    lanes = [threading.Thread(target=run.work, args=(lane,), name=lane.value, daemon=True) for lane in Lane]
    for lane in lanes:
        lane.start()
    try:
        for lane in lanes:
            lane.join()
    except KeyboardInterrupt:
        run.stop()
        for lane in lanes:
            lane.join()
        raise
    if run.failure is not None:
        raise run.failure
    return run.worked


class _Run:
    def __init__(self, steps: Sequence[Step], reporter: Reporter, logs: Path) -> None:
        self._waiting = list(steps)
        self._done: set[str] = set()
        self._change = threading.Condition()
        self._cancelled = threading.Event()
        self._reporter = reporter
        self._logs = logs
        self.failure: BaseException | None = None
        self.worked = 0

    def stop(self) -> None:
        self._cancelled.set()
        with self._change:
            self._change.notify_all()

    def work(self, lane: Lane) -> None:
        while (step := self._next(lane)) is not None:
            try:
                if not step.done():
                    self._do(step)
            except BaseException as failure:
                with self._change:
                    if self.failure is None and not isinstance(failure, StepCancelledError):
                        self.failure = failure
                self.stop()
                return
            with self._change:
                self._done.add(step.title)
                self._change.notify_all()

    def _next(self, lane: Lane) -> Step | None:
        with self._change:
            while not self._cancelled.is_set():
                mine = [step for step in self._waiting if step.lane is lane]
                if not mine:
                    return None
                for step in mine:
                    if self._done.issuperset(step.needs):
                        self._waiting.remove(step)
                        return step
                self._change.wait()
            return None

    def _do(self, step: Step) -> None:
        with self._change:
            self.worked += 1
        context = StepContext(
            step.title,
            self._logs / (file_name(step.title) + ".log"),
            self._cancelled,
            lambda line: self._reporter.said(step.title, line),
        )
        started = monotonic()
        self._reporter.started(step.title)
        try:
            step.run(context)
        except BaseException:
            self._reporter.failed(step.title, monotonic() - started)
            raise
        self._reporter.finished(step.title, monotonic() - started)


def file_name(title: str) -> str:
    """A title as a file name: lower case, anything but letters and digits as single dashes."""
    return "-".join("".join(c if c.isalnum() else " " for c in title.lower()).split())


def _check(steps: Sequence[Step]) -> None:
    titles = [step.title for step in steps]
    twice = sorted({title for title in titles if titles.count(title) > 1})
    if twice:
        raise ValueError(f"steps with the same title: {', '.join(twice)}")
    left = {step.title: set(step.needs) for step in steps}
    for title, needs in left.items():
        if unknown := sorted(needs - left.keys()):
            raise ValueError(f"step {title!r} needs unknown steps: {', '.join(unknown)}")
    while left:
        ready = [title for title, needs in left.items() if not needs & left.keys()]
        if not ready:
            raise ValueError(f"steps that wait for each other: {', '.join(sorted(left))}")
        for title in ready:
            del left[title]
