"""Whose request is spoken next, with the clock and the engine in the test's hand."""

import asyncio
import contextlib
import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from plain_engine import PlainEngine

from cosyvoice_server.campus import Caller
from cosyvoice_server.engines.base import Samples, SpeechRequest
from cosyvoice_server.metrics import Metrics
from cosyvoice_server.speaker import Speaker
from cosyvoice_server.synthesis import YIELDING
from cosyvoice_server.turns import BusyError, Turn, Turns

NICEST = 19
"""Linux has no niceness above this, and the tests may be nice already."""


async def settle() -> None:
    """Let every task go as far as it can."""
    for _ in range(10):
        await asyncio.sleep(0)


class Hall:
    """Requests that hold their slot until the test lets them go, and the order in which they got one."""

    def __init__(self, turns: Turns) -> None:
        self.served: list[str] = []
        self._turns = turns
        self._ends: list[asyncio.Event] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def ask(self, campus: str) -> asyncio.Task[None]:
        task = asyncio.create_task(self._request(campus, self._turns.reserve(campus)))
        self._tasks.add(task)
        await settle()
        return task

    async def _request(self, campus: str, turn: Turn) -> None:
        async with turn:
            self.served.append(campus)
            end = asyncio.Event()
            self._ends.append(end)
            await end.wait()

    async def finish_one(self) -> None:
        self._ends.pop(0).set()
        await settle()

    async def finish(self) -> None:
        while self._ends:
            await self.finish_one()
        async with asyncio.timeout(30):
            await asyncio.gather(*self._tasks)


def test_a_flood_from_one_campus_keeps_another_from_no_slot() -> None:
    async def flood() -> list[str]:
        hall = Hall(Turns(slots=2, waiting_per_campus=4, shared=True))
        for _ in range(5):
            await hall.ask("north")
        with pytest.raises(BusyError):
            await hall.ask("north")
        await hall.ask("south")
        served = list(hall.served)
        await hall.finish()
        return served

    assert asyncio.run(flood()) == ["north", "south"], "one slot is left to the others, however much one campus asks for"


def test_campuses_are_served_in_turn_and_each_in_its_own_order() -> None:
    async def contest() -> list[str]:
        hall = Hall(Turns(slots=1, waiting_per_campus=4))
        for campus in ["north"] * 4 + ["south"] * 2 + ["east"]:
            await hall.ask(campus)
        await hall.finish()
        return hall.served

    order = asyncio.run(contest())

    assert order == ["north", "south", "east", "north", "south", "north", "north"], "nobody waits for more than one request of each other"


def test_who_leaves_the_queue_or_never_comes_holds_up_nobody() -> None:
    async def leave() -> list[str]:
        turns = Turns(slots=1, waiting_per_campus=1)
        hall = Hall(turns)
        await hall.ask("north")
        waiting = await hall.ask("north")
        turns.reserve("south")  # and never comes
        await hall.ask("east")
        waiting.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await waiting
        hall._tasks.discard(waiting)
        await hall.ask("north")
        await hall.finish()
        return hall.served

    assert asyncio.run(leave()) == ["north", "east", "north"], "a place is free again when its owner leaves"


def test_a_campus_is_told_to_come_back_after_about_as_long_as_a_request_takes() -> None:
    async def busy() -> int:
        seconds = itertools.count(0, 20)  # every look at the clock is 20 s later
        hall = Hall(Turns(slots=1, waiting_per_campus=0, clock=lambda: next(seconds)))
        for _ in range(20):
            await hall.ask("north")
            await hall.finish()
        await hall.ask("north")
        with pytest.raises(BusyError) as refused:
            await hall.ask("north")
        await hall.finish()
        return refused.value.retry_after

    assert asyncio.run(busy()) == 20, "requests have taken 20 s lately"


class NicenessNoted(PlainEngine):
    """Speaks two chunks, and notes how nice its thread is at each."""

    def __init__(self) -> None:
        self.noted: list[list[int]] = []

    def synthesize(self, request: SpeechRequest) -> Iterator[Samples]:
        noted: list[int] = []
        self.noted.append(noted)
        for _ in range(2):
            noted.append(os.getpriority(os.PRIO_PROCESS, 0))
            yield np.full(2400, 0.5, np.float32)


def test_who_is_heard_already_or_has_a_crowd_behind_them_yields_the_processor(tmp_path: Path) -> None:
    async def speak() -> list[list[int]]:
        engine = NicenessNoted()
        speaker = Speaker(engine, tmp_path, Metrics("held"), Turns(slots=1, waiting_per_campus=4), deadline_seconds=60)

        async def pupil() -> None:
            async for _ in speaker.speak(SpeechRequest("你好。"), Caller("north", cloning=False, audible_label=False, audit_id="1")):
                pass

        await asyncio.gather(pupil(), pupil())
        return engine.noted

    usual = os.getpriority(os.PRIO_PROCESS, 0)
    yielding = min(usual + YIELDING, NICEST)
    crowded, last = asyncio.run(speak())

    assert crowded == [yielding] * 2, "while others of the campus wait, another campus's first sentence comes before theirs"
    assert last == [usual, yielding], "and before the second sentence of anybody"
