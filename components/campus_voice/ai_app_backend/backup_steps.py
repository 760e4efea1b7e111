"""What a backup and a restore do, as commands of restic (https://restic.readthedocs.io)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .backup import Backup

PLACE = "/backup"
"""Where a volume with the backups is mounted."""

AUTHORITIES = "/etc/backup"
"""Where the authorities that signed a store's certificate are mounted."""

AUTHORITIES_FILE = "ca.crt"

SCRATCH = "tmp"
"""Folder, and volume, for what a run needs meanwhile."""

_OPEN = """\
code=0
restic cat config > /dev/null || code=$?
if [ "$code" -eq 10 ]; then exec restic init; fi
if [ "$code" -eq 0 ]; then exec restic unlock; fi
exit "$code"
"""
"""Makes the repository when there is none, which restic tells by the exit code 10, and clears the locks that
a killed run has left (https://restic.readthedocs.io/en/stable/075_scripting.html#exit-codes)."""


@dataclass(frozen=True)
class Step:
    """One command, in a container of its own, so that the container's name says what failed."""

    name: str
    args: Sequence[str]
    command: Sequence[str] = ()
    """Program that is started; empty is restic."""


def save(backup: Backup, folders: Sequence[str]) -> Sequence[Step]:
    """Save the folders, drop what is too old, and verify what is there.

    Data that no snapshot needs is deleted at once, also where that means writing a file anew: a withdrawn
    voice is gone with the last snapshot that has it.
    """
    host = backup.host
    kept = ("--keep-within-daily", f"{backup.daily_days}d", "--keep-within-weekly", f"{backup.keep_days}d")
    return (
        Step("open", (_OPEN,), ("/bin/sh", "-c")),
        Step("save", ("backup", "--host", host, "--group-by", "host", *folders)),
        Step(
            "forget", ("forget", "--host", host, "--group-by", "host", *kept, "--prune", "--max-unused", "0")
        ),
        Step("verify", ("check", "--read-data-subset", f"{backup.verify_percent}%")),
    )


def restore(backup: Backup, folders: Mapping[str, str]) -> Sequence[Step]:
    """Bring folders back, each by its name, from the snapshot `$SNAPSHOT`; what else is there stays."""
    return [
        Step(
            name,
            ("restore", f"$(SNAPSHOT):{folder}", "--host", backup.host, "--target", folder, "--verify"),
        )
        for name, folder in folders.items()
    ]


def environment(backup: Backup) -> Mapping[str, str]:
    """Tell restic where the backups are; what is secret is not here."""
    values = {"RESTIC_CACHE_DIR": f"/{SCRATCH}/restic", "TMPDIR": f"/{SCRATCH}"}
    if backup.store is None:
        return {"RESTIC_REPOSITORY": f"{PLACE}/{backup.host}", **values}
    store = backup.store
    values["RESTIC_REPOSITORY"] = f"s3:{store.endpoint}/{store.bucket}/{store.prefix}"
    if store.region is not None:
        values["AWS_DEFAULT_REGION"] = store.region
    if store.own_authority:
        values["RESTIC_CACERT"] = f"{AUTHORITIES}/{AUTHORITIES_FILE}"
    return values


def secrets(backup: Backup) -> Mapping[str, str]:
    """Name the keys of the Secret by the variables in which restic expects their values."""
    password = {"RESTIC_PASSWORD": "password"}
    if backup.store is None:
        return password
    return {
        **password,
        "AWS_ACCESS_KEY_ID": "access-key-id",
        "AWS_SECRET_ACCESS_KEY": "secret-access-key",
    }
