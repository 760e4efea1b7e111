"""Turning what came back into samples, and measuring them."""

import io
import math
import sys
import wave
from array import array
from dataclasses import dataclass
from pathlib import Path

import av
from av.error import FFmpegError

FULL_SCALE = 32768
SILENCE = -100.0
"""Loudness, in dBFS, that digital silence is given."""


@dataclass(frozen=True)
class Sound:
    """Mono sound, 16 bits a sample, in this machine's byte order."""

    rate: int
    """Samples a second."""

    samples: "array[int]"

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return len(self.samples) / self.rate

    @property
    def loudness(self) -> float:
        """Root mean square in dB below full scale: 0 is a full square wave, speech is some -20 to -30."""
        if not self.samples:
            return SILENCE
        mean = sum(sample * sample for sample in self.samples) / len(self.samples)
        return max(SILENCE, 20 * math.log10(math.sqrt(mean) / FULL_SCALE)) if mean else SILENCE

    def write_wav(self, path: Path) -> None:
        """Write a RIFF WAVE file; its folder is made."""
        path.parent.mkdir(parents=True, exist_ok=True)
        samples = array("h", self.samples)
        if sys.byteorder == "big":
            samples.byteswap()
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(self.rate)
            file.writeframes(samples.tobytes())


def decode(encoded: bytes, rate: int | None = None) -> Sound:
    """The sound in `encoded` (AAC, WAV, MP3, whatever FFmpeg's libraries read), at its own `rate` or another.

    Raises:
        ValueError: there is no sound in it.
    """
    try:
        with av.open(io.BytesIO(encoded), mode="r") as container:
            if not container.streams.audio:
                raise ValueError(f"the reply's {len(encoded)} bytes hold no audio stream")
            rate = rate or container.streams.audio[0].rate
            resampler = av.AudioResampler(format="s16", layout="mono", rate=rate)
            frames = [part for frame in container.decode(audio=0) for part in resampler.resample(frame)]
            frames += resampler.resample(None)
    except FFmpegError as error:
        raise ValueError(f"the reply's {len(encoded)} bytes are no audio ({error})") from error
    samples = array("h")
    for frame in frames:
        samples.frombytes(bytes(frame.planes[0])[: frame.samples * samples.itemsize])
    return Sound(rate, samples)
