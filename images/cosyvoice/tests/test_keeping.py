"""The copy of a reply on the outputs volume, and the memory that a reply takes."""

import asyncio
import resource
import weakref
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from speech_process import recording

from cosyvoice_server.campus import Caller
from cosyvoice_server.engines.base import Engine, Samples, SpeechRequest
from cosyvoice_server.metrics import Metrics
from cosyvoice_server.speaker import Speaker
from cosyvoice_server.turns import Turns

NORTH = Caller("north", cloning=False, audible_label=False, audit_id="1")
ASKED = SpeechRequest(text="你好。")
SECONDS = 200


class LongReply:
    """Speaks chunks of one second, and knows how many of them somebody still holds."""

    sample_rate = 24_000

    def __init__(self) -> None:
        self.most_held = 0
        self._chunks: list[weakref.ref[Samples]] = []

    def load(self) -> None:
        pass

    def voices(self) -> tuple[str, ...]:
        return ()

    def notices(self, request: SpeechRequest) -> list[str]:
        return []

    def synthesize(self, request: SpeechRequest) -> Iterator[Samples]:
        for _ in range(SECONDS):
            chunk = np.full(self.sample_rate, 0.5, np.float32)
            self._chunks.append(weakref.ref(chunk))
            self.most_held = max(self.most_held, sum(known() is not None for known in self._chunks))
            yield chunk


def speaker(engine: Engine, outputs: Path, metrics: Metrics) -> Speaker:
    return Speaker(engine, outputs, metrics, Turns(2, 4), deadline_seconds=60)


async def chunks_of(speaker: Speaker) -> int:
    count = 0
    async for _ in speaker.speak(ASKED, NORTH):
        count += 1
    return count


def files(folder: Path) -> list[str]:
    return [file.suffix for file in folder.rglob("output_*")]


def unsaved(metrics: Metrics) -> float | None:
    return metrics.registry.get_sample_value("cosyvoice_unsaved_outputs_total", {"campus": "north"})


def test_a_long_reply_is_kept_whole_and_never_held_in_memory(tmp_path: Path) -> None:
    engine = LongReply()

    asyncio.run(chunks_of(speaker(engine, tmp_path, Metrics("held"))))

    kept = list((tmp_path / "north").iterdir())
    assert [file.suffix for file in kept] == [".wav"], "the reply is there once, under its own name"
    sound = recording(kept[0])
    assert (sound.rate, sound.seconds) == (24_000, SECONDS), "the header tells the length of the whole"
    assert abs(sound.loudness - 0.5) < 0.001, "every chunk is in it"
    assert engine.most_held <= 3, "only the chunk that is being spoken and its neighbours are in memory"


def test_a_reply_that_nobody_waits_for_leaves_no_file(tmp_path: Path) -> None:
    metrics = Metrics("held")

    async def leave_early() -> None:
        reading = speaker(LongReply(), tmp_path, metrics)
        reply = reading.speak(ASKED, NORTH)
        await anext(reply)
        assert files(tmp_path) == [".part"], "what was said so far is on the volume, not under a recording's name"
        await reply.aclose()
        await asyncio.gather(*(synthesis.task for synthesis in reading._under_way))

    asyncio.run(leave_early())

    assert files(tmp_path) == [], "half a reply is no recording"
    assert unsaved(metrics) is None, "it is not counted as lost"


def test_a_volume_that_gets_full_costs_the_copy_and_not_the_reply(tmp_path: Path) -> None:
    metrics = Metrics("held")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, hard))  # Python ignores SIGXFSZ: writing more is an OSError
    try:
        chunks = asyncio.run(chunks_of(speaker(LongReply(), tmp_path, metrics)))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert chunks == SECONDS, "the person hears the whole"
    assert files(tmp_path) == [], "half a reply is not kept"
    assert unsaved(metrics) == 1.0, "the operator learns of it, once"
