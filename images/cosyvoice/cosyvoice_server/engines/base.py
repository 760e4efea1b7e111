"""What every engine offers, and what a request to speak holds."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]
"""Mono audio, one number from -1 to 1 a sample, at the engine's sample rate."""


class Mode(StrEnum):
    """How a voice is chosen. The values are the words of CosyVoice's own web page, which are its API."""

    PRESET = "预训练音色"
    ZERO_SHOT = "3s极速复刻"
    CROSS_LINGUAL = "跨语种复刻"
    INSTRUCT = "自然语言控制"

    @property
    def slug(self) -> str:
        """The mode's name in metrics."""
        return self.name.lower()


class SpeechError(Exception):
    """This request cannot be spoken; the text says why and what to do, for the person who asked."""


class EngineError(SpeechError):
    """The model failed on this request, through no fault of the person who asked; the cause is what it raised."""


@dataclass(frozen=True)
class SpeechRequest:
    """One text to speak, in the terms of CosyVoice's web page.

    Attributes:
        text: What to say, in any mix of languages the engine speaks.
        mode: How the voice is chosen.
        voice: A name from the engine's ``voices()``; used by the preset mode.
        prompt_text: What is said in the prompt recording; used by zero-shot.
        prompt_wav: The recording of the voice to imitate, at most 30 s and at least 16 kHz.
        instruction: How to say it, in words; used by the instruct mode.
        seed: Makes an engine that draws random numbers repeat itself.
        stream: Whether chunks may be shorter than a sentence.
        speed: 1 is the voice's own speed, from 0.5 to 2.
    """

    text: str
    mode: Mode = Mode.PRESET
    voice: str = ""
    prompt_text: str = ""
    prompt_wav: Path | None = None
    instruction: str = ""
    seed: int = 0
    stream: bool = False
    speed: float = 1.0


class Engine(Protocol):
    """A speech model. One instance serves several threads at once."""

    sample_rate: int
    """Samples a second of every chunk."""

    def load(self) -> None:
        """Load the model and speak once, so that the first request is not slower than the rest.

        Raises:
            SpeechError: the model folder does not hold what the engine needs.
        """

    def voices(self) -> tuple[str, ...]:
        """Name the preset voices, the default first; empty when the model has none."""

    def ailment(self) -> str:
        """Say why this process cannot speak again and must be started anew; empty while it can."""

    def notices(self, request: SpeechRequest) -> list[str]:
        """Say in which ways the reply will differ from what the request asks, one sentence each."""

    def synthesize(self, request: SpeechRequest) -> Iterator[Samples]:
        """Speak, yielding audio as soon as it is there: at least one chunk for each sentence with words in it.

        Closing the iterator ends the synthesis, and keeps nothing of the request.

        Raises:
            SpeechError: the request cannot be spoken.
            EngineError: the model failed on it.
        """
