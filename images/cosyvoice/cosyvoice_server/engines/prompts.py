"""Checking a prompt recording before a model is given it."""

import contextlib
import wave
from pathlib import Path

from cosyvoice_server.engines.base import SpeechError

LOWEST_RATE = 16_000
LONGEST_SECONDS = 30.0


def check_prompt(recording: Path) -> None:
    """Refuse a WAV file that upstream would answer with an assertion; of other formats nothing is known here.

    Raises:
        SpeechError: it is too coarse or too long.
    """
    with contextlib.suppress(wave.Error, EOFError), wave.open(str(recording)) as wav:
        rate, seconds = wav.getframerate(), wav.getnframes() / wav.getframerate()
        if rate < LOWEST_RATE or seconds > LONGEST_SECONDS:
            message = (
                f"prompt 音频为 {rate} Hz、{seconds:.0f} 秒，需至少 {LOWEST_RATE} Hz 且不超过 {LONGEST_SECONDS:.0f} 秒。"
                f" The recording needs {LOWEST_RATE} Hz or more and {LONGEST_SECONDS:.0f} s or less: record again."
            )
            raise SpeechError(message)
