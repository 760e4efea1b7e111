"""Layers of an image: what is in them, and their tar, byte-identical for equal content."""

import io
import stat
import tarfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from campus_sandbox.build.keys import sha256_of

ROOT = (0, 0)


@dataclass(frozen=True)
class Entry:
    """One name in a layer: a folder, a link, or a file that comes from disk or from memory.

    Attributes:
        mode: permission bits.
        owner: user and group number inside the image.
        link: target of a symbolic link.
        source: file on disk.
        content: a file's bytes; with neither of the three it is a folder.
    """

    mode: int
    owner: tuple[int, int] = ROOT
    link: str | None = None
    source: Path | None = None
    content: bytes | None = None


@dataclass
class Layer:
    """The names of one layer, by path without a leading slash; parents of what is added are added too."""

    entries: dict[str, Entry] = field(default_factory=dict)

    def folder(self, path: str, mode: int = 0o755, owner: tuple[int, int] = ROOT) -> "Layer":
        """Add an empty folder."""
        return self._add(path, Entry(mode, owner))

    def text(self, path: str, content: str, mode: int = 0o644) -> "Layer":
        """Add a file with this content."""
        return self._add(path, Entry(mode, content=content.encode()))

    def file(self, path: str, source: Path, mode: int = 0o644) -> "Layer":
        """Add a file from disk; a link is followed."""
        return self._add(path, Entry(mode, source=source.resolve()))

    def link(self, path: str, target: str) -> "Layer":
        """Add a symbolic link."""
        return self._add(path, Entry(0o777, link=target))

    def tree(
        self, source: Path, target: str = "", leave_out: Callable[[str], bool] = lambda path: False
    ) -> "Layer":
        """Add all below a folder, owned by root; devices, sockets and pipes are left out.

        Everyone may read, and run what its owner may: on disk the modes follow the umask of whoever unpacked
        the files, which is no business of the image.

        Args:
            source: folder on disk.
            target: where in the image; empty for the root.
            leave_out: tells of a path in the image whether to leave it, and all below it, out.
        """
        for path in sorted(source.iterdir()):
            inside = f"{target}/{path.name}".lstrip("/")
            if leave_out(inside):
                continue
            info = path.lstat()
            may_run = stat.S_ISDIR(info.st_mode) or info.st_mode & stat.S_IXUSR
            mode = 0o755 if may_run else 0o644
            if stat.S_ISLNK(info.st_mode):
                self._add(inside, Entry(0o777, link=str(path.readlink())))
            elif stat.S_ISDIR(info.st_mode):
                self._add(inside, Entry(mode))
                self.tree(path, inside, leave_out)
            elif stat.S_ISREG(info.st_mode):
                self._add(inside, Entry(mode, source=path))
        return self

    def _add(self, path: str, entry: Entry) -> "Layer":
        for parent in Path(path).parents:
            if str(parent) != ".":
                self.entries.setdefault(str(parent), Entry(0o755))
        self.entries[path] = entry
        return self


@dataclass(frozen=True)
class Blob:
    """A packed layer on disk: uncompressed, so the digest of its bytes is also that of its content.

    Attributes:
        sha256: hexadecimal.
        size: in bytes.
        file: where it is.
    """

    sha256: str
    size: int
    file: Path


def pack(layer: Layer, file: Path) -> Blob:
    """Write a layer's tar: names sorted, times zero, owners as numbers only, nothing from this machine."""
    with tarfile.open(file, "w", format=tarfile.PAX_FORMAT) as tar:
        for path in sorted(layer.entries):
            _write(tar, path, layer.entries[path])
    return Blob(sha256_of(file), file.stat().st_size, file)


def _write(tar: tarfile.TarFile, path: str, entry: Entry) -> None:
    member = tarfile.TarInfo(path)
    member.mode, (member.uid, member.gid) = entry.mode, entry.owner
    if entry.link is not None:
        member.type, member.linkname = tarfile.SYMTYPE, entry.link
        tar.addfile(member)
    elif entry.source is not None:
        member.size = entry.source.stat().st_size
        with entry.source.open("rb") as content:
            tar.addfile(member, content)
    elif entry.content is not None:
        member.size = len(entry.content)
        tar.addfile(member, io.BytesIO(entry.content))
    else:
        member.type = tarfile.DIRTYPE
        tar.addfile(member)
