"""The configuration of a stack: what may be written, what is refused and in which words."""

from .campus import CampusSettings, PlatformCampusSettings
from .cluster import ClusterSettings
from .errors import SettingsError
from .loader import Configuration, load
from .models import (
    BackendSettings,
    CampusStackSettings,
    Environment,
    PlatformSettings,
    Settings,
)
from .source import Given

__all__ = [
    "BackendSettings",
    "CampusSettings",
    "CampusStackSettings",
    "ClusterSettings",
    "Configuration",
    "Environment",
    "Given",
    "PlatformCampusSettings",
    "PlatformSettings",
    "Settings",
    "SettingsError",
    "load",
]
