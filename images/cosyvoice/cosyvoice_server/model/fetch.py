"""Making a folder hold a pinned model: what is right stays, what is missing comes, the marker is written last."""

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cosyvoice_server.model.download import Tell, download, megabytes
from cosyvoice_server.model.errors import ModelError
from cosyvoice_server.model.marker import MARKER, complete, faults, marker_of
from cosyvoice_server.model.selection import Selection
from cosyvoice_server.model.sources import RemoteFile, Source
from cosyvoice_server.model.web import Web

PARTIAL = ".partial"
"""The folder, in the model's, of files that are not verified yet."""
_LOCK = ".lock"


@dataclass(frozen=True)
class Wish:
    """A model that a folder has to hold."""

    source: Source
    folder: Path
    selection: Selection
    sha256: Mapping[str, str]
    """Checksums that bind whatever the source says, by path."""
    remove_older: bool
    """Whether models beside the folder make room, all but the one that was asked for last."""

    def identity(self) -> dict[str, Any]:
        """Name what a marker has to say for the wish to be fulfilled."""
        return {
            **self.source.identity(),
            "only": list(self.selection.only),
            "tensorrt": self.selection.tensorrt,
            "sha256": dict(sorted(self.sha256.items())),
        }


def fetch(wish: Wish, web: Web, tell: Tell) -> None:
    """Make the folder hold the model; a complete one is only looked at, and nothing is asked of the source.

    Raises:
        ModelError: the source says no, a file is not what it has to be, or the volume has too little space.
        OSError: the volume cannot be written.
    """
    wish.folder.mkdir(parents=True, exist_ok=True)
    with _alone(wish.folder, tell):
        if _is_there(wish):
            os.utime(wish.folder)  # asked for last; the files' times are what they are compared by
            tell(f"the model in {wish.folder} is complete: nothing to do")
            return
        files = _bound(wish, web)
        missing = [file for file in files if file.content.fault_of(wish.folder / file.path) is not None]
        tell(f"{len(files) - len(missing)} of {len(files)} files are there")
        if wish.remove_older:
            _remove_older(wish.folder, tell)
        partial = wish.folder / PARTIAL
        _check_space(wish.folder, missing, partial)
        for file in missing:
            download(web, file, partial / file.path, wish.folder / file.path, tell)
        shutil.rmtree(partial, ignore_errors=True)
        complete(wish.folder, wish.identity(), {file.path: file.content for file in files})
    tell(f"the model in {wish.folder} is complete: {len(files)} files")


def _is_there(wish: Wish) -> bool:
    """Tell whether the folder holds all of just this model; a damaged marker is none."""
    with contextlib.suppress(ModelError):
        marker = marker_of(wish.folder)
        return marker is not None and marker.source == wish.identity() and not any(faults(wish.folder, marker))
    return False


def _bound(wish: Wish, web: Web) -> list[RemoteFile]:
    """List the files that are wanted, each bound to the checksum that the settings give, if any."""
    files = wish.source.files(web, wish.selection)
    if not files:
        message = "the source has no file of those that are wanted: check its name and --only"
        raise ModelError(message)
    binding = wish.sha256
    absent = sorted(set(binding) - {file.path for file in files})
    if absent:
        message = f"the settings give a checksum for {', '.join(absent)}, but the source has no such file: correct the path"
        raise ModelError(message)
    for file in files:
        promised, bound = file.content.sha256, binding.get(file.path)
        if promised and bound and promised != bound:
            message = (
                f"{file.path} is bound to SHA-256 {bound}, but the source has one with {promised}: do not use this source, "
                "or correct the setting"
            )
            raise ModelError(message)
    return [replace(file, content=replace(file.content, sha256=binding.get(file.path, file.content.sha256))) for file in files]


def _check_space(folder: Path, missing: list[RemoteFile], partial: Path) -> None:
    here = sum((partial / file.path).stat().st_size for file in missing if (partial / file.path).is_file())
    needed = sum(file.content.size or 0 for file in missing) - here
    free = shutil.disk_usage(folder).free
    if needed > free:
        message = (
            f"the model needs {megabytes(needed)} more in {folder}, and the volume has {megabytes(free)} free: enlarge the volume, "
            "or remove from it what nobody uses any more"
        )
        raise ModelError(message)


def _remove_older(folder: Path, tell: Tell) -> None:
    """Remove the models beside this one, but for the one asked for last: the server runs on it, and an update may go back to it."""
    models = [other for other in folder.parent.iterdir() if other != folder and (other / _LOCK).is_file()]
    usable = [other for other in models if (other / MARKER).is_file()]
    last = max(usable, key=lambda other: other.stat().st_mtime_ns, default=None)
    for other in sorted(models):
        if other != last:
            with _lock(other) as locked:
                if locked:
                    shutil.rmtree(other)
                    tell(f"removed {other}, an older model")


@contextlib.contextmanager
def _alone(folder: Path, tell: Tell) -> Iterator[None]:
    """Keep other fetches out of the folder, waiting for one that is under way; a killed one holds nothing."""
    with (folder / _LOCK).open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            tell(f"another fetch fills {folder}: waiting for its end")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def _lock(folder: Path) -> Iterator[bool]:
    with (folder / _LOCK).open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
