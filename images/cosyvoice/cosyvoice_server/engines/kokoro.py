"""The CPU engine: Kokoro-82M, quantised to int8, speaking Chinese and English with preset voices."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as runtime

from cosyvoice_server.engines.base import Mode, Samples, SpeechError, SpeechRequest
from cosyvoice_server.phonemes import Phonemizer
from cosyvoice_server.text import Language, language_of, sentences, stretches

LONGEST_INPUT = 510
"""Phonemes that Kokoro takes at once; a voice file has one style for each length up to it."""
STYLE_WIDTH = 256
UNREADABLE = (runtime.InvalidProtobuf, runtime.InvalidArgument, runtime.InvalidGraph, runtime.Fail, runtime.RuntimeException)
"""What ONNX Runtime raises for a file that is cut off, empty or something else; they have no base class of their own."""


@dataclass(frozen=True)
class Voice:
    """A person's two Kokoro voices, so that each language is read by a native of the same sex."""

    language: Language
    """What a sentence with no letters, as "314", is read in."""
    chinese: str
    english: str

    def file(self, language: Language) -> str:
        """Name the Kokoro voice that reads ``language``."""
        return self.chinese if language is Language.CHINESE else self.english


VOICES = {
    "中文女": Voice(Language.CHINESE, chinese="zf_xiaoxiao", english="af_heart"),
    "中文男": Voice(Language.CHINESE, chinese="zm_yunxi", english="am_michael"),
    "英文女": Voice(Language.ENGLISH, chinese="zf_xiaoyi", english="af_bella"),
    "英文男": Voice(Language.ENGLISH, chinese="zm_yunjian", english="am_fenrir"),
}
"""By CosyVoice's own names for its preset voices."""


class KokoroEngine:
    """Speaks from ``model.onnx``, ``vocab.json`` and ``voices/*.bin`` in one folder."""

    sample_rate = 24_000

    def __init__(self, model_dir: Path) -> None:
        self._folder = model_dir

    def load(self) -> None:
        """Load the model, the vocabulary and the voices, and speak one sentence that has both languages in it.

        Raises:
            SpeechError: a file is missing or damaged.
        """
        names = sorted({voice.file(language) for voice in VOICES.values() for language in Language})
        files = ["model.onnx", "vocab.json", *(f"voices/{name}.bin" for name in names)]
        missing = [name for name in files if not (self._folder / name).is_file()]
        if missing:
            message = f"the model folder {self._folder} lacks {', '.join(missing)}: fill it with fetch_assets.py"
            raise SpeechError(message)
        options = onnxruntime.SessionOptions()
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # the cores are shared with others
        with self._undamaged("model.onnx"):
            self._session = onnxruntime.InferenceSession(self._folder / "model.onnx", options, providers=["CPUExecutionProvider"])
        self._run_options = onnxruntime.RunOptions()
        # Without this the process keeps the memory of its longest sentence, twice when two were spoken at once.
        self._run_options.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
        with self._undamaged("vocab.json"):
            self._tokens: dict[str, int] = json.loads((self._folder / "vocab.json").read_text(encoding="utf-8"))["vocab"]
        with self._undamaged("voices/"):
            self._styles = {
                name: np.fromfile(self._folder / f"voices/{name}.bin", np.float32).reshape(-1, 1, STYLE_WIDTH) for name in names
            }
        self._phonemizer = Phonemizer()
        for _ in self.synthesize(SpeechRequest(text="好，hi。", voice=self.voices()[0])):
            pass

    def voices(self) -> tuple[str, ...]:
        """Name the preset voices, the default first."""
        return tuple(VOICES)

    def ailment(self) -> str:
        """Say nothing: what fails here fails alone."""
        return ""

    def notices(self, request: SpeechRequest) -> list[str]:
        """Say plainly that this engine neither clones nor follows instructions."""
        match request.mode:
            case Mode.ZERO_SHOT | Mode.CROSS_LINGUAL:
                chosen = self._voice_name(request)
                return [
                    f"此服务器没有 GPU，不能复刻声音，改用“{chosen}”。 This server cannot imitate a voice: a preset voice speaks instead."
                ]
            case Mode.INSTRUCT:
                return ["此服务器没有 GPU，instruct 文本会被忽略。 This server cannot follow an instruction: it is ignored."]
            case Mode.PRESET:
                return []

    def synthesize(self, request: SpeechRequest) -> Iterator[Samples]:
        """Yield one chunk for each sentence, or several for one that is longer than the model's input.

        Raises:
            SpeechError: there is no such voice, or nothing in the text can be spoken.
        """
        name = self._voice_name(request)
        if name not in VOICES:
            message = f"没有预训练音色“{name}”。 No such voice here: choose one of {'、'.join(VOICES)}."
            raise SpeechError(message)
        voice = VOICES[name]
        spoken = False
        for sentence in sentences(request.text):
            language = language_of(sentence, voice.language)
            tokens = self._tokenized(sentence, language)
            if not tokens:
                continue
            style = self._styles[voice.file(language)]
            pieces = [tokens[at : at + LONGEST_INPUT] for at in range(0, len(tokens), LONGEST_INPUT)]
            for piece in pieces:
                yield self._spoken(piece, style, request.speed)
            spoken = True
        if not spoken:
            message = "文本中没有可以朗读的中文或英文。 The text has no Chinese or English words to read: enter some."
            raise SpeechError(message)

    @contextmanager
    def _undamaged(self, name: str) -> Iterator[None]:
        """Read a file of the model folder.

        Raises:
            SpeechError: it is not what it should be.
        """
        try:
            yield
        except (*UNREADABLE, ValueError, KeyError) as error:
            message = f"{self._folder / name} is damaged ({type(error).__name__}): fill the model folder anew with fetch_assets.py"
            raise SpeechError(message) from error

    def _voice_name(self, request: SpeechRequest) -> str:
        """Choose the preset voice: the one named, or, for a prompt recording, always the same one for the same bytes."""
        if request.mode is Mode.PRESET or request.prompt_wav is None:
            return request.voice
        digest = hashlib.sha256(request.prompt_wav.read_bytes()).digest()
        return self.voices()[digest[0] % len(VOICES)]

    def _tokenized(self, sentence: str, language: Language) -> list[int]:
        """Write a sentence as the model's input; empty when only punctuation would be left."""
        spelled = " ".join(self._phonemizer.phonemes(of, part) for of, part in stretches(sentence, language))
        known = [letter for letter in spelled if letter in self._tokens]
        return [self._tokens[letter] for letter in known] if any(map(str.isalpha, known)) else []

    def _spoken(self, tokens: list[int], style: Samples, speed: float) -> Samples:
        """Run the model on at most ``LONGEST_INPUT`` tokens."""
        inputs = {
            "tokens": np.array([[0, *tokens, 0]], np.int64),
            "style": style[min(len(tokens), len(style) - 1)],
            "speed": np.array([speed], np.float32),
        }
        audio: Samples = self._session.run(None, inputs, self._run_options)[0].ravel()
        return np.clip(audio, -1.0, 1.0)  # loud vowels go a little beyond
