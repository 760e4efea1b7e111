"""Fetching one file, going on where an earlier try ended."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import httpx

from cosyvoice_server.model.errors import ModelError
from cosyvoice_server.model.sources import RemoteFile
from cosyvoice_server.model.web import Web, shown

TOLD_EVERY_SECONDS = 5.0

Tell = Callable[[str], None]
"""Prints one line for whoever watches."""


def download(web: Web, file: RemoteFile, partial: Path, final: Path, tell: Tell) -> None:
    """Fetch ``file`` into ``partial``, verify it, and only then give it its name ``final``.

    A connection that breaks is taken up again where it broke, as long as each one brings something.

    Raises:
        ModelError: the place says no, brings nothing any more, or what it brought is something else; that is removed.
    """
    partial.parent.mkdir(parents=True, exist_ok=True)
    with partial.open("ab"):
        pass
    while _is_short(file, start := partial.stat().st_size):
        error = _append(web, file, partial, tell)
        if error is None:
            break
        reached, reason = partial.stat().st_size, str(error) or type(error).__name__
        if reached <= start:
            message = f"{file.path} stopped at {reached} bytes ({reason}) at {shown(file.address)}: run this again, it goes on from there"
            raise ModelError(message) from error
        tell(f"{file.path}: the connection broke at {megabytes(reached)} ({reason}); going on from there")
    fault = file.content.fault_of(partial)
    if fault is not None:
        partial.unlink()
        message = f"{file.path} from {shown(file.address)} {fault}: it was removed; run this again, or use another mirror"
        raise ModelError(message)
    with partial.open("rb") as written:
        os.fsync(written.fileno())
    final.parent.mkdir(parents=True, exist_ok=True)
    partial.replace(final)
    tell(f"{file.path}: {megabytes(final.stat().st_size)}, verified")


def megabytes(count: float) -> str:
    """Write a number of bytes for a person."""
    return f"{count / 1e6:.1f} MB"


def _is_short(file: RemoteFile, size: int) -> bool:
    return file.content.size is None or size < file.content.size


def _append(web: Web, file: RemoteFile, partial: Path, tell: Tell) -> httpx.TransportError | None:
    """Get what is missing; return what broke the connection, if anything did."""
    have = partial.stat().st_size
    try:
        with web.from_byte(file.address, have) as answer, partial.open("r+b") as written:
            if answer.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
                return None  # the place has no more than is here; the checksum tells whether that is all
            web.refuse(answer, file.path)
            if not answer.headers.get("Content-Range", "").startswith(f"bytes {have}-"):
                have = 0  # the place does not do ranges and sends the whole file
                written.truncate()
            written.seek(have)
            progress = _Progress(file, have, tell)
            for block in answer.iter_raw():
                written.write(block)
                progress.grown(len(block))
    except httpx.TransportError as error:
        return error
    return None


class _Progress:
    """Tells every few seconds how far a file is, and how fast it comes."""

    def __init__(self, file: RemoteFile, have: int, tell: Tell) -> None:
        self._file, self._have, self._tell = file, have, tell
        self._told_at, self._told = time.monotonic(), have

    def grown(self, count: int) -> None:
        self._have += count
        passed = time.monotonic() - self._told_at
        if passed >= TOLD_EVERY_SECONDS:
            whole = f" of {megabytes(self._file.content.size)}" if self._file.content.size else ""
            self._tell(f"{self._file.path}: {megabytes(self._have)}{whole}, {megabytes((self._have - self._told) / passed)}/s")
            self._told_at, self._told = time.monotonic(), self._have
