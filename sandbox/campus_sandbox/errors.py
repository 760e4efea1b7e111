"""What the sandbox says when it cannot go on."""

import errno
import os
import pwd
from pathlib import Path


class SandboxError(Exception):
    """A user-facing failure, printed as one sentence and without a traceback.

    Args:
        what: what went wrong, naming the offending thing and value; no final full stop.
        why: the rule or cause, as a clause that can follow "because"; empty when `what` says it all.
        way_out: what the user can do now, as an imperative clause; empty when there is nothing to do.
    """

    def __init__(self, what: str, why: str = "", way_out: str = "") -> None:
        self.what = what
        self.why = why
        self.way_out = way_out
        super().__init__(self.sentence())

    def sentence(self) -> str:
        """The whole message as one sentence: what, because why: way out."""
        because = f", because {self.why}" if self.why else ""
        advice = f": {self.way_out}" if self.way_out else ""
        return f"{self.what}{because}{advice}."


def from_system(error: OSError) -> SandboxError:
    """The user's sentence for a refusal of the operating system that nobody expected."""
    file = os.fsdecode(error.filename) if isinstance(error.filename, str | bytes | os.PathLike) else ""
    at = f" at {file}" if file else ""
    reason = error.strerror or str(error) or type(error).__name__
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return SandboxError(f"the disk is full{at}", way_out="make room there and run the command again")
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS) and file:
        return SandboxError(
            f"{file} cannot be used ({reason})",
            f"it belongs to {_owner(Path(file))}",
            "give it to the user who runs the command, or name other folders with XDG_CACHE_HOME and "
            "XDG_STATE_HOME",
        )
    return SandboxError(f"the operating system refused something{at} ({reason})")


def _owner(file: Path) -> str:
    """Who owns the file, or else the nearest folder above it that can be looked at."""
    for path in (file, *file.absolute().parents):
        try:
            number = path.stat().st_uid
        except OSError:
            continue
        try:
            return pwd.getpwuid(number).pw_name
        except KeyError:
            return f"user {number}"
    return "an unknown user"
