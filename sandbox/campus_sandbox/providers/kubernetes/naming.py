"""Auto-naming of objects without a name (https://www.pulumi.com/docs/iac/concepts/resources/names/#autonaming)."""

import hashlib
import secrets
from collections.abc import Mapping
from typing import Any

from campus_sandbox.providers.kubernetes.objects import AUTONAMED, Object, is_true, name_of, set_annotation
from campus_sandbox.providers.properties import UNKNOWN

_SUFFIX_LENGTH = 8


def needs_name(obj: Mapping[str, Any]) -> bool:
    """Whether the program leaves the name to us. A name not known yet is a name."""
    meta = obj.get("metadata")
    if meta is UNKNOWN:
        return False
    return not (isinstance(meta, Mapping) and (meta.get("name") or meta.get("generateName")))


def adopt_old_name(obj: Object, old: Mapping[str, Any]) -> None:
    """Keep, in place, the name that was given automatically before."""
    if needs_name(obj) and is_true(old, AUTONAMED):
        _give(obj, name_of(old))


def assign_name(obj: Object, resource: str, seed: bytes = b"", proposed: str = "") -> None:
    """Name, in place, an object that has no name.

    Args:
        obj: the new inputs.
        resource: the Pulumi resource's name.
        seed: the engine's random seed; the same seed gives the same name in the preview and the update.
        proposed: the name the stack's own auto-naming rules ask for.
    """
    if needs_name(obj):
        _give(obj, proposed or f"{resource}-{_suffix(seed)}")


def _give(obj: Object, name: str) -> None:
    obj.setdefault("metadata", {})["name"] = name
    set_annotation(obj, AUTONAMED, "true")


def _suffix(seed: bytes) -> str:
    if not seed:
        return secrets.token_hex(_SUFFIX_LENGTH // 2)
    return hashlib.sha256(seed).hexdigest()[:_SUFFIX_LENGTH]
