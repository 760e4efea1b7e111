"""A node on the one tree of cgroup version 2, on whatever version this machine runs its own pods."""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from campus_sandbox.node.cgroups import Cgroup, Hierarchy
from campus_sandbox.node.layout import Layout
from campus_sandbox.node.plan import plan_text
from campus_sandbox.node.waiting import wait_until
from campus_sandbox.paths import make_folder

from .sandbox import Sandbox


def words(file: Path) -> set[str]:
    return set(file.read_text().split())


@pytest.fixture
def tree(tmp_path: Path) -> Iterator[Path]:
    """The machine's version 2 tree with every controller that its other trees leave to it given to groups."""
    mount = tmp_path / "cgroup"
    mount.mkdir()
    subprocess.run(["mount", "-t", "cgroup2", "cgroup2", mount], check=True)
    control = mount / "cgroup.subtree_control"
    added = sorted(words(mount / "cgroup.controllers") - words(control))
    try:
        control.write_text(" ".join(f"+{name}" for name in added))
        yield mount
    finally:
        control.write_text(" ".join(f"-{name}" for name in added))
        subprocess.run(["umount", mount], check=True)


@pytest.fixture
def group(tree: Path) -> Iterator[Cgroup]:
    group = Cgroup("campus-voice-test-of-version-2", [Hierarchy(tree, 2)])
    (tree / group.name).mkdir()
    yield group
    for pid in group.processes():
        os.kill(pid, signal.SIGKILL)
    assert wait_until(group.remove, 20), "the test's group is removed when its node has ended"


def test_the_kubelet_gets_every_controller_for_its_pods(group: Cgroup, tmp_path: Path) -> None:
    paths = Sandbox(tmp_path / "state").paths
    layout = Layout(paths)
    for folder in (layout.etc, layout.root, paths.logs, *layout.data.values()):
        make_folder(folder, paths.owner)
    layout.plan.write_text(plan_text(layout, group, daemons=[]))
    program = paths.bin / "sandbox-node"
    done = subprocess.run([program, "start", layout.plan], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (folder,) = group.folders()
    given = words(folder / "cgroup.controllers")
    assert given, "this machine's version 2 tree has at least one controller to show it with"
    assert words(folder / "cgroup.subtree_control") == given, "a group with processes cannot give them on"
    assert not words(folder / "cgroup.procs"), "the group that the kubelet sees as the root has no processes"
    assert words(folder / "daemons" / "cgroup.procs") == {layout.pid.read_text().strip()}, (
        "the node's first process, and so its daemons, are in a group beside those of pods"
    )
    enter = ["nsenter", "--target", layout.pid.read_text().strip(), "--mount", "--cgroup", "--"]
    seen = subprocess.run([*enter, "ls", "/sys/fs/cgroup"], capture_output=True, text=True, check=True)
    assert "daemons" in seen.stdout.split(), "the node sees its own group as the root, nothing above it"
