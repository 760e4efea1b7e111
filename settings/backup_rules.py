"""What the settings of a backup cannot be together."""

from collections.abc import Iterator

from .backup import BackupSettings
from .rule import Broken, KeyPath, Rule

_PLACES = ("storage", "claim", "s3")


def broken(backup: BackupSettings, path: KeyPath) -> Iterator[Broken]:
    """What is wrong with the backup at `path`."""
    given = [place for place in _PLACES if getattr(backup, place) is not None]
    if len(given) != 1:
        yield Broken(
            path,
            ", ".join(given) or None,
            Rule(
                f"it must hold exactly one of {', '.join(_PLACES)}",
                "it says where the backups are kept",
                "Write storage for a volume that is made, claim for one that is there, or s3.",
            ),
        )
    if backup.daily_days > backup.keep_days:
        yield Broken(
            (*path, "dailyDays"),
            backup.daily_days,
            Rule(
                f"it must not be above keepDays, which is {backup.keep_days}",
                "nothing is kept longer than that",
                "Lower dailyDays, or raise keepDays.",
            ),
        )
