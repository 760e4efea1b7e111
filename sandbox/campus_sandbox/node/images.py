"""Giving the node's container runtime the images that were packed on this machine."""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from campus_sandbox.errors import SandboxError
from campus_sandbox.node.layout import CONTAINERD_SOCKET, Layout
from campus_sandbox.node.node import Node
from campus_sandbox.node.waiting import wait_until
from campus_sandbox.paths import give_to_owner

CTR: Final = ("ctr", "--address", str(CONTAINERD_SOCKET), "--namespace", "k8s.io")
CONTAINERD_SECONDS: Final = 30.0
# Unpacking is bound by the processors, of which the smallest machine has two.
AT_ONCE: Final = 2


def missing_images(layout: Layout, archives: Sequence[Path]) -> list[Path]:
    """Those archives, in their order, that the node does not have; an archive's link leads to its build."""
    known = _imported(layout)
    return [archive for archive in archives if known.get(archive.name) != str(archive.resolve())]


def import_images(node: Node, layout: Layout, archives: Sequence[Path]) -> None:
    """Import those archives that the node does not have yet.

    Raises:
        SandboxError: the container runtime does not answer, or refuses an archive.
    """
    todo = missing_images(layout, archives)
    if not todo:
        return
    if not wait_until(lambda: node.run([*CTR, "version"]).returncode == 0, CONTAINERD_SECONDS):
        raise SandboxError(
            f"containerd does not answer after {CONTAINERD_SECONDS:.0f} s",
            way_out=f"see why in {layout.paths.logs / 'containerd.log'}",
        )
    with ThreadPoolExecutor(AT_ONCE) as lanes:
        for archive in lanes.map(lambda archive: _import(node, archive), todo):
            _record(layout, archive)


def _import(node: Node, archive: Path) -> Path:
    with archive.open("rb") as content:
        done = node.run([*CTR, "images", "import", "-"], content)
    if done.returncode != 0:
        raise SandboxError(
            f"the node cannot import {archive.resolve()} ({done.stderr.strip()})",
            way_out="build it again: remove that file and run `campus-sandbox up`",
        )
    return archive


def _imported(layout: Layout) -> dict[str, str]:
    try:
        return dict(json.loads(layout.imported.read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        # Damaged or not there: then everything is imported again, which changes nothing.
        return {}


def _record(layout: Layout, archive: Path) -> None:
    known = _imported(layout) | {archive.name: str(archive.resolve())}
    fresh = layout.imported.with_suffix(".new")
    fresh.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    give_to_owner(fresh, layout.paths.owner)
    fresh.replace(layout.imported)
