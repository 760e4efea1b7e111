"""The images as the container runtime keeps them, unpacked once and kept in the cache for every fresh node.

Unpacking is most of what a start from nothing would wait for: the speech server's image has 18,000 files.
One archive of the runtime's whole folder is written back in a fraction of the time.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from campus_sandbox.build.build import UNPACKED_IMAGES, alone
from campus_sandbox.build.keys import key_of
from campus_sandbox.build.space import require_room
from campus_sandbox.build.store import Store, remove
from campus_sandbox.errors import SandboxError
from campus_sandbox.node import config
from campus_sandbox.node.images import import_images
from campus_sandbox.node.layout import Layout
from campus_sandbox.node.node import Node, NodeState
from campus_sandbox.node.root import Root
from campus_sandbox.paths import PRODUCT, Paths, make_folder
from campus_sandbox.steps import StepContext
from campus_sandbox.versions import Versions

_ARCHIVE: Final = "node.tar"
# The list of what is imported comes last: where it is, the runtime's folder is whole.
_MEMBERS: Final = ("containerd", "imported.json")
# Unpacked images and their layers, on the way and in the archive, for each byte of the packed ones.
_ROOM_PER_BYTE: Final = 4
# Users inside images have no names here, and some files are marked by attributes.
_TAR: Final = ("--numeric-owner", "--xattrs", "--xattrs-include=*")
_MIB: Final = 1 << 20


class UnpackedImages:
    """Makes the archive on a node of nothing but the container runtime; lays it out for a fresh node."""

    def __init__(self, paths: Paths, versions: Versions, archives: Sequence[Path]) -> None:
        self._paths = paths
        self._versions = versions
        self._archives = archives
        self._store = Store(paths)
        self._layout = Layout(paths)

    def key(self) -> str:
        """Key of the packed images, and of the runtime that unpacks them."""
        built = [str(archive.resolve().relative_to(self._paths.store)) for archive in self._archives]
        return key_of(*built, self._paths.rootfs.resolve().name, Path(str(config.__file__)))

    def is_made(self) -> bool:
        """Whether the archive is there."""
        return self._store.has(UNPACKED_IMAGES, self.key())

    def is_placed(self, node: Node) -> bool:
        """Whether a node has its images already, or is beyond being given them this way."""
        return self._layout.imported.exists() or node.state() is not NodeState.STOPPED

    def make(self, context: StepContext) -> None:
        """Unpack all images and keep the result instead of an earlier one.

        Raises:
            SandboxError: no root, too little room, or the runtime refuses an image.
        """
        packed = sum(archive.stat().st_size for archive in self._archives)
        require_room(self._paths.cache, _ROOM_PER_BYTE * packed // _MIB)
        with alone(self._paths):
            clear_unpacking(self._paths)
            try:
                self._unpack()
            finally:
                clear_unpacking(self._paths)

    def _unpack(self) -> None:
        paths = _runtime_paths(self._paths)
        root = Root(paths)
        runtime = Node(paths, self._versions, root)
        runtime.start_runtime()
        import_images(runtime, Layout(paths), self._archives)
        root.do("end")
        self._keep(lambda folder: _pack(root, paths.node_state, folder))

    def _keep(self, fill: Callable[[Path], None]) -> None:
        kept = self._store.make(UNPACKED_IMAGES, self.key(), fill)
        for entry in sorted(kept.parent.iterdir()):
            if entry != kept:
                remove(entry)

    def place(self) -> None:
        """Write the archive back as the folder of a node that never ran.

        Raises:
            SandboxError: no root, or it cannot be written.
        """
        root, node = Root(self._paths), self._paths.node_state
        archive = self._store.entry(UNPACKED_IMAGES, self.key()) / _ARCHIVE
        make_folder(node, self._paths.owner)
        # What an interrupted run left.
        _must(root, ["rm", "--recursive", "--force", node / _MEMBERS[0]])
        owners = ("--same-owner", "--preserve-permissions")
        _must(root, ["tar", "--extract", *_TAR, *owners, "--file", archive, "--directory", node])


def clear_unpacking(paths: Paths) -> None:
    """End and remove the node on which images are unpacked, whole or left over from a run that was killed.

    Raises:
        SandboxError: no root, or something does not end.
    """
    runtime = _runtime_paths(paths)
    if runtime.state.exists():
        Root(runtime).do("remove")
        remove(runtime.state.parent)


def _runtime_paths(paths: Paths) -> Paths:
    return replace(paths, state=paths.state / "unpacking" / PRODUCT)


def _pack(root: Root, node: Path, folder: Path) -> None:
    _must(root, ["tar", "--create", *_TAR, "--file", folder / _ARCHIVE, "--directory", node, *_MEMBERS])


def _must(root: Root, command: Sequence[str | Path]) -> None:
    done = root.run(list(command))
    if done.returncode != 0:
        raise SandboxError(
            f"`{' '.join(map(str, command[:2]))}` failed ({done.stderr.strip()})",
            "the unpacked images are kept as one archive",
            "make room if the disk is full, and run the command again",
        )
