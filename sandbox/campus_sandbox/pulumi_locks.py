"""Locks of stacks in the sandbox's file backend.

An update holds its stack by a file that names its process, and removes the file at its end, but not when it
is killed (https://github.com/pulumi/pulumi/blob/master/pkg/backend/diy/lock.go).
"""

import json
import os
import platform
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from campus_sandbox.paths import Paths

_PROGRAM: Final = "pulumi"
_ENDED: Final = ("Z", "X")
_MOST_PROCESSES: Final = 2**22
"""Linux's own limit, see PID_MAX_LIMIT in https://man7.org/linux/man-pages/man5/proc_sys_kernel.5.html."""


@dataclass(frozen=True)
class Lock:
    """One lock.

    Attributes:
        file: the file that is the lock.
        stack: the stack's full name, such as `organization/campus-voice/dev`.
        process: number of the process that made it.
        machine: name of the machine that process runs on.
    """

    file: Path
    stack: str
    process: int
    machine: str


def remove_dead_locks(paths: Paths, say: Callable[[str], None]) -> None:
    """Remove the locks of updates that were killed; one that may still be running keeps its own.

    Args:
        paths: whose backend.
        say: told in one line about each lock that is removed.
    """
    for lock in _locks(paths.pulumi_backend):
        if lock.machine == platform.node() and _has_ended(lock.process):
            for file in (lock.file, lock.file.with_name(f"{lock.file.name}.attrs")):
                file.unlink(missing_ok=True)
            stack = lock.stack.rpartition("/")[2]
            say(f"Pulumi stack {stack}: removed the lock of process {lock.process}, which was killed")


def is_locked(paths: Paths, stack: str) -> bool:
    """Whether a stack, given by its full name, is being updated."""
    return any((_folder(paths.pulumi_backend) / stack).glob("*.json"))


def _folder(backend: Path) -> Path:
    return backend / ".pulumi" / "locks"


def _locks(backend: Path) -> Iterator[Lock]:
    folder = _folder(backend)
    for file in sorted(folder.rglob("*.json")):
        try:
            content = json.loads(file.read_bytes())
            process, machine = content["pid"], content["hostname"]
        except FileNotFoundError:
            # Its update has just ended.
            continue
        except (ValueError, KeyError, TypeError):
            # Not a lock as we know them: Pulumi tells the user what it thinks of it.
            continue
        if isinstance(process, int) and 0 < process <= _MOST_PROCESSES:
            yield Lock(file, str(file.parent.relative_to(folder)), process, str(machine))


def _has_ended(process: int) -> bool:
    """Whether there is certainly no Pulumi of that number any more."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        # It is there, as another user's.
        pass
    try:
        stat = Path("/proc", str(process), "stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        # Ended just now, or hidden from us: the next command will see.
        return False
    name, _, rest = stat.partition("(")[2].rpartition(")")
    return name != _PROGRAM or rest.split()[0] in _ENDED
