"""Audio as WAV: 16-bit, mono."""

import io
import secrets
import wave
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from cosyvoice_server.engines.base import Samples


def wav(samples: Samples, sample_rate: int) -> bytes:
    """Encode samples as a WAV file; what lies outside -1 to 1 is clipped."""
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(sample_rate)
        writer.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return file.getvalue()


def keep(chunks: Sequence[Samples], sample_rate: int, folder: Path, timestamp: str) -> Path:
    """Write a reply to ``folder/output_<timestamp>_<random>.wav``, complete or not at all.

    The random part keeps two replies of one second, and two servers on one volume, apart.

    Raises:
        OSError: the volume is full or cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"output_{timestamp}_{secrets.token_hex(4)}.wav"
    partial = path.with_suffix(".part")
    try:
        partial.write_bytes(wav(np.concatenate(chunks), sample_rate))
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return path
