"""How the GPU engine gets along with the real model's ways, which ``fake_cosyvoice`` has too."""

import logging
from pathlib import Path
from typing import Any, cast

import fake_cosyvoice
import pytest
from fake_cosyvoice import Gpu

from cosyvoice_server.config import EngineName, Settings
from cosyvoice_server.engines import engine_for
from cosyvoice_server.engines.base import EngineError, Mode, SpeechError, SpeechRequest
from cosyvoice_server.engines.cosyvoice import CosyVoiceEngine

PREFIX = "You are a helpful assistant.<|endofprompt|>"
LONG = "这句话够长，要分成好几块来听，"


class Bench:
    """Makes engines over the stand-in, and recordings."""

    def __init__(self, folder: Path, gpu: Gpu) -> None:
        self.folder = folder
        self.gpu = gpu
        self.recording = fake_cosyvoice.recorded(folder / "prompt.wav")

    def engine(self, version: int = 3, speakers: tuple[str, ...] = (), **settings: Any) -> CosyVoiceEngine:
        model = self.folder / f"model-{version}"
        if not model.exists():
            fake_cosyvoice.model_folder(model, version, speakers)
        engine = engine_for(Settings(EngineName.COSYVOICE, model, cache_dir=self.folder / "cache", **settings))
        engine.load()
        return cast("CosyVoiceEngine", engine)

    def request(self, text: str, mode: Mode = Mode.ZERO_SHOT, **changes: Any) -> SpeechRequest:
        asked: dict[str, Any] = {"prompt_text": "希望你好。", "prompt_wav": self.recording, "instruction": "请用广东话表达。"} | changes
        return SpeechRequest(text, mode, **asked)


@pytest.fixture
def gpu() -> Gpu:
    return Gpu()


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gpu: Gpu) -> Bench:
    fake_cosyvoice.install(monkeypatch, tmp_path / "upstream", gpu)
    return Bench(tmp_path, gpu)


def spoken(engine: CosyVoiceEngine, request: SpeechRequest) -> int:
    """Speak a request, and tell in how many chunks."""
    return len(list(engine.synthesize(request)))


def given(engine: CosyVoiceEngine) -> list[tuple[str, str, bool, float]]:
    """Take what has reached the model since the last time: prompt text, text, stream, speed."""
    calls = [(call["prompt_text"], call["text"], call["stream"], call["speed"]) for call in engine._model.model.given]
    engine._model.model.given.clear()
    return calls


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_version_3_gets_its_system_prompt_in_every_mode(bench: Bench, stream: bool) -> None:
    engine = bench.engine(speakers=("王老师",))
    given(engine)

    for mode in Mode:
        spoken(engine, bench.request("第一句。第二句。", mode, voice="王老师", stream=stream))

    instruction = "You are a helpful assistant. 请用广东话表达。<|endofprompt|>"
    assert given(engine) == [
        (PREFIX + "你好。", "第一句。", stream, 1.0), (PREFIX + "你好。", "第二句。", stream, 1.0),
        (PREFIX + "希望你好。", "第一句。", stream, 1.0), (PREFIX + "希望你好。", "第二句。", stream, 1.0),
        ("", PREFIX + "第一句。", stream, 1.0), ("", PREFIX + "第二句。", stream, 1.0),
        (instruction, "第一句。", stream, 1.0), (instruction, "第二句。", stream, 1.0),
    ], "the prompt format is the one of upstream's example.py"  # fmt: skip


def test_version_2_gets_no_system_prompt_and_version_1_an_instruction_for_a_preset_voice(bench: Bench) -> None:
    second, first = bench.engine(2), bench.engine(1, speakers=("中文女",))
    given(second), given(first)

    spoken(second, bench.request("你好。"))
    spoken(second, bench.request("你好。", Mode.INSTRUCT))
    spoken(first, bench.request("你好。", Mode.INSTRUCT, voice="中文女", prompt_wav=None))

    assert given(second) == [("希望你好。", "你好。", False, 1.0), ("请用广东话表达。<|endofprompt|>", "你好。", False, 1.0)]
    assert given(first) == [("请用广东话表达。<|endofprompt|>", "你好。", False, 1.0)], "inference_instruct2 is not version 1's"


def test_a_streamed_reply_is_read_at_normal_speed_and_the_person_is_told(bench: Bench) -> None:
    engine = bench.engine()
    given(engine)

    spoken(engine, bench.request("你好。", speed=1.5))
    spoken(engine, bench.request("你好。", speed=1.5, stream=True))

    assert [speed for *_, speed in given(engine)] == [1.5, 1.0], "upstream would drop the speed without a word"
    assert engine.notices(bench.request("你好。", speed=1.5, stream=True)) == [
        "流式推理时不支持变速，按原速朗读。 A streamed reply is read at normal speed."
    ]


def test_every_streamed_reply_begins_as_soon_as_the_first(bench: Bench) -> None:
    engine = bench.engine()

    for _ in range(4):
        assert spoken(engine, bench.request(LONG, stream=True)) > 1, "a streamed sentence comes in several chunks"

    assert engine._model.model.hops == [25] * 4, "upstream's first chunk grows from one second to four, and stays there"


def test_a_model_without_voices_has_spoken_before_it_is_ready_and_refuses_a_preset_voice(bench: Bench) -> None:
    engine = bench.engine()

    assert given(engine) == [(PREFIX + "希望你以后能够做的比我还好呦。", "你好。", False, 1.0)], "it imitates upstream's sample recording"
    assert engine.voices() == (), "version 3 ships with none"
    with pytest.raises(SpeechError, match="没有预训练音色“中文女”"):
        spoken(engine, bench.request("你好。", Mode.PRESET, voice="中文女"))
    assert bench.engine(2, ("", "王老师")).voices() == ("王老师",), "upstream's page fills an empty list with an empty name"


def test_nothing_of_a_recording_outlives_its_request(bench: Bench) -> None:
    engine = bench.engine()
    before = engine.voices()

    spoken(engine, bench.request("第一句。第二句。"))
    half = engine.synthesize(bench.request("第一句。第二句。"))
    next(half)
    half.close()

    assert engine._model.frontend.spk2info == {}, "a withdrawn consent leaves nothing to forget"
    assert engine.voices() == before, "and meanwhile nobody else can choose the voice"


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("fault", [fake_cosyvoice.LLM_FAILS, fake_cosyvoice.LLM_OUT_OF_MEMORY, fake_cosyvoice.FLOW_OUT_OF_MEMORY])
def test_a_failure_in_the_model_ends_the_request_and_the_next_one_is_spoken(bench: Bench, fault: str, stream: bool) -> None:
    engine = bench.engine()

    with pytest.raises(EngineError) as failure:
        spoken(engine, bench.request(f"{fault}{LONG}", stream=stream))

    assert isinstance(failure.value.__cause__, RuntimeError), "the operator's log has the cause"
    inner = engine._model.model
    assert inner.tts_speech_token_dict == inner.llm_end_dict == inner.hift_cache_dict == {}, "upstream would keep what is on the GPU"
    assert spoken(engine, bench.request("你好。", stream=stream)) >= 1, "the slot is free again"
    assert engine.ailment() == "", "one failure is none of the process"


def test_a_full_gpu_is_told_and_emptied_and_a_gpu_that_stays_full_calls_for_a_new_process(bench: Bench, gpu: Gpu) -> None:
    engine = bench.engine()
    full = bench.request(fake_cosyvoice.LLM_OUT_OF_MEMORY)

    def out_of_memory() -> None:
        with pytest.raises(EngineError, match="The GPU's memory is used up: shorten the text, or try again"):
            spoken(engine, full)

    for turn in (1, 2):
        out_of_memory()
        assert gpu.emptied == turn, "each time, the cache is given back"
    spoken(engine, bench.request("你好。"))
    for _ in range(2):
        out_of_memory()
    assert engine.ailment() == "", "a sentence spoken between shows that there is memory"
    out_of_memory()
    assert engine.ailment() == "the GPU's memory was used up 3 times, one after the other, though it was freed each time"


def test_a_cuda_error_calls_for_a_new_process_at_once(bench: Bench) -> None:
    engine = bench.engine()

    with pytest.raises(EngineError, match="The model could not speak this text"):
        spoken(engine, bench.request(fake_cosyvoice.CUDA_BREAKS))

    assert engine.ailment() == "CUDA reported an error, after which nothing works in this process"


def test_silence_is_an_error_and_no_reply(bench: Bench) -> None:
    with pytest.raises(EngineError, match="The model made no sound of this text"):
        spoken(bench.engine(), bench.request(fake_cosyvoice.SILENT))


def test_a_listener_who_leaves_stops_the_models_thread(bench: Bench) -> None:
    engine = bench.engine()
    inner = engine._model.model
    inner.pause, inner.drawn = 0.2, 0
    text = LONG * 3

    chunks = engine.synthesize(bench.request(text, stream=True))
    next(chunks)
    chunks.close()

    assert inner.drawn < len(text) * fake_cosyvoice.TOKENS_A_LETTER, "the rest of the sentence is not computed for nobody"
    assert inner.tts_speech_token_dict == {}, "and nothing of it is kept"


@pytest.mark.parametrize("mode", [Mode.ZERO_SHOT, Mode.CROSS_LINGUAL, Mode.INSTRUCT], ids=lambda mode: mode.slug)
def test_a_recording_that_the_model_cannot_use_is_refused(bench: Bench, tmp_path: Path, mode: Mode) -> None:
    engine = bench.engine()
    coarse, long = fake_cosyvoice.recorded(tmp_path / "1.wav", 8_000), fake_cosyvoice.recorded(tmp_path / "2.wav", seconds=31)
    (tmp_path / "3.wav").write_bytes(b"not a sound")

    for recording in (coarse, long):
        with pytest.raises(SpeechError, match="needs 16000 Hz or more and 30 s or less: record again"):
            spoken(engine, bench.request("你好。", mode, prompt_wav=recording))
    with pytest.raises(SpeechError, match="could not be read: bring it as a WAV file") as refused:
        spoken(engine, bench.request("你好。", mode, prompt_wav=tmp_path / "3.wav"))
    assert not isinstance(refused.value, EngineError), "it is the recording's fault, not the model's"


def test_no_text_reaches_the_log(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    engine = bench.engine()
    logging.getLogger().setLevel(logging.DEBUG)

    spoken(engine, bench.request("天机。", prompt_text="不可泄漏，" * 5))

    assert "天机" not in caplog.text, "upstream logs each text"
    assert "不可泄漏" not in caplog.text, "and warns, with both texts, of a short one"


def test_the_gpu_settings_reach_the_model_and_what_it_builds_goes_to_the_cache(bench: Bench, gpu: Gpu, tmp_path: Path) -> None:
    plain = bench.engine()
    assert plain._model.options == {"model_dir": str(tmp_path / "model-3"), "load_trt": False, "load_vllm": False, "fp16": False}

    fast = bench.engine(fp16=True, vllm=True, tensorrt=True)
    options = fast._model.options
    assert (options["load_trt"], options["load_vllm"], options["fp16"]) == (True, True, True), "each switch is upstream's own"
    assert spoken(fast, bench.request("你好。")) == 1, "it speaks from there"
    own = {file.name for file in (tmp_path / "model-3").iterdir()}
    assert own == {"cosyvoice3.yaml", "llm.pt", "flow.pt", "hift.pt", "flow.decoder.estimator.fp32.onnx"}, "the model stays as it is"
    folder = Path(options["model_dir"])
    assert {file.name for file in folder.iterdir()} - own == {"vllm", "flow.decoder.estimator.fp16.mygpu.plan"}

    gpu.kind = "Fake L40"
    other = bench.engine(tensorrt=True)._model.options["model_dir"]
    assert other != str(folder), "another kind of GPU cannot read the plan of the first"


def test_half_a_plan_is_built_anew(bench: Bench) -> None:
    folder = Path(bench.engine(tensorrt=True)._model.options["model_dir"])
    plan = folder / "flow.decoder.estimator.fp32.mygpu.plan"

    plan.write_text("plan fo")
    (folder.parent / "loaded").unlink()  # as a start leaves it that was killed while it built
    assert bench.engine(tensorrt=True)._model.options["model_dir"] == str(folder)
    assert plan.read_text() == "plan for Fake A10", "upstream itself would stumble over it at every start"


def test_a_start_that_cannot_succeed_says_what_to_change(bench: Bench, gpu: Gpu, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cache").write_text("a file where the volume should be")
    with pytest.raises(SpeechError, match=r"COSYVOICE_CACHE_DIR is .* mount a volume or name another folder"):
        bench.engine(vllm=True)

    (tmp_path / "model-3" / "llm.pt").unlink()
    with pytest.raises(SpeechError, match=r"lacks .*llm.pt: fetch the model anew"):
        engine_for(Settings(EngineName.COSYVOICE, tmp_path / "model-3")).load()

    gpu.there = False
    with pytest.raises(SpeechError, match="need a GPU, and this container sees none"):
        bench.engine(fp16=True)

    monkeypatch.undo()
    with pytest.raises(SpeechError, match=r"the cosyvoice engine needs the GPU image: cosyvoice.* is not installed here"):
        bench.engine()
