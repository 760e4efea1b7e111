"""The GPU engine: the real CosyVoice, behind the few calls of its ``AutoModel`` that are used here.

Upstream (https://github.com/FunAudioLLM/CosyVoice, ``cosyvoice/cli/cosyvoice.py``) is a source tree, not a package: the
GPU image puts it on ``PYTHONPATH``. What is relied on, and checked against a fake in ``tests/test_cosyvoice_engine.py``:

- ``AutoModel(model_dir=...)`` returns an object whose class name is ``CosyVoice``, ``CosyVoice2`` or ``CosyVoice3``;
- ``sample_rate``, ``list_available_spks()``, ``inference_zero_shot``, ``inference_cross_lingual``, ``inference_sft``,
  ``inference_instruct2``: generators of ``{"tts_speech": tensor of shape (1, samples)}``;
- version 3 asserts on a system prompt that ends in ``<|endofprompt|>`` before the transcript, the text or the instruction;
- ``model.llm_job(..., uuid)`` runs in a thread, and ``tts()`` polls ``model.llm_end_dict[uuid]`` until it is true.
"""

import contextlib
import importlib
import logging
import threading
import wave
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from cosyvoice_server.engines.base import Mode, Samples, SpeechError, SpeechRequest
from cosyvoice_server.model.marker import check
from cosyvoice_server.text import sentences

SYSTEM_PROMPT = "You are a helpful assistant."
END_OF_PROMPT = "<|endofprompt|>"
LOWEST_PROMPT_RATE = 16_000
LONGEST_PROMPT_SECONDS = 30.0


def load_auto_model(model_dir: Path) -> Any:
    """Build upstream's model from a local folder; it is never downloaded, because the folder is there.

    Raises:
        SpeechError: upstream's source tree or one of its packages is not in this image, or the folder is not complete.
    """
    try:
        module = importlib.import_module("cosyvoice.cli.cosyvoice")
    except ImportError as error:
        message = (
            f"the cosyvoice engine needs the GPU image: {error.name} is not installed here. Use that image, or COSYVOICE_ENGINE=kokoro"
        )
        raise SpeechError(message) from error
    check(model_dir)
    model = module.AutoModel(model_dir=str(model_dir))
    logging.getLogger().setLevel(logging.WARNING)  # upstream logs every text at INFO and sets the level to DEBUG on import
    return model


def seed_everything(seed: int) -> None:
    """Make upstream's sampling repeat itself, as its web page does."""
    importlib.import_module("cosyvoice.utils.common").set_all_random_seed(seed)


class CosyVoiceEngine:
    """Speaks with any CosyVoice model that upstream's ``AutoModel`` loads."""

    sample_rate = 24_000

    def __init__(self, model_dir: Path, build: Callable[[Path], Any], set_seed: Callable[[int], None] = seed_everything) -> None:
        """Remember how to build the model: ``build`` is called once, by ``load``."""
        self._folder = model_dir
        self._build = build
        self._set_seed = set_seed

    def load(self) -> None:
        """Build the model; speak once when it has a preset voice to do it with.

        Raises:
            SpeechError: the image or the model folder lacks something.
        """
        self._model = self._build(self._folder)
        self.sample_rate = int(self._model.sample_rate)
        self._is_version_3 = type(self._model).__name__ == "CosyVoice3"
        self._failures: list[Exception] = []
        self._one_at_a_time = threading.Lock()  # the model has state of its own and a batch size of one
        self._end_failed_jobs()
        for voice in self.voices()[:1]:
            for _ in self.synthesize(SpeechRequest(text="你好。", voice=voice)):
                pass

    def voices(self) -> tuple[str, ...]:
        """Name the speakers enrolled in the model folder (``spk2info.pt``); version 3 ships with none."""
        return tuple(name for name in self._model.list_available_spks() if name)

    def notices(self, request: SpeechRequest) -> list[str]:
        """Say that upstream cannot change the speed of a streamed reply."""
        if request.stream and request.speed != 1:
            return ["流式推理时不支持变速，按原速朗读。 A streamed reply is read at normal speed."]
        return []

    def synthesize(self, request: SpeechRequest) -> Iterator[Samples]:
        """Speak with the model, in the chunks it makes.

        Raises:
            SpeechError: the request lacks what the mode needs, or the model failed on it.
        """
        self._check(request)
        with self._one_at_a_time:
            self._failures.clear()
            self._set_seed(request.seed)
            for reply in self._replies(request):
                if self._failures:
                    break
                yield np.asarray(reply["tts_speech"].numpy(), np.float32).ravel()
            if self._failures:
                message = "模型未能朗读这段文本，请换一种说法或稍后再试。 The model could not speak this text: change it or try again."
                raise SpeechError(message) from self._failures[0]

    def _replies(self, request: SpeechRequest) -> Iterator[dict[str, Any]]:
        """Call the inference method of the mode, with the prompt format of the model's version."""
        model = self._model
        options = {"stream": request.stream, "speed": 1.0 if request.stream else request.speed}
        prompt = SYSTEM_PROMPT + END_OF_PROMPT if self._is_version_3 else ""
        wav = str(request.prompt_wav)
        match request.mode:
            case Mode.PRESET if self._is_version_3:
                yield from model.inference_zero_shot(request.text, "", "", zero_shot_spk_id=request.voice, **options)
            case Mode.PRESET:
                yield from model.inference_sft(request.text, request.voice, **options)
            case Mode.ZERO_SHOT:
                yield from model.inference_zero_shot(request.text, prompt + request.prompt_text, wav, **options)
            case Mode.CROSS_LINGUAL:
                # Upstream neither normalises nor splits a text that holds a <|token|>, so every sentence gets its own.
                for sentence in sentences(request.text):
                    yield from model.inference_cross_lingual(prompt + sentence, wav, **options)
            case Mode.INSTRUCT:
                instruction = f"{SYSTEM_PROMPT} {request.instruction}" if self._is_version_3 else request.instruction
                yield from model.inference_instruct2(request.text, instruction + END_OF_PROMPT, wav, **options)

    def _check(self, request: SpeechRequest) -> None:
        """Refuse what upstream would answer with an assertion or a second of silence."""
        if request.mode is Mode.PRESET:
            if request.voice not in self.voices():
                message = f"没有预训练音色“{request.voice}”，请改用“{Mode.ZERO_SHOT}”。 No such voice here: use cloning."
                raise SpeechError(message)
            return
        if request.prompt_wav is None:
            message = "此模式需要 prompt 音频，请上传或录制。 This mode needs a prompt recording: upload or record one."
            raise SpeechError(message)
        with contextlib.suppress(wave.Error, EOFError), wave.open(str(request.prompt_wav)) as recording:
            rate, seconds = recording.getframerate(), recording.getnframes() / recording.getframerate()
            if rate < LOWEST_PROMPT_RATE or seconds > LONGEST_PROMPT_SECONDS:
                message = (
                    f"prompt 音频为 {rate} Hz、{seconds:.0f} 秒，需至少 {LOWEST_PROMPT_RATE} Hz 且不超过 {LONGEST_PROMPT_SECONDS:.0f} 秒。"
                    f" The recording needs {LOWEST_PROMPT_RATE} Hz or more and {LONGEST_PROMPT_SECONDS:.0f} s or less: record again."
                )
                raise SpeechError(message)

    def _end_failed_jobs(self) -> None:
        """Make a job that raises end its reply: upstream sets the end mark only on success and would poll for ever."""
        inner = self._model.model
        original = inner.llm_job

        def job(*arguments: Any, **named: Any) -> None:
            uuid = named.get("uuid", arguments[-1] if arguments else "")
            try:
                original(*arguments, **named)
            except Exception as error:  # a thread's exception has nobody above it; the reader of the reply raises it
                self._failures.append(error)
                inner.llm_end_dict[uuid] = True

        inner.llm_job = job
