"""From what a stack was configured with to settings that can work, or to everything that is wrong with it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from .cluster import NAMESPACE, ClusterSettings, unreachable
from .errors import SettingsError
from .fields import read_fields
from .models import CampusStackSettings, Environment, PlatformSettings, Settings
from .rule import Broken, Rule
from .rules import combinations
from .source import Given

_PLAIN = Rule(
    "it must not be a secret",
    "it appears in clear in the cluster's objects and in names that everybody sees",
    "Set it again without --secret.",
)


@dataclass(frozen=True)
class Configuration:
    """Everything that a stack says."""

    settings: Settings
    """What the stack is to be."""

    cluster: ClusterSettings
    """Where."""


def load(given: Given, environment: Mapping[str, str], folder: Path) -> Configuration:
    """Validate what a stack was configured with.

    `environment` and `folder` are the process's, where a kubeconfig is looked for. Raises SettingsError with
    every problem: those of single settings, and those of combinations whose settings are right by
    themselves.
    """
    values = given.of(given.project)
    model = CampusStackSettings if "platform" in values else PlatformSettings
    fields, broken = read_fields(model, given.project, values)
    cluster_fields, cluster_broken = read_fields(ClusterSettings, NAMESPACE, given.of(NAMESPACE))
    settings = model.model_construct(**fields)
    cluster = ClusterSettings.model_construct(**cluster_fields)

    broken += cluster_broken
    broken += _secrets(given)
    broken += combinations(settings, _environment(given.stack, fields), fields)
    if not cluster_broken:
        broken += unreachable(cluster, environment, folder)
    if broken:
        raise SettingsError(given.stack, given.findings(broken))
    return Configuration(settings, cluster)


def _environment(stack: str, fields: Mapping[str, object]) -> Environment:
    stated = fields.get("environment")
    if isinstance(stated, Environment):
        return stated
    return Environment.DEV if stack == "dev" else Environment.PROD


def _secrets(given: Given) -> Iterator[Broken]:
    for key in sorted(given.secrets):
        if key.startswith(f"{given.project}:"):
            yield Broken((key,), "", _PLAIN)
