"""Whether the disk has room for what is still to be built."""

import shutil
from collections.abc import Callable
from pathlib import Path

from campus_sandbox.errors import SandboxError

_MIB = 1 << 20


def require_room(
    folder: Path, megabytes: int, free: Callable[[Path], int] = lambda path: shutil.disk_usage(path).free
) -> None:
    """Refuse to start a build that would fill the disk.

    Args:
        folder: where the build goes; it need not exist yet.
        megabytes: what the build will take at most, in MiB.
        free: bytes free on the disk of a folder that exists.

    Raises:
        SandboxError: there is less.
    """
    there = next(parent for parent in (folder, *folder.parents) if parent.exists())
    if (room := free(there) // _MIB) < megabytes:
        raise SandboxError(
            f"{folder} has {room / 1024:.1f} GiB free",
            f"what is still to be built takes up to {megabytes / 1024:.1f} GiB",
            "make room there, or set XDG_CACHE_HOME to a folder on a larger disk",
        )
