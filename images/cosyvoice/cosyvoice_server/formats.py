"""The formats of a spoken reply, each encoded chunk by chunk while it is spoken."""

from enum import StrEnum
from typing import Protocol

import lameenc

from cosyvoice_server.audio import frames, header
from cosyvoice_server.engines.base import Samples
from cosyvoice_server.labels import Label, id3

MP3_KILOBITS = 64
"""A second, mono: LAME's own choice for speech of this bandwidth; an hour has 29 MB."""
MP3_QUALITY = 5
"""From 0, the slowest, to 9; LAME's default, which takes a hundredth of the time that the audio lasts."""


class Format(StrEnum):
    """The formats that can be streamed."""

    MP3 = "mp3"
    WAV = "wav"
    PCM = "pcm"


class Encoder(Protocol):
    """Turns chunks of one reply into bytes to send."""

    content_type: str

    def begin(self) -> bytes:
        """Write what comes before the first chunk."""

    def add(self, samples: Samples) -> bytes:
        """Encode a chunk; nothing may come of a short one yet."""

    def end(self) -> bytes:
        """Write what is left."""


class Wav:
    """A WAV file whose header leaves its length open."""

    content_type = "audio/wav"

    def __init__(self, sample_rate: int, label: Label) -> None:
        self._begin = header(sample_rate, label)

    def begin(self) -> bytes:
        """Write the header."""
        return self._begin

    def add(self, samples: Samples) -> bytes:
        """Write a chunk."""
        return frames(samples)

    def end(self) -> bytes:
        """Write nothing."""
        return b""


class Pcm(Wav):
    """Signed 16-bit little-endian samples, mono, and nothing else: its label is only in the reply's headers."""

    def __init__(self, sample_rate: int, label: Label) -> None:
        super().__init__(sample_rate, label)
        self.content_type = f"audio/pcm;rate={sample_rate};bits=16;channels=1;endian=little"

    def begin(self) -> bytes:
        """Write nothing."""
        return b""


class Mp3:
    """An MP3 of constant bit rate, without a frame that tells its length."""

    content_type = "audio/mpeg"

    def __init__(self, sample_rate: int, label: Label) -> None:
        self._begin = id3(label)
        self._encoder = lameenc.Encoder()
        self._encoder.silence()
        self._encoder.set_in_sample_rate(sample_rate)
        self._encoder.set_channels(1)
        self._encoder.set_bit_rate(MP3_KILOBITS)
        self._encoder.set_quality(MP3_QUALITY)

    def begin(self) -> bytes:
        """Write the tag that labels it."""
        return self._begin

    def add(self, samples: Samples) -> bytes:
        """Encode a chunk."""
        return bytes(self._encoder.encode(frames(samples)))

    def end(self) -> bytes:
        """Write the last frames."""
        return bytes(self._encoder.flush())


def encoder(wanted: Format, sample_rate: int, label: Label) -> Encoder:
    """Make the encoder of one reply."""
    match wanted:
        case Format.MP3:
            return Mp3(sample_rate, label)
        case Format.WAV:
            return Wav(sample_rate, label)
        case Format.PCM:
            return Pcm(sample_rate, label)
