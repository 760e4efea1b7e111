"""The provider's configuration."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from campus_sandbox.providers.kubernetes import kubeconfig
from campus_sandbox.providers.properties import UNKNOWN

_IDENTIFIER: Final = "clusterIdentifier"


@dataclass(frozen=True)
class Settings:
    """The settings of the official provider that the stand-in knows; others are accepted and have no effect.

    Attributes:
        kubeconfig: path or contents of a kubeconfig; "" means $KUBECONFIG, then ~/.kube/config.
        context: kubeconfig context; "" means the current one.
        namespace: namespace of namespaced objects that name none; "" means the context's, then "default".
        render_to: folder for YAML files instead of a cluster.
        upsert: whether creating an object that exists takes it over instead of failing.
        patch_force: whether fields owned by other managers are taken over.
        config_map_mutable: whether a ConfigMap's data is updated in place rather than by replacement.
        secret_mutable: the same for Secrets.
        delete_unreachable: whether objects of an unreachable cluster are dropped from state.
        skip_unreachable: whether an unreachable cluster leaves the state as it is.
    """

    kubeconfig: str = ""
    context: str = ""
    namespace: str = ""
    render_to: Path | None = None
    upsert: bool = False
    patch_force: bool = False
    config_map_mutable: bool = False
    secret_mutable: bool = False
    delete_unreachable: bool = False
    skip_unreachable: bool = False

    @classmethod
    def read(cls, args: Mapping[str, Any], environment: Mapping[str, str] | None = None) -> "Settings":
        """Read provider arguments; an argument wins over its environment variable.

        Args:
            args: provider arguments, plain.
            environment: variables to read (default: the process's own).
        """
        variables = os.environ if environment is None else environment

        def flag(key: str, variable: str) -> bool:
            value = args.get(key, variables.get(variable, False))
            return value is True or str(value).lower() == "true"

        directory = _text(args, "renderYamlToDirectory")
        return cls(
            kubeconfig=_text(args, "kubeconfig"),
            context=_text(args, "context"),
            namespace=_text(args, "namespace"),
            render_to=Path(directory) if directory else None,
            upsert=flag("upsertExistingObjects", "PULUMI_K8S_UPSERT_EXISTING_OBJECTS"),
            patch_force=flag("enablePatchForce", "PULUMI_K8S_ENABLE_PATCH_FORCE"),
            config_map_mutable=flag("enableConfigMapMutable", "PULUMI_K8S_ENABLE_CONFIGMAP_MUTABLE"),
            secret_mutable=flag("enableSecretMutable", "PULUMI_K8S_ENABLE_SECRET_MUTABLE"),
            delete_unreachable=flag("deleteUnreachable", "PULUMI_K8S_DELETE_UNREACHABLE"),
            skip_unreachable=flag("skipUpdateUnreachable", "PULUMI_K8S_SKIP_UPDATE_UNREACHABLE"),
        )


def conflicts(args: Mapping[str, Any]) -> list[str]:
    """The arguments that make no sense beside `renderYamlToDirectory`."""
    if not args.get("renderYamlToDirectory"):
        return []
    return [key for key in ("cluster", "context", "kubeconfig") if args.get(key)]


def changed_arguments(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """The provider arguments that changed, and those of them that mean another cluster or folder.

    Only a change of the active cluster's entry counts as another cluster, so new credentials are a mere
    update; and a `clusterIdentifier` that stays the same says it is the same cluster whatever else changes.
    """
    changed = [key for key in sorted({*old, *new}) if new.get(key) is UNKNOWN or old.get(key) != new.get(key)]
    if old.get(_IDENTIFIER) and new.get(_IDENTIFIER):
        return changed, [_IDENTIFIER] if _IDENTIFIER in changed else []
    replacing = [key for key in changed if key == "renderYamlToDirectory" or new.get(key) is UNKNOWN]
    before, after = _active_cluster(old), _active_cluster(new)
    if before is not None and after is not None and before != after:
        replacing += [key for key in changed if key in ("kubeconfig", "context", "cluster")]
    return changed, replacing


def _active_cluster(args: Mapping[str, Any]) -> Any:
    """The kubeconfig's entry of the cluster in use; None when the arguments give none."""
    given = _text(args, "kubeconfig")
    if not given:
        return None
    try:
        config = kubeconfig.load(given)
    except kubeconfig.KubeconfigError:
        return None
    return kubeconfig.active_cluster(config, _text(args, "context"), _text(args, "cluster"))


def _text(args: Mapping[str, Any], key: str) -> str:
    value = args.get(key)
    return "" if value is None or value is UNKNOWN else str(value)
