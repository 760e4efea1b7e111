"""How long a request may take, whatever holds it up."""

import asyncio
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from plain_engine import PlainEngine
from teachers import CONSENT, wav_file

from cosyvoice_server.api import Speech, SpeechBody
from cosyvoice_server.campus import Caller
from cosyvoice_server.catalogue import Catalogue
from cosyvoice_server.deadline import Deadline, DeadlineError
from cosyvoice_server.engines.base import Samples, SpeechError, SpeechRequest
from cosyvoice_server.metrics import Metrics
from cosyvoice_server.problems import ApiError
from cosyvoice_server.speaker import Speaker
from cosyvoice_server.turns import Turns
from cosyvoice_server.voices import VoiceStore
from cosyvoice_server.voices.store import TeacherVoice

NORTH = Caller("north", cloning=True, audible_label=False, audit_id="1")
ASKED = SpeechRequest(text="你好。", voice="中文女")
TEACHER = SpeechRequest(text="你好。", voice="王老师")


class PacedReply(PlainEngine):
    """Speaks a chunk whenever it is told to go on."""

    def __init__(self) -> None:
        self.go_on = threading.Semaphore(0)
        self.asked_in: set[str] = set()

    def notices(self, request: SpeechRequest) -> list[str]:
        self.asked_in.add(threading.current_thread().name)
        return []

    def synthesize(self, request: SpeechRequest) -> Iterator[Samples]:
        while self.go_on.acquire():
            yield np.full(2400, 0.5, np.float32)


class HungVolume(VoiceStore):
    """Finds no voice before the volume is back."""

    def __init__(self) -> None:
        super().__init__(Path("/nowhere"), tuple)
        self.back = threading.Event()

    def names(self, campus: str) -> list[str]:
        self.back.wait(10)
        return []

    def find(self, campus: str, name: str) -> TeacherVoice | None:
        self.back.wait(10)
        return None


async def first(speaker: Speaker, asked: SpeechRequest = ASKED) -> Samples:
    return await anext(speaker.speak(asked, NORTH))


def test_the_time_that_a_request_waits_counts_towards_its_deadline(tmp_path: Path) -> None:
    async def wait() -> tuple[int, int]:
        engine, turns = PacedReply(), Turns(slots=1, waiting_per_campus=4)
        speaker = Speaker(engine, tmp_path, Metrics("held"), turns, deadline_seconds=60)
        patient = asyncio.create_task(first(speaker))
        await asyncio.sleep(0)
        hurried = Speaker(engine, tmp_path, Metrics("held"), turns, deadline_seconds=0.1)
        with pytest.raises(DeadlineError, match=r"was not finished within 0\.1 s"):
            await first(hurried)
        await asyncio.gather(*(synthesis.task for synthesis in hurried._under_way), return_exceptions=True)
        taken = turns.running, turns.waiting().total()
        engine.go_on.release(2)
        await patient
        return taken

    assert asyncio.run(wait()) == (1, 0), "who is too late leaves the queue, and not the one who speaks"


def test_a_listener_who_stops_fetching_holds_nothing_after_the_deadline(tmp_path: Path) -> None:
    async def stop_fetching() -> list[type[BaseException]]:
        engine, turns = PacedReply(), Turns(slots=1, waiting_per_campus=4)
        speaker = Speaker(engine, tmp_path, Metrics("held"), turns, deadline_seconds=0.5)
        engine.go_on.release(1)
        reply = speaker.speak(ASKED, NORTH)
        await anext(reply)
        (synthesis,) = speaker._under_way
        async with asyncio.timeout(60):
            await asyncio.to_thread(synthesis._stopped.wait)
            engine.go_on.release(1)
            await synthesis.task
        with pytest.raises(SpeechError) as ended:
            await anext(reply)
        return [ended.type]

    assert asyncio.run(stop_fetching()) == [DeadlineError], "the slot is given back although the listener never came back for more"


def test_a_voices_volume_that_hangs_keeps_no_request_beyond_its_deadline_and_no_preset_voice_from_speaking(tmp_path: Path) -> None:
    metrics = Metrics("held")

    async def ask() -> tuple[int, int, int]:
        volume, engine, turns = HungVolume(), PacedReply(), Turns(slots=1, waiting_per_campus=40)
        speaker = Speaker(engine, tmp_path, metrics, turns, deadline_seconds=0.2, voices=volume)
        program = Speech(speaker, Catalogue(engine, volume), shared=False)
        ended = await asyncio.gather(*(first(speaker, TEACHER) for _ in range(40)), return_exceptions=True)
        assert {type(error) for error in ended} == {DeadlineError}, f"every listener has an answer: {ended}"
        with pytest.raises(ApiError, match=r"was not finished within 0\.2 s") as refused:
            await program.reply(SpeechBody(input="你好。", voice="王老师"), NORTH)
        assert await program.reply(SpeechBody(input="你好。", voice="中文女"), NORTH), (
            "a program's request for a preset voice waits for nothing"
        )
        engine.go_on.release(2)
        spoken = await anext(speaker.speak(ASKED, NORTH, deadline=Deadline(60)))
        volume.back.set()
        return turns.waiting().total(), refused.value.status, len(spoken)

    assert asyncio.run(ask()) == (0, 504, 2400), "the places are free again, and a preset voice is heard while the volume still hangs"
    missed = metrics.registry.get_sample_value("cosyvoice_errors_total", {"campus": "north", "kind": "deadline"})
    assert missed == 41, "the program's request is counted like the listeners'"


def test_nothing_that_reads_the_voices_volume_holds_up_the_event_loop(tmp_path: Path) -> None:
    class Noted(VoiceStore):
        """Notes the threads in which it is read."""

        def __init__(self) -> None:
            super().__init__(tmp_path / "voices", tuple, lambda: datetime(2026, 9, 1, tzinfo=UTC))
            self.read_in: set[str] = set()

        def find(self, campus: str, name: str) -> TeacherVoice | None:
            self.read_in.add(threading.current_thread().name)
            return super().find(campus, name)

        def holds(self, voice: TeacherVoice) -> bool:
            self.read_in.add(threading.current_thread().name)
            return super().holds(voice)

    async def listen() -> None:
        engine.go_on.release(2)
        await first(Speaker(engine, tmp_path, Metrics("held"), Turns(1, 4), deadline_seconds=60, voices=volume), TEACHER)

    volume, engine = Noted(), PacedReply()
    volume.enrol("north", CONSENT | {"consent_expires_on": "2027-07-31"}, wav_file())
    asyncio.run(listen())

    places = {name.partition("_")[0] for name in volume.read_in | engine.asked_in}
    assert places == {"lookup", "synthesis"}, "in one thread the volume stops one listener, in the event loop's everybody"
