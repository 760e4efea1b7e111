"""Building what is missing, and letting the cache's and the checkout's fixed names lead to it."""

import fcntl
import os
import platform
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from campus_sandbox.build.debian import require_debian_tools
from campus_sandbox.build.plan import DEBIAN, Plan
from campus_sandbox.build.space import require_room
from campus_sandbox.errors import SandboxError
from campus_sandbox.paths import Paths, give_to_owner, make_folder
from campus_sandbox.progress import Durations, show_progress
from campus_sandbox.steps import Step, run_steps
from campus_sandbox.versions import Versions

UNPACKED_IMAGES: Final = "unpacked-images"
"""Name of the store's entry that a node makes of the packed images."""

# MiB that a missing step takes in the cache and in those of Go and uv, by the first word of its title: the
# average of such steps, rounded up.
_ROOM: Final = {"fetch": 450, "compile": 450, "pack": 300}


def plan_for(paths: Paths) -> Plan:
    """The plan of the checkout that `paths` names."""
    return Plan(paths, Versions.read(paths.repository), os.environ)


def build(paths: Paths, plan: Plan | None = None, only: Sequence[Step] | None = None) -> int:
    """Build what is missing or damaged; when all is there, do nothing but check.

    Args:
        paths: where to.
        plan: what (default: that of the checkout).
        only: some of the plan's steps (default: all); then nothing old is removed.

    Returns:
        How many steps had something to do.

    Raises:
        SandboxError: this machine cannot build the sandbox, or a step failed.
    """
    plan = plan or plan_for(paths)
    steps = plan.steps() if only is None else list(only)
    with alone(paths):
        plan.store.clear_damaged(_spared(paths))
        prepare(paths, steps)
        with show_progress(Durations(paths.durations, paths.owner)) as progress:
            worked = run_steps(steps, progress, paths.build_log)
        finish(paths, plan, prune=only is None)
    return worked


def prepare(paths: Paths, steps: Sequence[Step]) -> None:
    """Refuse a machine that cannot build what is missing, before anything is started.

    Raises:
        SandboxError: wrong system, missing tools, or too little room on the disk.
    """
    missing = [step for step in steps if not step.done()]
    if missing:
        if platform.system() != "Linux" or platform.machine() != "x86_64":
            raise SandboxError(
                f"the sandbox does not run on {platform.system()} {platform.machine()}",
                "it is a Linux node for x86_64",
                "use an existing cluster: name its context as `kubernetes:context` in the stack file",
            )
        if any(step.title == DEBIAN for step in missing):
            require_debian_tools()
        room = sum(_ROOM.get(step.title.partition(" ")[0], 0) for step in missing)
        require_room(paths.cache, room)


def finish(paths: Paths, plan: Plan, prune: bool = True) -> None:
    """Let the fixed names lead to what is built, and remove what no current pin calls for.

    The root file system of a node that runs is spared.
    """
    for link, target in plan.links().items():
        plan.store.link(link, target)
    _link_repository(paths)
    if prune:
        plan.store.prune(plan.current(), _spared(paths))


def _spared(paths: Paths) -> tuple[str, ...]:
    """Names of what is not ours to remove: whoever unpacks images clears their shelf."""
    return (UNPACKED_IMAGES, "debian-node") if paths.node_state.exists() else (UNPACKED_IMAGES,)


def _link_repository(paths: Paths) -> None:
    folder = paths.repository_links
    if not folder.exists():
        folder.mkdir()
        give_to_owner(folder, paths.owner)
    targets = {"manifests": paths.manifests, "kubeconfig": paths.kubeconfig, "bin": paths.bin}
    for name, target in targets.items():
        link = folder / name
        if not link.is_symlink() or link.readlink() != target:
            link.unlink(missing_ok=True)
            link.symlink_to(target)
            give_to_owner(link, paths.owner)


@contextmanager
def alone(paths: Paths) -> Iterator[None]:
    """Hold the cache's lock, so that two builds do not clear each other's half-made entries."""
    file: Path = make_folder(paths.cache, paths.owner) / "lock"
    with file.open("w") as lock:
        give_to_owner(file, paths.owner)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as taken:
            raise SandboxError(
                "another run is building the sandbox", way_out="wait for its end, then run this again"
            ) from taken
        yield
