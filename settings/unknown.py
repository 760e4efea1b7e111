"""What is told about a key that is no setting: where it belongs, or which setting may be meant."""

import difflib
from collections.abc import Iterator
from typing import Any, get_args, get_origin, get_type_hints

from pydantic import BaseModel

from .hints import alternatives, is_model, keys
from .rule import Rule

_NEAR = 0.7
"""How like a setting a key must be to pass for a misspelt one: `replicaCount` is like `replicas` by so much,
and `nodes` like `model` by 0.6."""

_MOST_PLACES = 3
"""A key that more blocks have, such as `name`, is no hint at one of them."""


def unknown_setting(key: str, block: type[BaseModel], namespace: str) -> Rule:
    """The rule that `namespace:key` breaks; which settings there are is told once, below all problems."""
    listed = f"The settings that begin with {namespace}: are {', '.join(sorted(keys(block)))}."
    return _rule(f"{_advice(key, block, f'{namespace}:')}.", listed)


def unknown_key(key: str, block: type[BaseModel]) -> Rule:
    """The rule that `key` inside a block of settings breaks."""
    return _rule(f"{_advice(key, block, '')}; the settings here are {', '.join(sorted(keys(block)))}.")


def _rule(way_out: str, note: str = "") -> Rule:
    why = "a misspelt key would otherwise be passed over in silence"
    return Rule("it is not a setting here", why, way_out, note)


def _advice(key: str, block: type[BaseModel], prefix: str) -> str:
    known = keys(block)
    first, *below = key.split(".")
    if below and first in known:
        inner = ": {".join(below)
        return f"Write it as a block, `{prefix}{first}: {{{inner}: ...{'}' * len(below)}`"
    places = [f"{prefix}{place}" for place in _places(key, block)]
    if 0 < len(places) <= _MOST_PLACES:
        return f"It belongs below {' or '.join(places)}"
    if close := difflib.get_close_matches(key, known, n=1, cutoff=_NEAR):
        return f"Write {close[0]} if that is meant"
    return "Remove it"


def _places(key: str, block: type[BaseModel]) -> Iterator[str]:
    """The blocks inside `block` that have `key`, with `[]` for the entries of a list."""
    hints = get_type_hints(block, include_extras=True)
    for name, field in block.model_fields.items():
        for inner, step in _blocks(hints[name], field.alias or name):
            if key in keys(inner):
                yield step
            yield from (f"{step}.{place}" for place in _places(key, inner))


def _blocks(hint: Any, step: str) -> Iterator[tuple[type[BaseModel], str]]:
    for kind in alternatives(hint):
        if is_model(kind):
            yield kind, step
        elif get_origin(kind) is tuple:
            yield from _blocks(get_args(kind)[0], f"{step}[]")
