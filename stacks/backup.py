"""The backup of a backend, as the component is told it."""

from campus_voice import CosyVoiceBackendBackupArgs, CosyVoiceBackendBackupS3Args

from settings import BackupS3Settings, BackupSettings


def backup_args(settings: BackupSettings) -> CosyVoiceBackendBackupArgs:
    """Turn a stack's settings into the component's arguments."""
    args: CosyVoiceBackendBackupArgs = {
        "secret": settings.secret,
        "recordings": settings.recordings,
        "schedule": settings.schedule,
        "time_zone": settings.time_zone,
        "daily_days": settings.daily_days,
        "keep_days": settings.keep_days,
        "verify_percent": settings.verify_percent,
    }
    if settings.storage is not None:
        args["storage"] = settings.storage
    if settings.storage_class is not None:
        args["storage_class"] = settings.storage_class
    if settings.claim is not None:
        args["claim"] = settings.claim
    if settings.s3 is not None:
        args["s3"] = _s3_args(settings.s3)
    if settings.image is not None:
        args["image"] = settings.image
    return args


def _s3_args(settings: BackupS3Settings) -> CosyVoiceBackendBackupS3Args:
    args: CosyVoiceBackendBackupS3Args = {
        "endpoint": settings.endpoint,
        "bucket": settings.bucket,
        "own_authority": settings.own_authority,
        "networks": list(settings.networks),
    }
    if settings.prefix is not None:
        args["prefix"] = settings.prefix
    if settings.region is not None:
        args["region"] = settings.region
    return args
