"""The calls that the GPU engine makes, checked against a stand-in that asserts and fails where the real model does."""

import sys
import threading
import types
import uuid
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cosyvoice_server.engines.base import Mode, SpeechError, SpeechRequest
from cosyvoice_server.engines.cosyvoice import CosyVoiceEngine, load_auto_model

PREFIX = "You are a helpful assistant.<|endofprompt|>"


class FakeTensor:
    """The one method of a torch tensor that is used, on audio of shape (1, samples)."""

    def numpy(self) -> np.ndarray[Any, Any]:
        return np.full((1, 2400), 0.1, np.float32)


class FakeModel:
    """Upstream's inner model: the language model runs in a thread, and its end mark is set only when it succeeds."""

    def __init__(self) -> None:
        self.llm_end_dict: dict[str, bool] = {}
        self.polls = 0

    def llm_job(self, text: str, prompt_text: str, *, uuid: str) -> None:
        if "<|endofprompt|>" not in text + prompt_text:
            raise AssertionError("<|endofprompt|> not detected in CosyVoice3 text or prompt_text")
        if "out of memory" in text:
            raise RuntimeError("CUDA out of memory")
        self.llm_end_dict[uuid] = True

    def tts(self, text: str, prompt_text: str = "") -> Iterator[dict[str, FakeTensor]]:
        this = str(uuid.uuid4())
        self.llm_end_dict[this] = False
        thread = threading.Thread(target=self.llm_job, args=(text, prompt_text), kwargs={"uuid": this})
        thread.start()
        thread.join()
        while not self.llm_end_dict[this]:
            self.polls += 1
            assert self.polls < 100, "the real model polls here for ever"
        yield {"tts_speech": FakeTensor()}


class CosyVoice3:
    """Upstream's ``AutoModel`` for version 3: the class's name is how it is told apart."""

    sample_rate = 24_000

    def __init__(self, speakers: tuple[str, ...] = ("",)) -> None:
        self.model = FakeModel()
        self.calls: list[tuple[Any, ...]] = []
        self._speakers = list(speakers)

    def list_available_spks(self) -> list[str]:
        return self._speakers

    def inference_zero_shot(
        self, tts_text: str, prompt_text: str, prompt_wav: str, zero_shot_spk_id: str = "", *, stream: bool = False, speed: float = 1.0
    ) -> Iterator[dict[str, FakeTensor]]:
        assert not (stream and speed != 1), "speed change only support non-stream inference mode"
        self.calls.append(("zero_shot", tts_text, prompt_text, prompt_wav, zero_shot_spk_id, stream, speed))
        yield from self.model.tts(tts_text, PREFIX if zero_shot_spk_id else prompt_text)

    def inference_cross_lingual(
        self, tts_text: str, prompt_wav: str, *, stream: bool = False, speed: float = 1.0
    ) -> Iterator[dict[str, FakeTensor]]:
        self.calls.append(("cross_lingual", tts_text, prompt_wav, stream, speed))
        yield from self.model.tts(tts_text)

    def inference_instruct2(
        self, tts_text: str, instruct_text: str, prompt_wav: str, *, stream: bool = False, speed: float = 1.0
    ) -> Iterator[dict[str, FakeTensor]]:
        self.calls.append(("instruct2", tts_text, instruct_text, prompt_wav, stream, speed))
        yield from self.model.tts(tts_text, instruct_text)


class CosyVoice2(CosyVoice3):
    """Version 2 knows no system prompt."""


def loaded(model: CosyVoice3) -> CosyVoiceEngine:
    engine = CosyVoiceEngine(Path("model"), lambda _: model, set_seed=lambda _: None)
    engine.load()
    return engine


@pytest.fixture
def prompt(tmp_path: Path) -> Path:
    return recorded(tmp_path / "prompt.wav", rate=16_000, seconds=3)


def recorded(path: Path, rate: int, seconds: int) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(b"\0\0" * rate * seconds)
    return path


def test_version_3_gets_its_system_prompt_in_every_mode(prompt: Path) -> None:
    model = CosyVoice3()
    engine = loaded(model)

    for mode in (Mode.ZERO_SHOT, Mode.CROSS_LINGUAL, Mode.INSTRUCT):
        request = SpeechRequest(
            "第一句。第二句。", mode, prompt_text="你好。", prompt_wav=prompt, instruction="请用广东话表达。", speed=1.5
        )
        assert {chunk.shape for chunk in engine.synthesize(request)} == {(2400,)}, "a chunk is mono audio"

    assert model.calls == [
        ("zero_shot", "第一句。第二句。", PREFIX + "你好。", str(prompt), "", False, 1.5),
        ("cross_lingual", PREFIX + "第一句。", str(prompt), False, 1.5),
        ("cross_lingual", PREFIX + "第二句。", str(prompt), False, 1.5),
        ("instruct2", "第一句。第二句。", "You are a helpful assistant. 请用广东话表达。<|endofprompt|>", str(prompt), False, 1.5),
    ], "the prompt format is the one of upstream's example.py"


def test_version_2_gets_no_system_prompt(prompt: Path) -> None:
    model = CosyVoice2()
    request = SpeechRequest("你好。", Mode.INSTRUCT, prompt_wav=prompt, instruction="用四川话说这句话")

    list(loaded(model).synthesize(request))

    assert model.calls == [("instruct2", "你好。", "用四川话说这句话<|endofprompt|>", str(prompt), False, 1.0)]


def test_a_streamed_reply_is_never_asked_for_at_another_speed(prompt: Path) -> None:
    model = CosyVoice3()
    engine = loaded(model)
    request = SpeechRequest("你好。", Mode.ZERO_SHOT, prompt_text="你好。", prompt_wav=prompt, stream=True, speed=1.5)

    list(engine.synthesize(request))

    assert model.calls[-1][-2:] == (True, 1.0), "upstream asserts on it"
    assert engine.notices(request) == ["流式推理时不支持变速，按原速朗读。 A streamed reply is read at normal speed."], (
        "and the person is told"
    )


def test_an_enrolled_speaker_is_a_preset_voice_and_a_missing_one_is_refused() -> None:
    model = CosyVoice3(speakers=("王老师",))
    engine = loaded(model)
    assert engine.voices() == ("王老师",), "voices are those in the model folder"
    assert model.calls == [("zero_shot", "你好。", "", "", "王老师", False, 1.0)], "the first request is not the first one spoken"

    assert loaded(CosyVoice3()).voices() == (), "version 3 ships with none, and an empty name is no voice"
    with pytest.raises(SpeechError, match="没有预训练音色“中文女”"):
        list(engine.synthesize(SpeechRequest("你好。", voice="中文女")))


def test_a_failure_in_the_models_thread_ends_the_request_and_the_next_one_is_spoken(prompt: Path) -> None:
    engine = loaded(CosyVoice3())

    def speak(text: str) -> int:
        return len(list(engine.synthesize(SpeechRequest(text, Mode.ZERO_SHOT, prompt_text="你好。", prompt_wav=prompt, stream=True))))

    with pytest.raises(SpeechError, match="The model could not speak this text") as failure:
        speak("out of memory")
    assert isinstance(failure.value.__cause__, RuntimeError), "the operator's log has the cause"
    assert speak("你好。") == 1, "the slot is free again"


@pytest.mark.parametrize(("rate", "seconds"), [(8_000, 3), (16_000, 31)], ids=["too coarse", "too long"])
def test_a_recording_that_the_model_cannot_use_is_refused(tmp_path: Path, rate: int, seconds: int) -> None:
    bad = recorded(tmp_path / "bad.wav", rate, seconds)

    with pytest.raises(SpeechError, match="needs 16000 Hz or more and 30 s or less: record again"):
        list(loaded(CosyVoice3()).synthesize(SpeechRequest("你好。", Mode.CROSS_LINGUAL, prompt_wav=bad)))


def test_an_image_without_cosyvoice_says_which_image_is_needed() -> None:
    with pytest.raises(SpeechError, match="the cosyvoice engine needs the GPU image: cosyvoice is not installed here"):
        load_auto_model(Path("model"))


def test_a_model_that_is_not_complete_is_never_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    upstream = types.ModuleType("cosyvoice.cli.cosyvoice")
    monkeypatch.setitem(sys.modules, upstream.__name__, upstream)

    with pytest.raises(SpeechError, match=f"^the model in {tmp_path} is not complete: it has neither"):
        load_auto_model(tmp_path)
