"""Audio as WAV: 16-bit, mono, labelled as made by a machine."""

import contextlib
import secrets
import struct
from pathlib import Path

import numpy as np

from cosyvoice_server import labels
from cosyvoice_server.engines.base import Samples
from cosyvoice_server.labels import Label

SAMPLE_BYTES = 2
ENDLESS = 0xFFFFFFFF
"""What a stream's header gives for a length that is not known yet, as players expect."""


def wav(samples: Samples, sample_rate: int, label: Label) -> bytes:
    """Encode samples as a WAV file; what lies outside -1 to 1 is clipped."""
    data = frames(samples)
    return header(sample_rate, label, len(data)) + data


def header(sample_rate: int, label: Label, size: int | None = None) -> bytes:
    """Begin a WAV file of ``size`` bytes of samples, or one whose length nobody knows yet; both headers have the same length."""
    layout = struct.pack("<HHIIHH", 1, 1, sample_rate, sample_rate * SAMPLE_BYTES, SAMPLE_BYTES, SAMPLE_BYTES * 8)
    chunks = b"WAVEfmt " + struct.pack("<I", len(layout)) + layout + labels.riff(label) + b"data"
    whole = ENDLESS if size is None else len(chunks) + 4 + size
    return b"RIFF" + struct.pack("<I", whole) + chunks + struct.pack("<I", ENDLESS if size is None else size)


def frames(samples: Samples) -> bytes:
    """Encode samples as 16-bit numbers."""
    return (np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes()


class Recording:
    """A reply on its way to ``folder/output_<timestamp>_<id>.wav``, which is there complete or not at all.

    Every chunk goes to a ``.part`` file beside it at once, so that a long reply needs no more memory than a short one.
    The id begins with random letters, which keep two replies of one second, and two servers on one volume, apart; it ends in
    the id of the teacher's voice that spoke, if one did, by which the reply goes when the voice goes.
    """

    def __init__(self, sample_rate: int, folder: Path, timestamp: str, label: Label, voice_id: str = "") -> None:
        """Begin the ``.part`` file.

        Raises:
            OSError: the volume is full or cannot be written; ``add`` and ``finish`` raise it too.
        """
        folder.mkdir(parents=True, exist_ok=True)
        made_with = f"-{voice_id}" if voice_id else ""
        self._path = folder / f"output_{timestamp}_{secrets.token_hex(4)}{made_with}.wav"
        self._partial = self._path.with_suffix(".part")
        self._sample_rate = sample_rate
        self._label = label
        self._size = 0
        self._file = self._partial.open("wb")
        self._file.write(header(sample_rate, label))

    def add(self, samples: Samples) -> None:
        """Append a chunk."""
        self._size += self._file.write(frames(samples))

    def finish(self) -> Path:
        """Write the length into the header, and give the file its name."""
        self._file.seek(0)
        self._file.write(header(self._sample_rate, self._label, self._size))
        self._file.close()
        return self._partial.replace(self._path)

    def discard(self) -> None:
        """Remove what was written, if it was not finished; on a full volume not even closing the file succeeds."""
        for end in (self._file.close, self._partial.unlink):
            with contextlib.suppress(OSError):
                end()
