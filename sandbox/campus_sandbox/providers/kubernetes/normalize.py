"""Making what a program wrote and what the API server answers comparable."""

import base64
from collections.abc import Mapping
from typing import Any, Final

from campus_sandbox.providers.kubernetes.kinds import is_built_in
from campus_sandbox.providers.kubernetes.objects import Object, is_secret
from campus_sandbox.providers.kubernetes.quantity import canonical
from campus_sandbox.providers.properties import UNKNOWN, contains_unknown

_SET_BY_SERVER: Final = (
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "uid",
)
_QUANTITY_MAPS: Final = frozenset({"requests", "limits", "capacity", "hard", "overhead", "podFixed"})
_QUANTITIES: Final = frozenset({"sizeLimit", "divisor", "averageValue"})
_FREE_FORM: Final = frozenset({"metadata", "matchLabels", "nodeSelector", "selector"})

_DASHED: Final = {
    f"x_kubernetes_{name}": f"x-kubernetes-{name.replace('_', '-')}"
    for name in (
        "embedded_resource",
        "int_or_string",
        "list_map_keys",
        "list_type",
        "map_type",
        "preserve_unknown_fields",
        "validations",
    )
}
_UNDERSCORED: Final = {dashed: underscored for underscored, dashed in _DASHED.items()}


def to_server_key(key: str) -> str:
    """The API's name of a property; typed SDKs write `x-kubernetes-*` with underscores."""
    return _DASHED.get(key, key)


def to_sdk_key(key: str) -> str:
    """The SDKs' name of a property."""
    return _UNDERSCORED.get(key, key)


def normalized(obj: Mapping[str, Any]) -> Object:
    """Without the fields only the server sets and, for built-in kinds, with canonical quantities.

    Objects with unknown values keep their quantities as written. In a CustomResourceDefinition `requests`
    and the like are names of properties, not quantities.
    """
    result = dict(obj)
    meta = result.get("metadata")
    if isinstance(meta, Mapping):
        result["metadata"] = {key: value for key, value in meta.items() if key not in _SET_BY_SERVER}
    quantified = is_built_in(result) and result.get("kind") != "CustomResourceDefinition"
    if quantified and "spec" in result and not contains_unknown(result):
        result["spec"] = _canonical_quantities(result["spec"])
    return result


def comparable(obj: Mapping[str, Any]) -> Object:
    """`normalized`, and for Secrets with stringData merged into data, as the server does."""
    result = normalized(obj)
    if not is_secret(result) or "stringData" not in result:
        return result
    given = result.pop("stringData")
    if not isinstance(given, Mapping):
        return {**result, "data": given}
    encoded = {key: value if value is UNKNOWN else _base64(value) for key, value in given.items()}
    return {**result, "data": {**(result.get("data") or {}), **encoded}}


def _base64(value: Any) -> str:
    return base64.b64encode(str(value).encode()).decode()


def _canonical_quantities(value: Any) -> Any:
    if isinstance(value, list):
        return [_canonical_quantities(member) for member in value]
    if not isinstance(value, Mapping):
        return value
    return {key: _canonical_member(key, member) for key, member in value.items()}


def _canonical_member(key: str, value: Any) -> Any:
    if key in _FREE_FORM:
        return value
    if key in _QUANTITY_MAPS and isinstance(value, Mapping):
        return {
            name: _canonical_member(name, amount) if _is_branch(amount) else _quantity(amount)
            for name, amount in value.items()
        }
    if key in _QUANTITIES:
        return _quantity(value)
    return _canonical_quantities(value)


def _is_branch(value: Any) -> bool:
    return isinstance(value, Mapping | list)


def _quantity(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return value
    return canonical(value) or value
