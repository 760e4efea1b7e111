"""A teacher who enrols: recordings and forms."""

import math
import struct

import numpy as np

CONSENT = {
    "name": "王老师",
    "transcript": "今天我们一起读一篇课文。",
    "consent_given_by": "王小红",
    "consent_scope": "Reading lessons aloud to the pupils of the north campus",
    "consent_given_on": "2026-01-02",
}


def wav_file(
    *,
    rate: int = 24_000,
    seconds: float = 4,
    loudness: float = 0.2,
    bits: int = 16,
    kind: int = 1,
    channels: int = 1,
    extensible: bool = False,
    pitch: float = 220,
) -> bytes:
    """Write a recording as a WAV file of any kind: a tone, which is as good as a voice to all who do not imitate it."""
    tone = loudness * np.sin(2 * math.pi * pitch * np.arange(int(rate * seconds)) / rate)
    both = np.repeat(tone, channels)
    if kind == 3:
        data = both.astype("<f4").tobytes()
    elif bits == 8:
        data = (both * 127 + 128).astype(np.uint8).tobytes()
    elif bits == 24:
        data = (both * 2**31).astype("<i4").view(np.uint8).reshape(-1, 4)[:, 1:].tobytes()
    else:
        data = (both * (2 ** (bits - 1) - 1)).astype(f"<i{bits // 8}").tobytes()
    width = bits // 8 * channels
    layout = struct.pack("<HHIIHH", 0xFFFE if extensible else kind, channels, rate, rate * width, width, bits)
    if extensible:
        layout += struct.pack("<HHIH", 22, bits, 0, kind) + bytes.fromhex("000000001000800000aa00389b71")
    chunks = b"WAVEfmt " + struct.pack("<I", len(layout)) + layout + b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(chunks)) + chunks
