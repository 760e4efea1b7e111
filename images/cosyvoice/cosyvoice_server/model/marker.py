"""The completion marker of a model's folder, and the check that the folder still is what was fetched.

A server may only start on a complete model, and hashing five gigabytes at every start would take half a minute on a slow
volume. The marker therefore records each file's size, SHA-256 and modification time, as git's index does: a file whose size
and time are the recorded ones is taken as unchanged, any other is read. A folder that was filled by hand, or is part of an
image, has a ``SHA256SUMS`` instead, and all of it is read.
"""

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cosyvoice_server.model.contents import Content, safe_path, sha256_of
from cosyvoice_server.model.errors import ModelError

MARKER = ".complete"
SUMS = "SHA256SUMS"
_SHA256 = re.compile("[0-9a-f]{64}")
_TOLD = 5
"""Faults that one message tells; a volume that lost everything would fill the log."""


@dataclass(frozen=True)
class Marker:
    """What a complete folder holds."""

    source: Mapping[str, Any]
    """Where it came from, in the words of the fetch that was asked for."""
    files: Mapping[str, Content]
    modified: Mapping[str, int]
    """When each file was last written, in nanoseconds since 1970; a file that is not here is always read."""


def complete(folder: Path, source: Mapping[str, Any], verified: Mapping[str, Content]) -> Marker:
    """Mark the folder as complete with these files, which have just been verified; all at once, and last."""
    files = {
        path: Content((folder / path).stat().st_size, content.sha256 or sha256_of(folder / path))
        for path, content in sorted(verified.items())
    }
    marker = Marker(source, files, {path: (folder / path).stat().st_mtime_ns for path in files})
    text = {
        "source": dict(source),
        "files": {
            path: {"size": content.size, "sha256": content.sha256, "modified": marker.modified[path]} for path, content in files.items()
        },
    }
    written = folder / f"{MARKER}.part"
    with written.open("w", encoding="utf-8") as file:
        json.dump(text, file, indent=2)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    written.replace(folder / MARKER)
    return marker


def marker_of(folder: Path) -> Marker | None:
    """Read the folder's marker; None when it has none.

    Raises:
        ModelError: the marker itself is damaged.
    """
    try:
        text = (folder / MARKER).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    try:
        read = json.loads(text)
        return Marker(
            read["source"],
            {path: Content(int(file["size"]), str(file["sha256"])) for path, file in read["files"].items()},
            {path: int(file["modified"]) for path, file in read["files"].items()},
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        message = f"the marker {folder / MARKER} is damaged: fetch the model again, which writes it anew"
        raise ModelError(message) from error


def check(folder: Path) -> None:
    """Make sure that the folder holds the whole model, reading only the files that may have changed.

    Raises:
        ModelError: it does not; every missing or changed file is named, up to five.
    """
    _refuse(folder, faults(folder, expected(folder)))


def verify(folder: Path) -> Marker:
    """Make sure that the folder holds the whole model, reading all of it.

    Raises:
        ModelError: as ``check`` does.
    """
    marker = expected(folder)
    _refuse(folder, faults(folder, Marker(marker.source, marker.files, {})))
    return marker


def expected(folder: Path) -> Marker:
    """What the folder says that it holds: its marker, or its ``SHA256SUMS``.

    Raises:
        ModelError: it has neither.
    """
    marker = marker_of(folder)
    if marker is not None:
        return marker
    try:
        sums = sums_of((folder / SUMS).read_text(encoding="utf-8"), str(folder / SUMS))
    except FileNotFoundError as error:
        message = (
            f"the model in {folder} is not complete: it has neither {MARKER}, which a finished fetch leaves, nor {SUMS}. "
            f"Wait for the fetch or run it again; into a folder that was filled by hand put a {SUMS}"
        )
        raise ModelError(message) from error
    return Marker({}, {path: Content(None, sha256) for path, sha256 in sums.items()}, {})


def sums_of(text: str, told_by: str) -> dict[str, str]:
    """Read the lines of a ``SHA256SUMS``, as sha256sum writes them: a checksum, two characters, a path.

    Raises:
        ModelError: a line is none, or there is not one.
    """
    sums: dict[str, str] = {}
    for line in filter(None, text.splitlines()):
        sha256, _, path = line.partition(" ")
        if not _SHA256.fullmatch(sha256) or path[:1] not in {" ", "*"}:
            message = f"{told_by} has the line {line[:100]!r}, which is not '<SHA-256>  <path>': write it with sha256sum"
            raise ModelError(message)
        sums[safe_path(path[1:].removeprefix("./"), told_by)] = sha256
    if not sums:
        message = f"{told_by} names no file: write it with sha256sum"
        raise ModelError(message)
    return sums


def faults(folder: Path, marker: Marker) -> Iterator[str]:
    """Say what is wrong with each file that is not what the marker says, reading those that may have changed."""
    for path, content in marker.files.items():
        if not _untouched(folder / path, content, marker.modified.get(path)) and (fault := content.fault_of(folder / path)):
            yield f"{path} {fault}"


def _untouched(path: Path, content: Content, modified: int | None) -> bool:
    try:
        status = path.stat()
    except OSError:
        return False
    return status.st_size == content.size and status.st_mtime_ns == modified


def _refuse(folder: Path, found: Iterator[str]) -> None:
    told = list(found)
    if told:
        more = f" and {len(told) - _TOLD} more are wrong" if len(told) > _TOLD else ""
        message = f"the model in {folder} is not complete: {', '.join(told[:_TOLD])}{more}. Fetch it again: what is right is kept"
        raise ModelError(message)
