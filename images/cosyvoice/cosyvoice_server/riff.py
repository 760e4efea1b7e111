"""The container of WAV files: chunks, each with a name of four letters."""

import struct
from collections.abc import Iterator

HEAD = 12
"""Bytes before the first chunk."""


def chunk(name: bytes, content: bytes) -> bytes:
    """Write a chunk; the next one begins at an even place."""
    return name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)


def chunks(file: bytes) -> Iterator[tuple[bytes, int, bytes]]:
    """Read a WAV file's chunks: each one's name, the length it claims, and what there is of it; none of what is no WAV file."""
    if file[:4] != b"RIFF" or file[8:HEAD] != b"WAVE":
        return
    at = HEAD
    while at + 8 <= len(file):
        name, size = struct.unpack_from("<4sI", file, at)
        yield name, size, file[at + 8 : at + 8 + size]
        at += 8 + size + size % 2
