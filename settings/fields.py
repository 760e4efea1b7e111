"""The first stage of validation: every setting by itself."""

import json
from collections.abc import Iterator, Mapping
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel, TypeAdapter, ValidationError

from .hints import alternatives, is_model, keys
from .rule import Broken, KeyPath, Rule
from .strict import Strict
from .unknown import unknown_key, unknown_setting


def read_fields(
    model: type[BaseModel], namespace: str, values: Mapping[str, str]
) -> tuple[dict[str, Any], list[Broken]]:
    """Validate each of `values`, as Pulumi hands them over, by the field of `model` that it belongs to.

    Returns the values that keep their rules, by field name and with defaults filled in, and what is broken.
    """
    valid: dict[str, Any] = {}
    broken: list[Broken] = []
    hints = get_type_hints(model, include_extras=True)
    for name, field in model.model_fields.items():
        key = field.alias or name
        path = (f"{namespace}:{key}",)
        if key not in values:
            if field.is_required():
                broken.append(Broken(path, None, _rule_at(hints[name], ())))
            else:
                valid[name] = field.get_default(call_default_factory=True, validated_data={})
            continue
        text = values[key]
        try:
            valid[name] = TypeAdapter(hints[name]).validate_json(_as_json(text, hints[name]), strict=True)
        except ValidationError as error:
            broken += [_broken(hints[name], path, dict(detail)) for detail in error.errors()]
    broken += [
        Broken((f"{namespace}:{key}",), _readable(text), unknown_setting(key, model, namespace))
        for key, text in values.items()
        if key not in keys(model)
    ]
    return valid, broken


def _broken(hint: Any, path: KeyPath, detail: Mapping[str, Any]) -> Broken:
    location: KeyPath = detail["loc"]
    if detail["type"] == "extra_forbidden":
        block, key = _model_at(hint, location[:-1]), str(location[-1])
        elsewhere = block.elsewhere if issubclass(block, Strict) else {}
        return Broken(path + location, detail["input"], elsewhere.get(key) or unknown_key(key, block))
    value = None if detail["type"] == "missing" else detail["input"]
    return Broken(path + location, value, _rule_at(hint, location))


def _as_json(text: str, hint: Any) -> str:
    """The JSON of a value; Pulumi hands texts over bare and everything else as JSON."""
    if not any(isinstance(kind, type) and issubclass(kind, str) for kind in alternatives(hint)):
        try:
            json.loads(text)
        except json.JSONDecodeError:
            return json.dumps(text)
        return text
    return json.dumps(text)


def _readable(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def _rule_at(hint: Any, location: KeyPath) -> Rule:
    """The rule of the innermost setting at `location` inside a value of type `hint`."""
    rules = [rule for step in _steps(hint, location) for rule in _rules(step)]
    return rules[-1]


def _model_at(hint: Any, location: KeyPath) -> type[BaseModel]:
    """The block of settings at `location` inside a value of type `hint`."""
    innermost = list(_steps(hint, location))[-1]
    return next(kind for kind in alternatives(innermost) if is_model(kind))


def _steps(hint: Any, location: KeyPath) -> Iterator[Any]:
    """`hint` and the types of what is inside it, along `location`."""
    yield hint
    if not location:
        return
    for kind in alternatives(hint):
        if isinstance(location[0], int) and get_origin(kind) is tuple:
            yield from _steps(get_args(kind)[0], location[1:])
        elif is_model(kind):
            hints = get_type_hints(kind, include_extras=True)
            for name, field in kind.model_fields.items():
                if location[0] == (field.alias or name):
                    yield from _steps(hints[name], location[1:])


def _rules(hint: Any) -> Iterator[Rule]:
    if get_origin(hint) is Annotated:
        yield from (note for note in get_args(hint) if isinstance(note, Rule))
    elif get_origin(hint) in {Union, UnionType}:
        for kind in get_args(hint):
            yield from _rules(kind)
