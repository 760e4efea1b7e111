"""What an AiAppBackend is told about its backup."""

from typing import NotRequired, TypedDict

import pulumi


class AiAppBackendBackupS3Args(TypedDict):
    """A bucket of an S3-compatible store."""

    endpoint: str
    """Address of the store, such as `https://s3.example.org`."""

    bucket: str
    """Name of the bucket, which must be there: a missing one is waited for, as any error of a store, for a
    quarter of an hour."""

    prefix: NotRequired[str]
    """Folder within the bucket, which no other backend may use. Default: the namespace of a CosyVoiceBackend,
    and `<namespace>.<application>` of another application."""

    region: NotRequired[str]
    """Region of the bucket. Default: the store's own."""

    own_authority: NotRequired[bool]
    """Whether the Secret holds, as `ca.crt`, the authorities that signed the store's certificate. Default:
    false, any public authority."""

    networks: NotRequired[list[str]]
    """Networks in which the store is, in CIDR notation: the pods reach no other. Default: every address, at
    the endpoint's port."""


class AiAppBackendBackupArgs(TypedDict):
    """The backup of every claim that the application may write to.

    Exactly one of `storage`, `claim` and `s3` is given.
    """

    secret: str
    """Secret in the application's namespace that encrypts the backups by its key `password`, and opens the
    store by `access-key-id` and `secret-access-key`. Without the password no backup can be read, and it must
    not change: keep it elsewhere too. The component does not make it, so that it outlives every stack."""

    storage: NotRequired[str]
    """Size of a volume that is made for the backups, with a claim `<application>-backup-pvc`; it is
    retained when the component is destroyed."""

    storage_class: NotRequired[str]
    """StorageClass of that volume, better not on the disks of the other volumes. Default: the cluster's
    own."""

    claim: NotRequired[str]
    """PersistentVolumeClaim that is there already."""

    s3: NotRequired[AiAppBackendBackupS3Args]
    """A bucket of an S3-compatible store."""

    schedule: NotRequired[str]
    """When backups are made, as in a Kubernetes CronJob. Default: `30 1 * * *`, every night."""

    time_zone: NotRequired[str]
    """Time zone of the schedule, such as `Europe/Berlin`. Default: `Etc/UTC`."""

    daily_days: NotRequired[int]
    """For so many days one backup of each day is kept. Default: 7."""

    keep_days: NotRequired[int]
    """For so many days one backup of each week is kept, and none longer: what was deleted is gone from the
    backups by then. Default: 30."""

    verify_percent: NotRequired[int]
    """How much of the stored data, chosen at random, is read back after each run; that all of it is there is
    verified each time. Default: 10."""

    image: NotRequired[pulumi.Input[str]]
    """Image with restic and a shell. Default: the pinned release's."""
