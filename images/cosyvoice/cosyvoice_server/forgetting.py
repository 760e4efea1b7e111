"""Erasing a campus that has left: ``python -m cosyvoice_server forget <campus>``, beside a server that goes on speaking.

The volumes are all that the command and the servers share, and enough: every list and every reply reads the voices volume, and
what a server has in memory goes by the marks of the voices (``voices.removal``) and by its age (``replies``).
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from cosyvoice_server.campus import CAMPUS_RULE
from cosyvoice_server.config import Settings
from cosyvoice_server.sweeping import FORGOTTEN
from cosyvoice_server.voices import VoiceStore
from cosyvoice_server.voices.store import erase

FORGET = "forget"
"""The argument of the command."""


def main(arguments: Sequence[str], settings: Settings) -> int:
    """Erase the campus that is the only argument, and say what went.

    Returns:
        The process's exit code: 0 also when nothing was kept, 1 when a volume cannot be written, 2 for a wrong command line.
    """
    if len(arguments) != 1 or not CAMPUS_RULE.fullmatch(arguments[0]):
        given = " ".join(arguments)
        print(f"forget takes one campus's id (lower-case letters, digits, inner hyphens), and got {given!r}", file=sys.stderr)
        return 2
    try:
        print(forget(arguments[0], settings))
    except OSError as error:
        place = error.filename or settings.voices_dir  # waiting until a mark is on the volume names no file
        print(f"{place}: {error.strerror}: what was erased is gone, run it again for the rest", file=sys.stderr)
        return 1
    return 0


def forget(campus: str, settings: Settings) -> str:
    """Erase a campus's voices and recordings, and return what went in words.

    Voices go first: what is being spoken with them ends then, and leaves no copy.

    Raises:
        OSError: a volume cannot be written; run again, it goes on.
    """
    voices = VoiceStore(settings.voices_dir, tuple).forget(campus)
    recordings = emptied(settings.outputs_dir / campus)
    if not voices and not recordings:
        return f"nothing of {campus} is kept"
    return f"{counted(recordings, 'recording')} and {counted(voices, 'voice')} of {campus} are erased"


def emptied(folder: Path) -> int:
    """Remove whatever is in a campus's folder of recordings, and return how much it was.

    The mark comes last, so that a full volume is no hindrance; it has the sweeper remove what is spoken to its end only now.
    """
    if not folder.is_dir():
        return 0
    found = [entry for entry in folder.iterdir() if entry.name != FORGOTTEN]
    for entry in found:
        erase(entry)
    (folder / FORGOTTEN).touch()
    return len(found)


def counted(number: int, thing: str) -> str:
    """Write a number of things."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
