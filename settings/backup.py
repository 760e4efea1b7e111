"""What a stack's file may say about the backup of its recordings and voices."""

from typing import Annotated, TypeAlias

from pydantic import Field, StringConstraints

from .rule import Rule
from .strict import Strict
from .types import Image, Networks, ObjectName, Quantity, Switch, Text

Endpoint: TypeAlias = Annotated[
    str,
    StringConstraints(pattern=r"^https://[^\s/]+/?$"),
    Rule(
        "it must be an https:// address without a path",
        "whoever reads along could send the same requests again",
        "Write it like https://s3.example.org, and the bucket as bucket.",
    ),
]

Schedule: TypeAlias = Annotated[
    str,
    StringConstraints(pattern=r"^(@(hourly|daily|midnight|weekly|monthly)|\S+( \S+){4})$"),
    Rule(
        "it must be a cron schedule: minute, hour, day of the month, month, day of the week",
        "Kubernetes starts the backups by it",
        'Write it like "30 1 * * *" for every night at half past one, in quotes.',
    ),
]

Days: TypeAlias = Annotated[
    int,
    Field(ge=1, le=3650),
    Rule(
        "it must be a whole number of days from 1 to 3650",
        "a voice that was withdrawn leaves the backups by then",
        "Leave it out for the default, which settings/backup.py names.",
    ),
]

Percent: TypeAlias = Annotated[
    int,
    Field(ge=1, le=100),
    Rule(
        "it must be a whole number from 1 to 100",
        "it is the share of the stored data that is read back after each run",
        "Leave it out for 10.",
    ),
]


class BackupS3Settings(Strict):
    """A bucket of an S3-compatible store."""

    endpoint: Endpoint
    """Address of the store, such as `https://s3.example.org`."""

    bucket: Text
    """Name of the bucket, which must be there."""

    prefix: Text | None = None
    """Folder within the bucket, which no other backend may use. Default: the backend's namespace."""

    region: Text | None = None
    """Region of the bucket. Default: the store's own."""

    own_authority: Switch = False
    """Whether the Secret holds, as `ca.crt`, the authorities that signed the store's certificate."""

    networks: Networks = ()
    """Networks in which the store is. Default: any, at the endpoint's port."""


class BackupSettings(Strict):
    """The backup of recordings and voices; exactly one of `storage`, `claim` and `s3` is given."""

    secret: ObjectName
    """Secret in the backend's namespace with `password` and, with `s3`, `access-key-id` and
    `secret-access-key`. docs/how-to/back-up-and-restore.md tells how it is made."""

    storage: Quantity | None = None
    """Size of a volume that is made for the backups."""

    storage_class: ObjectName | None = None
    """StorageClass of that volume. Default: the cluster's own."""

    claim: ObjectName | None = None
    """PersistentVolumeClaim that is there already."""

    s3: (
        Annotated[
            BackupS3Settings,
            Rule(
                "it must be a block with the keys endpoint and bucket",
                "a store keeps everything in buckets",
                "Write `s3: {endpoint: https://<host>, bucket: <bucket>}`.",
            ),
        ]
        | None
    ) = None
    """A bucket of an S3-compatible store."""

    recordings: Switch = True
    """Whether the recordings are saved beside the voices. Default: true."""

    schedule: Schedule | None = None
    """When. Default: every night at half past one."""

    time_zone: Text | None = None
    """Time zone of the schedule, such as `Europe/Berlin`. Default: `Etc/UTC`."""

    daily_days: Days | None = None
    """For so many days one backup of each day is kept. Default: 7."""

    keep_days: Days | None = None
    """For so many days one backup of each week is kept, and none longer. Default: 30."""

    verify_percent: Percent | None = None
    """How much of the stored data is read back after each run. Default: 10."""

    image: Image | None = None
    """Image with restic and a shell. Default: the pinned release's."""
