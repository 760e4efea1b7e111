"""Who listens to a reply of Gradio's, so that a synthesis ends when nobody does.

Gradio drops a job whose listener has left only when its function next yields, and never one to which nobody has listened.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

FIRST_LISTENER_SECONDS = 30.0
"""How long a job may wait for its first listener."""


@dataclass(frozen=True, eq=False)
class Job:
    """A running job: Gradio's task for it, and the names under which it is listened to."""

    task: asyncio.Task[Any] | None
    names: frozenset[str]


class Listeners:
    """The connections that listen, by the session or event that each names, and the jobs that they keep alive."""

    def __init__(self) -> None:
        self._connections: Counter[str] = Counter()
        self._jobs: list[Job] = []

    @contextlib.contextmanager
    def listening(self, name: str) -> Iterator[None]:
        """Count a connection for as long as it lasts; jobs that lose their last one are cancelled."""
        self._connections[name] += 1
        try:
            yield
        finally:
            self._connections -= Counter([name])
            self._cancel_unheard([job for job in self._jobs if name in job.names])

    @contextlib.contextmanager
    def needed(self, *names: str) -> Iterator[None]:
        """Run a job in the present task, which is cancelled when nobody listens any more, or nobody comes."""
        job = Job(asyncio.current_task(), frozenset(names))
        self._jobs.append(job)
        alarm = asyncio.get_running_loop().call_later(FIRST_LISTENER_SECONDS, self._cancel_unheard, [job])
        try:
            yield
        finally:
            alarm.cancel()
            self._jobs.remove(job)

    def _cancel_unheard(self, jobs: list[Job]) -> None:
        """Cancel those of the jobs to which nobody listens now."""
        for job in jobs:
            if job.task is not None and not any(self._connections[name] for name in job.names):
                job.task.cancel()
