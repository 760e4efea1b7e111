"""The copy of a reply on the outputs volume, and the memory that a reply takes."""

import asyncio
import resource
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import numpy as np
import pytest
from plain_engine import PlainEngine
from speech_process import recording

from cosyvoice_server.campus import Caller
from cosyvoice_server.engines.base import Engine, Samples, SpeechRequest
from cosyvoice_server.metrics import Metrics
from cosyvoice_server.speaker import Speaker
from cosyvoice_server.synthesis import Backlog, SlowListenerError
from cosyvoice_server.turns import Turns

NORTH = Caller("north", cloning=False, audible_label=False, audit_id="1")
ASKED = SpeechRequest(text="你好。")
SECONDS = 200


class LongReply(PlainEngine):
    """Speaks chunks of one second, as fast as they can be taken."""

    def __init__(self, hold_at: int = SECONDS) -> None:
        """Pause before the chunk ``hold_at`` until ``go_on`` is set."""
        self.go_on = threading.Event()
        self.seconds = SECONDS
        self._hold_at = hold_at

    def synthesize(self, request: SpeechRequest) -> Iterator[Samples]:
        for second in range(self.seconds):
            if second == self._hold_at:
                self.go_on.wait()
            yield np.full(self.sample_rate, 0.5, np.float32)


def speaker(engine: Engine, outputs: Path, metrics: Metrics) -> Speaker:
    return Speaker(engine, outputs, metrics, Turns(2, 4), deadline_seconds=60)


async def count(reply: AsyncIterator[Samples]) -> int:
    chunks = 0
    async for _ in reply:
        chunks += 1
    return chunks


async def ended(speaker: Speaker) -> None:
    """Wait until the engine has let go of everything."""
    await asyncio.gather(*(synthesis.task for synthesis in speaker._under_way))


def files(folder: Path) -> list[str]:
    return [file.suffix for file in folder.rglob("output_*")]


def unsaved(metrics: Metrics) -> float | None:
    return metrics.registry.get_sample_value("cosyvoice_unsaved_outputs_total", {"campus": "north"})


def test_a_long_reply_is_kept_whole(tmp_path: Path) -> None:
    asyncio.run(count(speaker(LongReply(), tmp_path, Metrics("held")).speak(ASKED, NORTH)))

    kept = list((tmp_path / "north").iterdir())
    assert [file.suffix for file in kept] == [".wav"], "the reply is there once, under its own name"
    sound = recording(kept[0])
    assert (sound.rate, sound.seconds) == (24_000, SECONDS), "the header tells the length of the whole"
    assert abs(sound.loudness - 0.5) < 0.001, "every chunk is in it"


def test_a_reply_that_nobody_waits_for_leaves_no_file(tmp_path: Path) -> None:
    metrics = Metrics("held")

    async def leave_early() -> None:
        engine = LongReply(hold_at=2)
        reading = speaker(engine, tmp_path, metrics)
        reply = reading.speak(ASKED, NORTH)
        await anext(reply)
        await anext(reply)
        assert files(tmp_path) == [".part"], "what was said so far is on the volume, not under a recording's name"
        await reply.aclose()
        engine.go_on.set()
        await ended(reading)

    asyncio.run(leave_early())

    assert files(tmp_path) == [], "half a reply is no recording"
    assert unsaved(metrics) is None, "it is not counted as lost"


def test_listeners_who_fetch_nothing_fill_no_memory_and_hold_no_slot(tmp_path: Path) -> None:
    async def be_slow() -> None:
        engine = LongReply()
        reading = speaker(engine, tmp_path, Metrics("held"))
        reading._backlog = Backlog(largest=5_000_000)
        slow = reading.speak(ASKED, NORTH)
        await anext(slow)
        await ended(reading)
        with pytest.raises(SlowListenerError, match="fetch it faster"):
            await count(slow)
        engine.seconds = 40
        assert await count(reading.speak(ASKED, NORTH)) == 40, "there is room again for the next listener"

    asyncio.run(be_slow())


def test_a_volume_that_gets_full_costs_the_copy_and_not_the_reply(tmp_path: Path) -> None:
    metrics = Metrics("held")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, hard))  # Python ignores SIGXFSZ: writing more is an OSError
    try:
        chunks = asyncio.run(count(speaker(LongReply(), tmp_path, metrics).speak(ASKED, NORTH)))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert chunks == SECONDS, "the person hears the whole"
    assert files(tmp_path) == [], "half a reply is not kept"
    assert unsaved(metrics) == 1.0, "the operator learns of it, once"
