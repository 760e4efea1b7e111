"""What every engine promises to the server, asked of each: Kokoro, and CosyVoice over a stand-in for its three versions."""

import threading
from collections.abc import Generator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple, cast

import fake_cosyvoice
import numpy as np
import pytest

from cosyvoice_server.engines.base import Engine, Mode, Samples, SpeechError, SpeechRequest
from cosyvoice_server.engines.cosyvoice import CosyVoiceEngine
from cosyvoice_server.engines.kokoro import KokoroEngine
from cosyvoice_server.engines.upstream import Acceleration, Upstream

WORDS = "好的。"
SENTENCES = "一。二！3.14?"


class Promised(NamedTuple):
    """An engine, and a voice of its own to imitate."""

    engine: Engine
    recording: Path

    def request(self, text: str = WORDS, mode: Mode = Mode.PRESET, **changes: Any) -> SpeechRequest:
        voice = self.engine.voices()[0]
        asked = SpeechRequest(text, mode, voice, prompt_text="你好。", prompt_wav=self.recording, instruction="请用广东话表达。")
        return replace(asked, **changes)

    def spoken(self, text: str = WORDS, mode: Mode = Mode.PRESET, **changes: Any) -> list[Samples]:
        return list(self.engine.synthesize(self.request(text, mode, **changes)))


@pytest.fixture(scope="module", params=["kokoro", "version 1", "version 2", "version 3"])
def promised(request: pytest.FixtureRequest, kokoro: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Promised]:
    folder = tmp_path_factory.mktemp("engine")
    recording = fake_cosyvoice.recorded(folder / "prompt.wav")
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "kokoro":
            engine: Engine = KokoroEngine(kokoro)
        else:
            fake_cosyvoice.install(patch, folder / "upstream")
            model = fake_cosyvoice.model_folder(folder / "model", int(request.param[-1]), speakers=("王老师",))
            engine = CosyVoiceEngine(model, Upstream(Acceleration(), folder / "cache"))
        engine.load()
        yield Promised(engine, recording)


@pytest.mark.parametrize(
    ("mode", "stream"),
    [(Mode.PRESET, False), (Mode.ZERO_SHOT, True), (Mode.CROSS_LINGUAL, False), (Mode.INSTRUCT, True)],
    ids=["preset, whole", "zero-shot, streamed", "cross-lingual, whole", "instruct, streamed"],
)
def test_every_sentence_is_heard_in_every_mode(promised: Promised, mode: Mode, stream: bool) -> None:
    chunks = promised.spoken(SENTENCES, mode, stream=stream)

    assert len(chunks) >= 3, "each of three sentences has a chunk of its own"
    for chunk in chunks:
        assert chunk.dtype == np.float32, "samples are 32-bit floats"
        assert chunk.ndim == 1, "audio is mono"
        assert chunk.size, "no chunk is empty"
        assert np.abs(chunk).max() <= 1, "samples lie between -1 and 1"
    seconds = sum(chunk.size for chunk in chunks) / promised.engine.sample_rate
    assert 1 < seconds < 20, "the sample rate is the one told: the sentences last as long as sentences do"


def test_a_reply_that_is_broken_off_leaves_the_engine_free(promised: Promised) -> None:
    threads = threading.active_count()

    chunks = promised.engine.synthesize(promised.request(SENTENCES, stream=True))
    next(chunks)
    cast("Generator[Samples]", chunks).close()

    assert threading.active_count() == threads, "no thread of the broken reply goes on"
    assert promised.spoken(), "the next request is spoken"


def test_two_requests_at_once_are_both_spoken_to_the_end(promised: Promised) -> None:
    heard: dict[str, int] = {}

    def speak(name: str, text: str) -> None:
        heard[name] = sum(chunk.size for chunk in promised.spoken(text))

    both = [threading.Thread(target=speak, args=(name, text)) for name, text in (("short", WORDS), ("long", WORDS * 2))]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join(timeout=300)

    assert set(heard) == {"short", "long"}, "neither waits for ever"
    assert heard["long"] > heard["short"] > 0, "each is given its own text's audio"


def test_a_seed_repeats_what_was_heard_and_whoever_speaks_beside_it_changes_nothing(promised: Promised) -> None:
    alone = np.concatenate(promised.spoken(seed=7))

    stir = threading.Thread(target=promised.spoken, kwargs={"seed": 8})
    stir.start()
    beside = np.concatenate(promised.spoken(seed=7))
    stir.join()

    np.testing.assert_array_equal(alone, beside, "the same text, voice and seed are the same sound")


def test_a_faster_voice_is_shorter(promised: Promised) -> None:
    plain, fast = (sum(chunk.size for chunk in promised.spoken("这是一句话。", speed=speed)) for speed in (1.0, 2.0))

    assert 0.4 < fast / plain < 0.7, "twice the speed is about half the time"


@pytest.mark.parametrize("text", ["", "  ", "……！", "\n"], ids=["nothing", "spaces", "marks", "a line"])
def test_a_text_without_words_is_refused_not_answered_with_silence(promised: Promised, text: str) -> None:
    with pytest.raises(SpeechError, match="words"):
        promised.spoken(text)


def test_an_unknown_voice_is_refused_and_nobody_else_speaks_in_its_place(promised: Promised) -> None:
    with pytest.raises(SpeechError, match="陌生人"):
        promised.spoken(voice="陌生人")


def test_a_request_that_gets_what_it_asks_for_has_no_notices_and_the_engine_is_well(promised: Promised) -> None:
    assert promised.engine.notices(promised.request()) == [], "a preset voice at normal speed is what it says"
    assert promised.engine.ailment() == "", "an engine that has only ever spoken needs no new process"
