"""The keyed store of the cache: a build is there whole, or not at all."""

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Final

from campus_sandbox.paths import Paths, give_to_owner, make_folder

_UNFINISHED: Final = ".unfinished-"
# The last file of an entry to be written: the sizes of all its other files, by path.
DONE: Final = ".done"


class Store:
    """`store/<name>/<key>/`, and links to the entries that the current pins call for."""

    def __init__(self, paths: Paths) -> None:
        self._paths = paths

    def entry(self, name: str, key: str) -> Path:
        """Where the build of that key is, or will be."""
        return self._paths.store / name / key

    def has(self, name: str, key: str) -> bool:
        """Whether the build of that key is there, whole."""
        return is_whole(self.entry(name, key))

    def make(self, name: str, key: str, fill: Callable[[Path], None]) -> Path:
        """The build of that key; when it is not whole, `fill` makes it in an empty folder beside its place.

        The folder takes its place by one rename, so an interrupted build leaves nothing that looks like a
        whole one, and what it does leave is cleared by the next.
        """
        place = self.entry(name, key)
        if is_whole(place):
            return place
        shelf = make_folder(place.parent, self._paths.owner)
        for leftover in shelf.glob(_UNFINISHED + "*"):
            remove(leftover)
        folder = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=shelf))
        folder.chmod(0o755)
        give_to_owner(folder, self._paths.owner)
        try:
            fill(folder)
            _mark(folder)
            give_to_owner(folder, self._paths.owner)
            remove(place)
            folder.rename(place)
        except BaseException:
            remove(folder)
            raise
        return place

    def link(self, link: Path, target: Path) -> None:
        """Let `link`, in the cache, lead to `target`; one rename, so it never leads nowhere."""
        if link.is_symlink() and link.readlink() == target:
            return
        make_folder(link.parent, self._paths.owner)
        fresh = link.with_name(f".{link.name}.new")
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(target)
        give_to_owner(fresh, self._paths.owner)
        fresh.replace(link)

    def clear_damaged(self, spared: Collection[str] = ()) -> list[Path]:
        """Remove every entry that is not whole, but those named in `spared`, so that it is built again.

        Call it before anything is asked to be there: afterwards an entry that exists is whole.

        Returns:
            What was removed.
        """
        damaged = [
            entry
            for entry in sorted(self._paths.store.glob("*/*"))
            if entry.parent.name not in spared and not is_whole(entry)
        ]
        for entry in damaged:
            remove(entry)
        return damaged

    def prune(self, keep: Collection[Path], spared: Collection[str] = ()) -> list[Path]:
        """Remove every entry but those in `keep` and those whose name is in `spared`.

        Returns:
            What was removed.
        """
        removed = []
        if self._paths.store.is_dir():
            for shelf in sorted(self._paths.store.iterdir()):
                for entry in sorted(shelf.iterdir()):
                    if entry not in keep and shelf.name not in spared:
                        remove(entry)
                        removed.append(entry)
                if not any(shelf.iterdir()):
                    shelf.rmdir()
        return removed


def is_whole(entry: Path) -> bool:
    """Whether an entry was finished, and each of its files is still there with the size it then had."""
    try:
        sizes = dict(json.loads((entry / DONE).read_text(encoding="utf-8")))
        return all((entry / file).lstat().st_size == size for file, size in sizes.items())
    except (FileNotFoundError, NotADirectoryError, ValueError, TypeError):
        return False


def _mark(entry: Path) -> None:
    files = sorted(
        path for folder, _, names in os.walk(entry) for path in (Path(folder) / name for name in names)
    )
    sizes = {str(file.relative_to(entry)): file.lstat().st_size for file in files}
    with (entry / DONE).open("w", encoding="utf-8") as mark:
        json.dump(sizes, mark)
        mark.flush()
        os.fsync(mark.fileno())


def remove(path: Path) -> None:
    """Remove a file, link or tree; folders without write permission, as packages bring them, included."""
    if path.is_symlink() or not path.is_dir():
        path.unlink(missing_ok=True)
        return
    for folder, _, _ in os.walk(path):
        Path(folder).chmod(0o700)
    shutil.rmtree(path)
