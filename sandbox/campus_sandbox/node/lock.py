"""One run at a time may change the sandbox."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from campus_sandbox.errors import SandboxError
from campus_sandbox.paths import Paths, give_to_owner, make_folder


@contextmanager
def locked(paths: Paths, doing: str) -> Iterator[None]:
    """Hold the sandbox's lock; the kernel lets go of it when the process ends, however it ends.

    Args:
        paths: whose sandbox.
        doing: what this run does, for the one that comes second, such as `up`.

    Raises:
        SandboxError: another run holds the lock.
    """
    descriptor = _acquire(paths, doing)
    try:
        yield
    finally:
        os.close(descriptor)


def _acquire(paths: Paths, doing: str) -> int:
    while True:
        make_folder(paths.lock.parent, paths.owner)
        descriptor = os.open(paths.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(descriptor, 200).decode("utf-8", "replace").strip() or "another run"
            os.close(descriptor)
            raise SandboxError(
                f"the sandbox is being changed by {holder}",
                "two runs at once would undo each other's work",
                "wait for it to end and try again",
            ) from None
        if _is_the_file(descriptor, paths.lock):
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"`campus-sandbox {doing}` (process {os.getpid()})".encode(), 0)
            give_to_owner(paths.lock, paths.owner)
            return descriptor
        # `down` removed the file between opening and locking it.
        os.close(descriptor)


def _is_the_file(descriptor: int, file: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), file.stat())
    except FileNotFoundError:
        return False
