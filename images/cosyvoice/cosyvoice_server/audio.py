"""Audio as WAV: 16-bit, mono."""

import contextlib
import io
import secrets
import wave
from pathlib import Path
from typing import IO

import numpy as np

from cosyvoice_server.engines.base import Samples


def wav(samples: Samples, sample_rate: int) -> bytes:
    """Encode samples as a WAV file; what lies outside -1 to 1 is clipped."""
    file = io.BytesIO()
    with _writer(file, sample_rate) as writer:
        writer.writeframes(frames(samples))
    return file.getvalue()


class Recording:
    """A reply on its way to ``folder/output_<timestamp>_<random>.wav``, which is there complete or not at all.

    Every chunk goes to a ``.part`` file beside it at once, so that a long reply needs no more memory than a short one.
    The random part keeps two replies of one second, and two servers on one volume, apart.
    """

    def __init__(self, sample_rate: int, folder: Path, timestamp: str) -> None:
        """Begin the ``.part`` file.

        Raises:
            OSError: the volume is full or cannot be written; ``add`` and ``finish`` raise it too.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / f"output_{timestamp}_{secrets.token_hex(4)}.wav"
        self._partial = self._path.with_suffix(".part")
        self._file = self._partial.open("wb")
        self._writer = _writer(self._file, sample_rate)

    def add(self, samples: Samples) -> None:
        """Append a chunk."""
        self._writer.writeframesraw(frames(samples))

    def finish(self) -> Path:
        """Write the length into the header, and give the file its name."""
        self._writer.close()
        self._file.close()
        return self._partial.replace(self._path)

    def discard(self) -> None:
        """Remove what was written, if it was not finished; on a full volume not even closing the file succeeds."""
        for end in (self._writer.close, self._file.close, self._partial.unlink):
            with contextlib.suppress(OSError):
                end()


def _writer(file: IO[bytes], sample_rate: int) -> wave.Wave_write:
    """Start a WAV file."""
    writer = wave.Wave_write(file)
    writer.setnchannels(1)
    writer.setsampwidth(2)
    writer.setframerate(sample_rate)
    return writer


def endless_header(sample_rate: int) -> bytes:
    """Begin a WAV stream whose length is not known yet: its header tells the greatest one, as players expect."""
    file = io.BytesIO()
    with _writer(file, sample_rate) as writer:
        writer.writeframes(b"")
    header = bytearray(file.getvalue())
    header[4:8] = header[-4:] = b"\xff\xff\xff\xff"
    return bytes(header)


def frames(samples: Samples) -> bytes:
    """Encode samples as 16-bit numbers."""
    return (np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes()
