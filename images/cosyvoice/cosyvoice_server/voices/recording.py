"""The recording that a voice is enrolled with: what may be sent, and the one form in which it is kept."""

import io
import struct
import wave
from dataclasses import dataclass

import numpy as np

from cosyvoice_server import riff
from cosyvoice_server.engines.base import Samples
from cosyvoice_server.voices.consent import EnrolmentError

LOWEST_RATE, HIGHEST_RATE = 16_000, 192_000
SHORTEST, LONGEST = 3.0, 30.0
"""Seconds; the models cut or refuse what is longer."""
MOST_CHANNELS = 8
QUIETEST = 0.003
"""Root mean square, 1 is full scale: -50 dB, below which there is only the room."""
LAYOUT = struct.Struct("<HHIIHH")
EXTENSIBLE, KIND, KIND_AT = 0xFFFE, struct.Struct("<H"), 24
"""A kind that says only where the real one stands: at the start of its GUID."""
NO_WAV = "The recording is no WAV file that can be read: export it as WAV, 16-bit PCM."


@dataclass(frozen=True)
class Layout:
    """A WAV file's chunk ``fmt``."""

    kind: int
    channels: int
    rate: int
    bits: int


def checked(file: bytes) -> bytes:
    """Return a recording as a mono 16-bit WAV file at its own sample rate, without what else the file told.

    Args:
        file: a WAV file: PCM of 8 to 32 bits or floats of 32, as recorders and editors write them.

    Raises:
        EnrolmentError: it is no such file, or too short, too long, too coarse or silent.
    """
    layout, data = parts(file)
    if not LOWEST_RATE <= layout.rate <= HIGHEST_RATE:
        message = f"The recording has {layout.rate} samples a second and needs {LOWEST_RATE} to {HIGHEST_RATE}: record with 24000 or more."
        raise EnrolmentError(message)
    sound = mono(layout, data)
    seconds = len(sound) / layout.rate
    if not SHORTEST <= seconds <= LONGEST:
        message = f"The recording lasts {seconds:.1f} s and must last {SHORTEST:.0f} to {LONGEST:.0f} s: read one or two sentences."
        raise EnrolmentError(message)
    if not np.isfinite(sound).all() or np.sqrt(np.mean(np.square(sound, dtype=np.float64))) < QUIETEST:
        message = "The recording is silent: check the microphone and speak closer to it."
        raise EnrolmentError(message)
    kept = io.BytesIO()
    with wave.Wave_write(kept) as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(layout.rate)
        writer.writeframes((np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes())
    return kept.getvalue()


def parts(file: bytes) -> tuple[Layout, bytes]:
    """Take a WAV file apart; the standard library's reader knows neither floats nor the extensible form.

    Raises:
        EnrolmentError: it is none, or it is cut off.
    """
    layout = None
    for name, size, content in riff.chunks(file):
        if name == b"fmt " and len(content) >= LAYOUT.size:
            kind, channels, rate, _, _, bits = LAYOUT.unpack_from(content)
            if kind == EXTENSIBLE and len(content) >= KIND_AT + KIND.size:
                (kind,) = KIND.unpack_from(content, KIND_AT)
            layout = Layout(kind, channels, rate, bits)
        elif name == b"data" and layout is not None:
            if len(content) < size:
                message = "The recording is cut off: its header tells more sound than there is. Export it again."
                raise EnrolmentError(message)
            return layout, content
    raise EnrolmentError(NO_WAV)


def mono(layout: Layout, data: bytes) -> Samples:
    """Decode samples, and mix the channels.

    Raises:
        EnrolmentError: in no form that is known.
    """
    width, rest = divmod(layout.bits, 8)
    if rest or not 1 <= layout.channels <= MOST_CHANNELS:
        raise EnrolmentError(NO_WAV)
    data = data[: len(data) - len(data) % (max(width, 1) * layout.channels)]
    match layout.kind, width:
        case 1, 1:
            flat = np.frombuffer(data, np.uint8).astype(np.float32) / 128 - 1
        case 1, 2:
            flat = np.frombuffer(data, "<i2").astype(np.float32) / 2**15
        case 1, 3:
            triples = np.frombuffer(data, np.uint8).reshape(-1, 3)
            padded = np.zeros((len(triples), 4), np.uint8)
            padded[:, 1:] = triples
            flat = padded.view("<i4").ravel().astype(np.float32) / 2**31
        case 1, 4:
            flat = np.frombuffer(data, "<i4").astype(np.float32) / 2**31
        case 3, 4:
            flat = np.frombuffer(data, "<f4").astype(np.float32)
        case _:
            raise EnrolmentError(NO_WAV)
    mixed: Samples = flat.reshape(-1, layout.channels).mean(axis=1, dtype=np.float32)
    return mixed
