"""What differs between an object as it is and as the program wants it. Pure: no cluster is asked.

As in the official provider since 4.0, the live object (as last recorded) is cut down to the fields the
program set, and compared with the new inputs, so that drift found by a refresh is a difference while the
server's defaults are none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from campus_sandbox.providers.kubernetes.objects import AUTONAMED, Object, is_true, name_of, namespace_of
from campus_sandbox.providers.properties import UNKNOWN

Path = tuple[str | int, ...]


class Change(Enum):
    """What happens to one property."""

    ADD = "add"
    DELETE = "delete"
    UPDATE = "update"


@dataclass
class Difference:
    """The changed properties of one object.

    Attributes:
        changes: what happens to each property.
        replacing: those of them whose change replaces the object.
    """

    changes: dict[Path, Change] = field(default_factory=dict)
    replacing: set[Path] = field(default_factory=set)


def pruned(source: Any, shape: Any) -> Any:
    """`source` cut down to the members that `shape` has; lists are matched by index.

    Members a controller appended to a list are cut off, as the official provider does.
    """
    if isinstance(source, Mapping) and isinstance(shape, Mapping):
        return {key: pruned(value, shape[key]) for key, value in source.items() if key in shape}
    if isinstance(source, list) and isinstance(shape, list):
        if source and shape and type(source[0]) is not type(shape[0]):
            return source
        return [pruned(value, like) for value, like in zip(source, shape, strict=False)]
    return source


def with_dropped_empties(live: Any, inputs: Any) -> Any:
    """`live` with the empty values of `inputs` that the server does not store, such as `hostNetwork: false`.

    Without them a refreshed object of a built-in kind would seem to lack what the program set.
    """
    if isinstance(live, Mapping) and isinstance(inputs, Mapping):
        result = {key: with_dropped_empties(value, inputs.get(key)) for key, value in live.items()}
        result.update({key: value for key, value in inputs.items() if key not in live and _is_empty(value)})
        return result
    if isinstance(live, list) and isinstance(inputs, list):
        return [
            with_dropped_empties(value, inputs[index] if index < len(inputs) else None)
            for index, value in enumerate(live)
        ]
    return live


def difference(live: Object, wanted: Object, replacing_fields: Sequence[tuple[str, ...]]) -> Difference:
    """Compare an object as it is, pruned, with the new inputs.

    Args:
        live: the recorded live object, pruned to the old inputs.
        wanted: the new inputs; may hold `UNKNOWN`.
        replacing_fields: paths without list indices whose change replaces the object.
    """
    result = Difference()
    _compare((), live, wanted, result.changes)
    for path in result.changes:
        if any(_touches(path, field, live, wanted) for field in replacing_fields):
            result.replacing.add(path)
    return result


def without_ignored(found: Difference, ignored: Sequence[str]) -> Difference:
    """Leave out the properties below the `ignore_changes` paths of the resource."""
    paths = [tuple(path.split(".")) for path in ignored]

    def keep(path: Path) -> bool:
        names = tuple(str(part) for part in path)
        return not any(names[: len(prefix)] == prefix for prefix in paths)

    changes = {path: change for path, change in found.changes.items() if keep(path)}
    return Difference(changes, {path for path in found.replacing if path in changes})


def marked_immutable(found: Difference, fields: Sequence[str]) -> Difference:
    """Turn an "is immutable" answer of the server into replacement.

    Args:
        found: the difference the server was asked about.
        fields: the field paths the server named; when none of them is among the changes all changes replace.
    """
    prefixes = [tuple(part.split("[")[0] for part in name.split(".")) for name in fields]

    def named(path: Path) -> bool:
        names = _names(path)
        return any(names[: len(prefix)] == prefix[: len(names)] for prefix in prefixes)

    replacing = {path for path in found.changes if named(path)} or set(found.changes)
    return Difference(found.changes, found.replacing | replacing)


def deletes_first(found: Difference, live: Object, wanted: Object) -> bool:
    """Whether the old object must go before its replacement can be made: both have the same, fixed name."""
    return bool(
        found.replacing
        and name_of(wanted)
        and not is_true(wanted, AUTONAMED)
        and name_of(wanted) == name_of(live)
        and namespace_of(wanted) == namespace_of(live)
    )


def path_text(path: Path) -> str:
    """A property path as the engine writes it: `spec.ports[0].port`, `data["a.b"]`."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        elif any(character in part for character in '."[]'):
            text += '["' + part.replace('"', '\\"') + '"]'
        else:
            text += f".{part}" if text else part
    return text


def _compare(path: Path, old: Any, new: Any, changes: dict[Path, Change]) -> None:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in sorted({*old, *new}):
            if key not in new:
                changes[(*path, key)] = Change.DELETE
            elif key not in old:
                changes[(*path, key)] = Change.ADD
            else:
                _compare((*path, key), old[key], new[key], changes)
    elif isinstance(old, list) and isinstance(new, list):
        for index in range(max(len(old), len(new))):
            if index >= len(new):
                changes[(*path, index)] = Change.DELETE
            elif index >= len(old):
                changes[(*path, index)] = Change.ADD
            else:
                _compare((*path, index), old[index], new[index], changes)
    elif old != new or isinstance(old, bool) is not isinstance(new, bool):
        changes[path] = Change.UPDATE


def _touches(path: Path, replacing: tuple[str, ...], live: Object, wanted: Object) -> bool:
    names = _names(path)
    if names == replacing[: len(names)] and len(names) < len(replacing):
        rest = replacing[len(names) :]
        return any(_has(_at(obj, path), rest) for obj in (live, wanted))
    return names[: len(replacing)] == replacing


def _names(path: Path) -> tuple[str, ...]:
    return tuple(part for part in path if isinstance(part, str))


def _at(value: Any, path: Path) -> Any:
    for part in path:
        if isinstance(part, int):
            value = value[part] if isinstance(value, list) and part < len(value) else None
        else:
            value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _has(value: Any, names: tuple[str, ...]) -> bool:
    if value is UNKNOWN or not names:
        return True
    if isinstance(value, list):
        return any(_has(member, names) for member in value)
    return isinstance(value, Mapping) and names[0] in value and _has(value[names[0]], names[1:])


def _is_empty(value: Any) -> bool:
    if isinstance(value, Mapping):
        return all(_is_empty(member) for member in value.values())
    return value in ([], "", 0, False)
