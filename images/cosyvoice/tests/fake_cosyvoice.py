"""CosyVoice's source tree and its packages, as far as the server uses them, speaking tones instead of words.

It asserts, hangs, leaks and keeps silent where the real one does; each part names the file of
https://github.com/FunAudioLLM/CosyVoice (at ace7c47) that it mirrors. Tokens are letters here: what counts is which reach the
model, not what it makes of them. ``install`` puts the modules where the engine imports them from.
"""

import json
import logging
import math
import random
import re
import sys
import threading
import time
import uuid
import wave
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

RATE = 24_000
TOKENS_A_SECOND = 25
TOKENS_A_LETTER = 5
LOOKAHEAD = 3
END_OF_PROMPT = "<|endofprompt|>"
# What makes the model fail: the words of a text, where a real one would need a full GPU or a bad weight.
LLM_OUT_OF_MEMORY, FLOW_OUT_OF_MEMORY, LLM_FAILS, CUDA_BREAKS, SILENT = "内存一", "内存二", "失败", "损坏", "无声"


class Tensor:
    """The two things done with a torch tensor of shape (1, samples)."""

    def __init__(self, samples: "np.ndarray[Any, Any]") -> None:
        self._samples = samples.astype(np.float32).reshape(1, -1)
        self.shape = self._samples.shape

    def numpy(self) -> "np.ndarray[Any, Any]":
        return self._samples


class OutOfMemoryError(RuntimeError):
    """``torch.cuda.OutOfMemoryError``, by its name and words."""


class Gpu:
    """``torch.cuda``: whether there is one, its kind, and how often its cache was emptied."""

    def __init__(self, *, there: bool = True, kind: str = "Fake A10") -> None:
        self.there = there
        self.kind = kind
        self.emptied = 0

    def is_available(self) -> bool:
        return self.there

    def get_device_name(self, _: int) -> str:
        return self.kind

    def empty_cache(self) -> None:
        self.emptied += 1


class FrontEnd:
    """``cosyvoice/cli/frontend.py``: text into pieces, recordings into features, and the known speakers."""

    def __init__(self, spk2info: Path) -> None:
        self.spk2info: dict[str, dict[str, Any]] = json.loads(spk2info.read_text()) if spk2info.exists() else {}

    def text_normalize(self, text: str, *, split: bool = True) -> Any:
        """Pieces of several sentences each; a text with a control token is left as it is."""
        if ("<|" in text and "|>" in text) or not text:
            return [text] if split else text
        pieces = re.findall(r".{1,60}(?:[。！？.!?]|$)", text.strip())
        return [piece for piece in pieces if re.search(r"\w", piece)] if split else text.strip()

    def frontend_sft(self, text: str, spk_id: str) -> dict[str, Any]:
        return {"text": text, "llm_embedding": self.spk2info[spk_id]["embedding"]}

    def frontend_zero_shot(self, text: str, prompt_text: str, prompt_wav: Any, zero_shot_spk_id: str) -> dict[str, Any]:
        """A known speaker brings its own prompt text: the one given is not even looked at."""
        if zero_shot_spk_id:
            return {**self.spk2info[zero_shot_spk_id], "text": text}
        seconds = load_wav(prompt_wav)
        if seconds > 30:
            raise AssertionError("do not support extract speech token for audio longer than 30s")
        token = "p" * int(seconds * TOKENS_A_SECOND)
        return {"text": text, "prompt_text": prompt_text, "llm_prompt_speech_token": token, "flow_prompt_speech_token": token}


def load_wav(prompt_wav: Any) -> float:
    """``cosyvoice/utils/file_utils.py``: takes a path, not the tensor that older servers pass; tells the seconds."""
    if not isinstance(prompt_wav, str):
        raise TypeError(f"Invalid file: {prompt_wav!r}")
    with wave.open(prompt_wav) as recording:
        rate: int = recording.getframerate()
        assert rate >= 16_000, f"wav sample rate {rate} must be greater than 16000"
        return float(recording.getnframes() / rate)


class Model1:
    """``cosyvoice/cli/model.py``, ``CosyVoiceModel``: no ``token_hop_len`` to lengthen."""

    needs_end_of_prompt = False
    patience = 30.0
    """Seconds after which the endless loop fails the test that is in it."""
    pause = 0.002

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.tts_speech_token_dict: dict[str, list[int]] = {}
        self.llm_end_dict: dict[str, bool] = {}
        self.hift_cache_dict: dict[str, Any] = {}
        self.hops: list[int] = []
        """The hop with which each streamed reply began."""
        self.given: list[dict[str, Any]] = []
        """What reached the model, request by request."""
        self.drawn = 0
        """Tokens that its thread has made."""

    def llm_job(self, text: str, prompt_text: str, llm_prompt_speech_token: str, llm_embedding: Any, uuid: str) -> None:
        """Only the last line tells that it has ended, so that a failure never does."""
        self._check(prompt_text + text)
        for _ in range(len(text.rpartition("|>")[2]) * TOKENS_A_LETTER):
            if LLM_OUT_OF_MEMORY in text:
                raise OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
            if LLM_FAILS in text:
                raise RuntimeError("probability tensor contains either `inf`, `nan` or element < 0")
            if CUDA_BREAKS in text:
                raise RuntimeError("CUDA error: device-side assert triggered")
            time.sleep(self.pause / 10)
            self.drawn += 1
            self.tts_speech_token_dict[uuid].append(random.randrange(6561))
        self.llm_end_dict[uuid] = True

    def _check(self, tokens: str) -> None:
        """``cosyvoice/llm/llm.py``, ``CosyVoice3LM.inference``."""
        if self.needs_end_of_prompt and END_OF_PROMPT not in tokens:
            raise AssertionError("<|endofprompt|> not detected in CosyVoice3 text or prompt_text, check your input!")

    def token2wav(self, tokens: list[int], text: str, speed: float = 1.0) -> Tensor:
        """The flow and the vocoder: nothing can be made of nothing."""
        if FLOW_OUT_OF_MEMORY in text:
            raise OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB")
        if SILENT in text:
            return Tensor(np.zeros(0))
        if not tokens:
            raise RuntimeError("Calculated padded input size per channel: (3). Kernel size: (4).")
        length = int(len(tokens) * RATE / TOKENS_A_SECOND / speed)
        pitch = 120 + sum(tokens) % 200
        return Tensor(0.2 * np.sin(2 * math.pi * pitch / RATE * np.arange(length)))

    def tts(
        self,
        text: str,
        prompt_text: str = "",
        llm_prompt_speech_token: str = "",
        flow_prompt_speech_token: str = "",
        llm_embedding: Any = None,
        *,
        stream: bool = False,
        speed: float = 1.0,
    ) -> Iterator[dict[str, Tensor]]:
        """The entries of a reply that is not read to its end stay."""
        self.given.append({"text": text, "prompt_text": prompt_text, "llm_embedding": llm_embedding, "stream": stream, "speed": speed})
        this = str(uuid.uuid1())
        with self.lock:
            self.tts_speech_token_dict[this], self.llm_end_dict[this], self.hift_cache_dict[this] = [], False, None
        thread = threading.Thread(target=self.llm_job, args=(text, prompt_text, llm_prompt_speech_token, llm_embedding, this))
        thread.start()
        said = 0
        if stream:
            for end in self._hops(this, len(flow_prompt_speech_token)):
                yield {"tts_speech": self.token2wav(self.tts_speech_token_dict[this][said:end], text)}
                self.hift_cache_dict[this] = {"mel": end}
                said = end
        thread.join()
        rest = self.tts_speech_token_dict[this][said:]
        if rest or not said:
            yield {"tts_speech": self.token2wav(rest, text, 1.0 if stream else speed)}  # a streamed reply has no speed
        with self.lock:
            self.tts_speech_token_dict.pop(this)
            self.llm_end_dict.pop(this)
            self.hift_cache_dict.pop(this)

    def _hops(self, this: str, prompt_tokens: int) -> Iterator[int]:
        """Poll for tokens; the end of the language model is the only other way out."""
        offset, since = 0, time.monotonic()
        while True:
            time.sleep(self.pause)
            assert time.monotonic() - since < self.patience, "the real model polls here for ever"
            hop = self._hop()
            if offset == 0:
                hop += -prompt_tokens % self._hop()
            if len(self.tts_speech_token_dict[this]) - offset >= hop + LOOKAHEAD:
                if offset == 0:
                    self.hops.append(self._hop())
                offset += hop
                self._lengthen()
                yield offset
            if self.llm_end_dict[this] and len(self.tts_speech_token_dict[this]) - offset < hop + LOOKAHEAD:
                return

    def _hop(self) -> int:
        return 2 * TOKENS_A_SECOND

    def _lengthen(self) -> None:
        """Version 1 lengthens a variable of its own."""


class Model2(Model1):
    """``CosyVoice2Model``: the hop belongs to all requests, and only ever grows."""

    def __init__(self) -> None:
        super().__init__()
        self.token_hop_len = 25

    def _hop(self) -> int:
        return self.token_hop_len

    def _lengthen(self) -> None:
        self.token_hop_len = min(4 * 25, 2 * self.token_hop_len)


class Model3(Model2):
    """``CosyVoice3Model``."""

    needs_end_of_prompt = True


class CosyVoice:
    """``cosyvoice/cli/cosyvoice.py``; version 1 knows neither vLLM nor ``inference_instruct2``."""

    inner: type[Model1] = Model1

    def __init__(self, model_dir: str, load_jit: bool = False, load_trt: bool = False, fp16: bool = False, trt_concurrent: int = 1) -> None:
        self._build(Path(model_dir), load_trt=load_trt, fp16=fp16)

    def _build(self, folder: Path, *, load_trt: bool, fp16: bool, load_vllm: bool = False) -> None:
        self.frontend = FrontEnd(folder / "spk2info.pt")
        self.sample_rate = RATE
        self.options = {"model_dir": str(folder), "load_trt": load_trt, "load_vllm": load_vllm, "fp16": fp16}
        if not sys.modules["torch"].cuda.is_available():
            load_trt = fp16 = False
            logging.warning("no cuda device, set load_trt/fp16 to False")
        self.model = self.inner()
        (folder / "llm.pt").read_bytes()
        if load_vllm:
            assert "CosyVoice2ForCausalLM" in sys.modules["vllm"].ModelRegistry.registered, "vLLM does not know the architecture"
            (folder / "vllm").mkdir(exist_ok=True)
        if load_trt:
            self._load_trt(folder / f"flow.decoder.estimator.{'fp16' if fp16 else 'fp32'}.mygpu.plan", folder)

    def _load_trt(self, plan: Path, folder: Path) -> None:
        """``model.py``, ``load_trt``: a plan of another GPU, or half of one, cannot be read."""
        kind = sys.modules["torch"].cuda.get_device_name(0)
        if not plan.exists() or plan.stat().st_size == 0:
            (folder / "flow.decoder.estimator.fp32.onnx").read_bytes()
            plan.write_text(f"plan for {kind}")
        assert plan.read_text() == f"plan for {kind}", f"failed to load trt {plan}"

    def list_available_spks(self) -> list[str]:
        return list(self.frontend.spk2info.keys())

    def add_zero_shot_spk(self, prompt_text: str, prompt_wav: str, zero_shot_spk_id: str) -> bool:
        assert zero_shot_spk_id != "", "do not use empty zero_shot_spk_id"
        features = self.frontend.frontend_zero_shot("", prompt_text, prompt_wav, "")
        del features["text"]
        self.frontend.spk2info[zero_shot_spk_id] = features
        return True

    def inference_sft(self, tts_text: str, spk_id: str, stream: bool = False, speed: float = 1.0) -> Iterator[dict[str, Tensor]]:
        for piece in self.frontend.text_normalize(tts_text):
            yield from self._tts(self.frontend.frontend_sft(piece, spk_id), stream, speed)

    def inference_zero_shot(
        self, tts_text: str, prompt_text: str, prompt_wav: str, zero_shot_spk_id: str = "", stream: bool = False, speed: float = 1.0
    ) -> Iterator[dict[str, Tensor]]:
        prompt_text = self.frontend.text_normalize(prompt_text, split=False)
        for piece in self.frontend.text_normalize(tts_text):
            if len(piece) < 0.5 * len(prompt_text):
                logging.warning("synthesis text {} too short than prompt text {}".format(piece, prompt_text))
            yield from self._tts(self.frontend.frontend_zero_shot(piece, prompt_text, prompt_wav, zero_shot_spk_id), stream, speed)

    def inference_cross_lingual(
        self, tts_text: str, prompt_wav: str, zero_shot_spk_id: str = "", stream: bool = False, speed: float = 1.0
    ) -> Iterator[dict[str, Tensor]]:
        for piece in self.frontend.text_normalize(tts_text):
            features = self.frontend.frontend_zero_shot(piece, "", prompt_wav, zero_shot_spk_id)
            del features["prompt_text"], features["llm_prompt_speech_token"]
            yield from self._tts(features, stream, speed)

    def inference_instruct(
        self, tts_text: str, spk_id: str, instruct_text: str, stream: bool = False, speed: float = 1.0
    ) -> Iterator[dict[str, Tensor]]:
        assert type(self).__name__ == "CosyVoice", "inference_instruct is only implemented for CosyVoice!"
        for piece in self.frontend.text_normalize(tts_text):
            yield from self._tts({**self.frontend.frontend_sft(piece, spk_id), "prompt_text": instruct_text}, stream, speed)

    def _tts(self, features: dict[str, Any], stream: bool, speed: float) -> Iterator[dict[str, Tensor]]:
        logging.info("synthesis text {}".format(features["text"]))
        yield from self.model.tts(**features, stream=stream, speed=speed)


class CosyVoice2(CosyVoice):
    """Version 2."""

    inner = Model2

    def __init__(
        self,
        model_dir: str,
        load_jit: bool = False,
        load_trt: bool = False,
        load_vllm: bool = False,
        fp16: bool = False,
        trt_concurrent: int = 1,
    ) -> None:
        self._build(Path(model_dir), load_trt=load_trt, fp16=fp16, load_vllm=load_vllm)

    def inference_instruct2(
        self, tts_text: str, instruct_text: str, prompt_wav: str, zero_shot_spk_id: str = "", stream: bool = False, speed: float = 1.0
    ) -> Iterator[dict[str, Tensor]]:
        for piece in self.frontend.text_normalize(tts_text):
            features = self.frontend.frontend_zero_shot(piece, instruct_text, prompt_wav, zero_shot_spk_id)
            del features["llm_prompt_speech_token"]
            yield from self._tts(features, stream, speed)


class CosyVoice3(CosyVoice2):
    """Version 3 has no ``load_jit``."""

    inner = Model3

    def __init__(
        self, model_dir: str, load_trt: bool = False, load_vllm: bool = False, fp16: bool = False, trt_concurrent: int = 1
    ) -> None:
        self._build(Path(model_dir), load_trt=load_trt, fp16=fp16, load_vllm=load_vllm)


def auto_model(**options: Any) -> CosyVoice:
    """``AutoModel``: the YAML file in the folder tells the version; a folder that is not there would be downloaded."""
    folder = Path(options["model_dir"])
    assert folder.exists(), "the real one asks a model hub now"
    for file, version in (("cosyvoice.yaml", CosyVoice), ("cosyvoice2.yaml", CosyVoice2), ("cosyvoice3.yaml", CosyVoice3)):
        if (folder / file).exists():
            return version(**options)
    raise TypeError("No valid model type found!")


def model_folder(folder: Path, version: int = 3, speakers: tuple[str, ...] = ()) -> Path:
    """Make a model folder of a version; a speaker enrolled in version 3 brings its prompt text, in the others an embedding."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"cosyvoice{version if version > 1 else ''}.yaml").touch()
    for name in ("llm.pt", "flow.pt", "hift.pt", "flow.decoder.estimator.fp32.onnx"):
        (folder / name).write_text(name)
    if speakers:
        known = {"prompt_text": f"You are a helpful assistant.{END_OF_PROMPT}你好。"} if version == 3 else {"embedding": "e"}
        (folder / "spk2info.pt").write_text(json.dumps(dict.fromkeys(speakers, known)))
    return folder


def recorded(path: Path, rate: int = 16_000, seconds: float = 3) -> Path:
    """Write a silent recording."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(bytes(2 * int(rate * seconds)))
    return path


def install(patch: pytest.MonkeyPatch, root: Path, gpu: Gpu | None = None) -> None:
    """Put the modules in place for as long as the patch lasts."""
    for name, module in modules(root, gpu or Gpu()).items():
        patch.setitem(sys.modules, name, module)


def modules(root: Path, gpu: Gpu) -> dict[str, ModuleType]:
    """Make the modules that the GPU image has, with upstream's tree at ``root``."""
    recorded(root / "asset" / "zero_shot_prompt.wav")
    registered: list[str] = []
    contents: dict[str, dict[str, Any]] = {
        "torch": {"cuda": gpu},
        "tensorrt": {"__version__": "10.13"},
        "vllm": {
            "__version__": "0.11",
            "ModelRegistry": SimpleNamespace(registered=registered, register_model=lambda name, _: registered.append(name)),
        },
        "cosyvoice": {},
        "cosyvoice.cli": {},
        "cosyvoice.cli.cosyvoice": {"AutoModel": auto_model, "__file__": str(root / "cosyvoice" / "cli" / "cosyvoice.py")},
        "cosyvoice.utils": {},
        "cosyvoice.utils.common": {"set_all_random_seed": random.seed},
        "cosyvoice.vllm": {},
        "cosyvoice.vllm.cosyvoice2": {"CosyVoice2ForCausalLM": object},
    }
    made = {name: ModuleType(name) for name in contents}
    for name, module in made.items():
        vars(module).update(contents[name])
    return made
