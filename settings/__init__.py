"""The configuration of a stack: what may be written, what is refused and in which words."""

from .cluster import ClusterSettings
from .errors import SettingsError
from .loader import Configuration, load
from .models import (
    BackendSettings,
    CampusSettings,
    CampusStackSettings,
    EdgeSettings,
    Environment,
    PlatformCampusSettings,
    PlatformSettings,
    Settings,
    TolerationSettings,
)
from .source import Given

__all__ = [
    "BackendSettings",
    "CampusSettings",
    "CampusStackSettings",
    "ClusterSettings",
    "Configuration",
    "EdgeSettings",
    "Environment",
    "Given",
    "PlatformCampusSettings",
    "PlatformSettings",
    "Settings",
    "SettingsError",
    "TolerationSettings",
    "load",
]
