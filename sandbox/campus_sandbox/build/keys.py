"""A key for a build: the same inputs give the same key, any other input another."""

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

_SHOWN = 16


def key_of(*inputs: str | bytes | Path) -> str:
    """A short hexadecimal digest of the inputs and their order.

    A path stands for what is there: a file's bytes and whether it can be executed, a link's target, or, for a
    folder, all of these below it with their names.
    """
    digest = hashlib.sha256()
    for given in inputs:
        if isinstance(given, Path):
            for name, content in _contents(given):
                _add(digest, name.encode())
                _add(digest, content)
        else:
            _add(digest, given.encode() if isinstance(given, str) else given)
    return digest.hexdigest()[:_SHOWN]


def sha256_of(file: Path) -> str:
    """The SHA-256 of a file's bytes, in hexadecimal."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _add(digest: "hashlib._Hash", content: bytes) -> None:
    digest.update(len(content).to_bytes(8, "big"))
    digest.update(content)


def _contents(path: Path) -> Iterable[tuple[str, bytes]]:
    if path.is_symlink():
        yield path.name, b"link " + os.fsencode(path.readlink())
    elif path.is_dir():
        for child in sorted(path.iterdir()):
            if child.name != "__pycache__":
                for name, content in _contents(child):
                    yield f"{path.name}/{name}", content
    else:
        executable = b"x " if path.stat().st_mode & 0o100 else b"- "
        yield path.name, executable + path.read_bytes()
