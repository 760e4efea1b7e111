"""What one file has to be: its size and its checksum, and whether the file on disk is that."""

import hashlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from cosyvoice_server.model.errors import ModelError

_BLOCK = 1 << 20


@dataclass(frozen=True)
class Content:
    """The content that a file has to have. At least one of the two checksums is known."""

    size: int | None
    """Bytes; None where the source does not say."""
    sha256: str | None = None
    git_blob: str | None = None
    """SHA-1 by which git names a file that is in the repository itself (https://git-scm.com/book/en/v2/Git-Internals-Git-Objects)."""

    def fault_of(self, path: Path) -> str | None:
        """Say what is wrong with the file, after reading all of it; None when nothing is."""
        if not path.is_file():
            return "is missing"
        size = path.stat().st_size
        if self.size is not None and size != self.size:
            return f"has {size} bytes, but it has to have {self.size}"
        if self.sha256 is not None and (found := sha256_of(path)) != self.sha256:
            return f"has SHA-256 {found}, but it has to have {self.sha256}"
        if self.git_blob is not None and (found := _git_blob_of(path, size)) != self.git_blob:
            return f"is git blob {found}, but it has to be {self.git_blob}"
        return None


def sha256_of(path: Path) -> str:
    """Compute the file's SHA-256, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _git_blob_of(path: Path, size: int) -> str:
    digest = hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def safe_path(path: str, told_by: str) -> str:
    """Return a file's path within its model; a source may not name files elsewhere, nor our own.

    Raises:
        ModelError: the path leads out of the folder, or to a name that begins with a dot.
    """
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or "\0" in path or parts[0].startswith(".") or ".." in parts:
        message = f"{told_by} lists a file {path!r}, which is not a path inside the model's folder: do not use this source"
        raise ModelError(message)
    return str(PurePosixPath(path))
