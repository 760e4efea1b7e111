"""The configuration of a stack: what may be written, what is refused and in which words."""

from .backend import BackendSettings
from .backend_args import backend_args
from .backup import BackupS3Settings, BackupSettings
from .campus import CampusSettings, PlatformCampusSettings
from .cluster import ClusterSettings
from .errors import SettingsError
from .gateway import AcmeSettings, EdgeSettings, IssuerSettings, TolerationSettings
from .loader import Configuration, load
from .models import (
    CampusStackSettings,
    Environment,
    PlatformSettings,
    Settings,
)
from .source import Given

__all__ = [
    "AcmeSettings",
    "BackendSettings",
    "BackupS3Settings",
    "BackupSettings",
    "CampusSettings",
    "CampusStackSettings",
    "ClusterSettings",
    "Configuration",
    "EdgeSettings",
    "Environment",
    "Given",
    "IssuerSettings",
    "PlatformCampusSettings",
    "PlatformSettings",
    "Settings",
    "SettingsError",
    "TolerationSettings",
    "backend_args",
    "load",
]
