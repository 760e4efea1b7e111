"""Pulumi's wire form of property values, and the Python values the stand-ins work with.

A property map arrives as a protobuf Struct in which a secret is an object with a signature and an unknown
value is one of a few reserved strings
(https://github.com/pulumi/pulumi/blob/master/sdk/go/common/resource/plugin/rpc.go).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from google.protobuf import struct_pb2

Properties = dict[str, Any]

_SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
_HIDDEN: Final = "1b47061264138c4ac30d75fd1eb44270"
_UNKNOWNS: Final = frozenset(
    {
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-77ac-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)
_EXACT_INTEGERS: Final = 2**53


class Computed(Enum):
    """The type of `UNKNOWN`."""

    UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


UNKNOWN: Final = Computed.UNKNOWN
"""A value that a preview cannot know."""


@dataclass(frozen=True)
class Secret:
    """A value that must be encrypted in state and never shown."""

    value: Any

    def __repr__(self) -> str:
        return "Secret(...)"


def from_struct(struct: struct_pb2.Struct) -> Properties:
    """Read a property map; null members are left out, whole numbers become `int`, keys are sorted."""
    return _read_members(struct)


def to_struct(properties: Mapping[str, Any], keep_secrets: bool = True) -> struct_pb2.Struct:
    """Write a property map.

    Args:
        properties: plain values, `Secret` and `UNKNOWN` at any depth.
        keep_secrets: whether the engine accepts secrets; if not, their plain values are written.
    """
    struct = struct_pb2.Struct()
    for key, value in properties.items():
        _write(struct.fields[key], value, keep_secrets)
    return struct


def plain(value: Any) -> Any:
    """A deep copy without `Secret` wrappers."""
    return _transformed(value, lambda key: key, strip=True)


def renamed(value: Any, rename: Callable[[str], str]) -> Any:
    """A deep copy with every object key passed through `rename`; secrets stay secret."""
    return _transformed(value, rename, strip=False)


def contains_unknown(value: Any) -> bool:
    """Whether `UNKNOWN` is anywhere in `value`."""
    return any(part is UNKNOWN for part in _parts(value))


def contains_secret(value: Any) -> bool:
    """Whether a `Secret` is anywhere in `value`."""
    return any(isinstance(part, Secret) for part in _parts(value))


def mark_secrets(outputs: Properties, inputs: Mapping[str, Any]) -> None:
    """Make secret, in place, what came from secret inputs.

    Objects are matched member by member. Where an input list holds a secret anywhere the whole output list
    becomes secret, because the server may reorder it.
    """
    for key, given in inputs.items():
        result = outputs.get(key)
        if result is None or isinstance(result, Secret):
            continue
        if isinstance(result, dict) and isinstance(given, Mapping):
            mark_secrets(result, given)
        elif contains_secret(given):
            outputs[key] = Secret(result)


def _parts(value: Any) -> Iterable[Any]:
    yield value
    if isinstance(value, Secret):
        yield from _parts(value.value)
    elif isinstance(value, Mapping):
        for member in value.values():
            yield from _parts(member)
    elif isinstance(value, list):
        for member in value:
            yield from _parts(member)


def _transformed(value: Any, rename: Callable[[str], str], strip: bool) -> Any:
    if isinstance(value, Secret):
        inner = _transformed(value.value, rename, strip)
        return inner if strip else Secret(inner)
    if isinstance(value, Mapping):
        return {rename(key): _transformed(member, rename, strip) for key, member in value.items()}
    if isinstance(value, list):
        return [_transformed(member, rename, strip) for member in value]
    return value


def _read_members(struct: struct_pb2.Struct) -> Properties:
    members = ((key, _read(struct.fields[key])) for key in sorted(struct.fields))
    return {key: value for key, value in members if value is not None}


def _read(value: struct_pb2.Value) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        members = _read_members(value.struct_value)
        if members.get(_SIGNATURE) == _HIDDEN:
            return Secret(members.get("value"))
        return members
    if kind == "list_value":
        return [_read(member) for member in value.list_value.values]
    if kind == "string_value":
        return UNKNOWN if value.string_value in _UNKNOWNS else value.string_value
    if kind == "number_value":
        return _number(value.number_value)
    if kind == "bool_value":
        return value.bool_value
    return None


def _number(number: float) -> int | float:
    return int(number) if number.is_integer() and abs(number) <= _EXACT_INTEGERS else number


def _write(target: struct_pb2.Value, value: Any, keep_secrets: bool) -> None:
    if isinstance(value, Secret):
        value = {_SIGNATURE: _HIDDEN, "value": value.value} if keep_secrets else value.value
    if isinstance(value, Mapping):
        fields = target.struct_value.fields
        target.struct_value.SetInParent()
        for key, member in value.items():
            _write(fields[key], member, keep_secrets)
    elif isinstance(value, list):
        target.list_value.SetInParent()
        for member in value:
            _write(target.list_value.values.add(), member, keep_secrets)
    elif value is None:
        target.null_value = struct_pb2.NULL_VALUE
    elif value is UNKNOWN:
        target.string_value = UNKNOWN.value
    elif isinstance(value, bool):
        target.bool_value = value
    elif isinstance(value, int | float):
        target.number_value = value
    else:
        target.string_value = str(value)
