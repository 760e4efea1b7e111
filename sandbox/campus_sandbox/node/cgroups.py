"""The sandbox's own cgroup on the machine: made on start, everything in it counted and removed on stop.

Version 2 is written after its documentation: https://docs.kernel.org/admin-guide/cgroup-v2.html.
"""

import errno
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from campus_sandbox.errors import SandboxError
from campus_sandbox.node.network import OTHER_CLUSTER

MOUNTS: Final = Path("/proc/self/mountinfo")
# A new group of this controller takes no process before it has processors and memory nodes.
CPUSET_FILES: Final = ("cpuset.cpus", "cpuset.mems")


@dataclass(frozen=True)
class Hierarchy:
    """One mounted cgroup tree.

    Attributes:
        mount: where it is on the machine.
        version: 1 or 2.
        options: mount options that name a version 1 tree, such as `memory` or `name=systemd`.
    """

    mount: Path
    version: int
    options: str = ""


def hierarchies(mountinfo: str) -> tuple[Hierarchy, ...]:
    """The trees to use, from the text of /proc/self/mountinfo.

    A machine with version 1 controllers has its version 2 tree without any: that one is left alone.

    Raises:
        SandboxError: no tree has the memory controller, or version 2 is not mounted.
    """
    found = [tree for line in mountinfo.splitlines() if (tree := _hierarchy(line)) is not None]
    old = tuple(tree for tree in found if tree.version == 1)
    if any("memory" in tree.options.split(",") for tree in old):
        return old
    new = tuple(tree for tree in found if tree.version == 2)
    if not new:
        raise SandboxError(
            "this machine has no cgroups mounted",
            "Kubernetes counts and limits what pods use by them",
            f"mount /sys/fs/cgroup, or {OTHER_CLUSTER}",
        )
    return new[:1]


def _hierarchy(line: str) -> Hierarchy | None:
    """Fields as in https://man7.org/linux/man-pages/man5/proc_pid_mountinfo.5.html."""
    before, _, after = line.partition(" - ")
    kind, _, options = after.split(" ", 2)
    mount = Path(before.split(" ")[4])
    if kind == "cgroup2":
        return Hierarchy(mount, 2)
    if kind != "cgroup":
        return None
    ignored = ("rw", "ro", "xattr", "clone_children", "noprefix")
    names = [name for name in options.split(",") if name not in ignored and "release_agent" not in name]
    return Hierarchy(mount, 1, ",".join(names))


@dataclass(frozen=True)
class Cgroup:
    """The group `name` at the top of every tree."""

    name: str
    trees: Sequence[Hierarchy]

    @classmethod
    def of_this_machine(cls, name: str) -> "Cgroup":
        """The group on the trees that are mounted here."""
        return cls(name, hierarchies(MOUNTS.read_text(encoding="utf-8")))

    @property
    def version(self) -> int:
        """Of the cgroup interface: 1 or 2."""
        return self.trees[0].version

    def folders(self) -> list[Path]:
        """The group's folder in each tree, whether it exists or not."""
        return [tree.mount / self.name for tree in self.trees]

    def make(self) -> None:
        """Make the group; needs root."""
        for tree, folder in zip(self.trees, self.folders(), strict=True):
            if tree.version == 2:
                _enable_controllers(tree.mount)
            folder.mkdir(exist_ok=True)
            for name in CPUSET_FILES:
                if tree.version == 1 and (folder / name).exists():
                    (folder / name).write_text((tree.mount / name).read_text())

    def processes(self) -> set[int]:
        """Process ids of everything in the group and below, in the machine's numbers."""
        return {pid for folder in self.folders() for group in _groups(folder) for pid in _pids(group)}

    def remove(self) -> bool:
        """Remove the group and all below, which must be without processes; returns whether all are gone."""
        for folder in self.folders():
            for group in reversed(list(_groups(folder))):
                try:
                    group.rmdir()
                except OSError as failure:
                    # The kernel lets go of a group a moment after its last process.
                    if failure.errno != errno.EBUSY:
                        raise
                    return False
        return True


def _enable_controllers(top: Path) -> None:
    control = top / "cgroup.subtree_control"
    wanted = {"cpu", "cpuset", "io", "memory", "pids"} & set((top / "cgroup.controllers").read_text().split())
    missing = sorted(wanted - set(control.read_text().split()))
    if missing:
        control.write_text(" ".join(f"+{name}" for name in missing))


def _groups(folder: Path) -> Iterator[Path]:
    """A group and all below, each before its children; one that vanishes on the way is none."""
    for group, _, _ in os.walk(folder):
        yield Path(group)


def _pids(group: Path) -> list[int]:
    try:
        return [int(pid) for pid in (group / "cgroup.procs").read_text().split()]
    except FileNotFoundError:
        return []
