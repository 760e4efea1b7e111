"""What of an application is backed up, when, where to, and for how long."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from campus_voice.shared import versions
from campus_voice.shared.enums import AccessMode
from campus_voice.shared.fields import Fields
from campus_voice.shared.manifests import Text

from .application import Claim

_PLACES = ("storage", "claim", "s3")
_CRON = re.compile(r"@(hourly|daily|midnight|weekly|monthly)|\S+( \S+){4}")
_HTTPS_PORT = 443


@dataclass(frozen=True)
class S3Store:
    """A bucket of an S3-compatible store."""

    endpoint: str
    port: int
    """TCP port of the endpoint."""

    bucket: str
    prefix: str
    """Folder within the bucket."""

    region: str | None
    own_authority: bool
    """Whether the Secret holds, as `ca.crt`, the authorities that signed the endpoint's certificate."""

    networks: Sequence[str]
    """Networks in which the endpoint is; empty where they are not known."""


@dataclass(frozen=True)
class Backup:
    """What of an application is backed up, when, where to, and for how long."""

    host: str
    """Whose backups they are; each is alone in its repository."""

    secret: str
    """Name of the Secret with the repository's password and the store's keys."""

    store: S3Store | None
    """None keeps the backups on the volume `claim_name`."""

    claim_name: str
    claim: Claim | None
    """The claim that is made for it; None when it is there already, or nothing needs it."""

    schedule: str
    time_zone: str
    daily_days: int
    """For so many days one snapshot of each day is kept."""

    keep_days: int
    """For so many days one snapshot of each week is kept, and none longer."""

    verify_percent: int
    """How much of the stored data is read back after each run."""

    image: Text


def read(fields: Fields, application: str, host: str) -> Backup | None:
    """Read the argument `backup`; None when it is not given.

    Args:
        fields: the backend's arguments.
        application: name of the application, with which the claim's name begins.
        host: whose backups they are.
    """
    if fields.given("backup") is None:
        return None
    backup = fields.nested("backup")
    place = _place(backup)
    made = f"{application}-backup-pvc"
    daily = _days(backup, "daily_days", 7)
    keep = _days(backup, "keep_days", 30)
    if daily > keep:
        backup.refuse_as(
            daily,
            "daily_days",
            f"it must not be above keep_days, which is {keep}",
            "nothing is kept longer than that",
            "Lower daily_days, or raise keep_days.",
        )
    return Backup(
        host=host,
        secret=backup.label("secret"),
        store=_store(backup.nested("s3"), host) if backup.given("s3") is not None else None,
        claim_name=backup.label("claim") if place == "claim" else made,
        claim=_claim(backup, made) if place == "storage" else None,
        schedule=_schedule(backup),
        time_zone=backup.text("time_zone", "Etc/UTC"),
        daily_days=daily,
        keep_days=keep,
        verify_percent=backup.integer("verify_percent", 10, 1, 100, "it is a share of what is stored"),
        image=backup.given("image") or versions.restic_image(),
    )


def _place(backup: Fields) -> str:
    given = [place for place in _PLACES if backup.given(place) is not None]
    if len(given) != 1:
        backup.refuse_as(
            ", ".join(given) or None,
            "storage",
            f"exactly one of {', '.join(_PLACES)} has to be given",
            "it says where the backups are kept",
            "Give storage for a volume that is made, claim for one that is there, or s3.",
        )
    return given[0] if given else "storage"


def _claim(backup: Fields, name: str) -> Claim:
    return Claim(
        suffix="backup",
        name=name,
        size=backup.quantity("storage"),
        storage_class=backup.given("storage_class"),
        access=AccessMode.ONE_NODE,
    )


def _store(s3: Fields, host: str) -> S3Store:
    endpoint = s3.text("endpoint")
    address = urlsplit(endpoint)
    if address.scheme != "https" or not address.hostname or address.path.strip("/"):
        s3.refuse(
            "endpoint",
            "it has to be an https:// address without a path",
            "whoever reads along could send the same requests again",
            "Write it like https://s3.example.org, and give the bucket in bucket.",
        )
    if not s3.given("bucket"):
        s3.refuse(
            "bucket",
            "a bucket has to be named",
            "a store keeps everything in buckets",
            "Name it, as in bucket: campus-backups.",
        )
    return S3Store(
        endpoint=endpoint.rstrip("/"),
        port=address.port or _HTTPS_PORT,
        bucket=s3.given("bucket") or "",
        prefix=s3.text("prefix", host).strip("/"),
        region=s3.given("region"),
        own_authority=s3.flag("own_authority", default=False),
        networks=s3.networks("networks"),
    )


def _schedule(backup: Fields) -> str:
    schedule = backup.text("schedule", "30 1 * * *")
    if not _CRON.fullmatch(schedule):
        backup.refuse(
            "schedule",
            "it has to be a cron schedule: minute, hour, day of the month, month, day of the week",
            "Kubernetes starts the backups by it",
            "Write it like '30 1 * * *' for every night at half past one.",
        )
    return schedule


def _days(backup: Fields, name: str, default: int) -> int:
    return backup.integer(name, default, 1, 3650, "a voice that was withdrawn leaves the backups by then")
