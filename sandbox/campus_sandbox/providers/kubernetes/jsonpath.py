"""The part of JSONPath that conditions use (https://kubernetes.io/docs/reference/kubectl/jsonpath/).

Understood: `.name`, `['name']`, `[0]`, `[-1]`, `[*]`, and filters `[?(@.name=="value")]`.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

Step = Callable[[Any], list[Any]]

_STEP: Final = re.compile(
    r"""\.(?P<name>[A-Za-z0-9_\-/]+(?:\\\.[A-Za-z0-9_\-/]+)*)
    | \[\?\(@\.(?P<key>[A-Za-z0-9_.\-]+)\s*==\s*(?P<quote>["'])(?P<value>.*?)(?P=quote)\)\]
    | \[(?P<index>-?\d+)\]
    | \[(?P<quote2>["'])(?P<member>.*?)(?P=quote2)\]
    | (?P<all>\[\*\]|\.\*)""",
    re.VERBOSE,
)


def parse(expression: str) -> tuple[Step, ...]:
    """The steps of an expression such as `{.status.phase}`; braces may be left out.

    Raises:
        ValueError: it uses what is not understood here.
    """
    text = expression.strip()
    if text.startswith("{") and text.endswith("}"):
        text = text[1:-1].strip()
    text = text.removeprefix("$")
    steps: list[Step] = []
    position = 0
    while position < len(text):
        match = _STEP.match(text, position)
        if match is None:
            raise ValueError(f"JSONPath {expression!r} is not understood at {text[position:]!r}")
        steps.append(_step(match))
        position = match.end()
    return tuple(steps)


def find(steps: tuple[Step, ...], obj: Any) -> list[Any]:
    """All values the steps lead to."""
    values = [obj]
    for step in steps:
        values = [found for value in values for found in step(value)]
    return values


def _step(match: re.Match[str]) -> Step:
    name = match["name"].replace("\\.", ".") if match["name"] else match["member"]
    if name is not None:
        return lambda value: [value[name]] if isinstance(value, Mapping) and name in value else []
    if match["key"] is not None:
        inner, wanted = parse("." + match["key"]), match["value"]
        return lambda value: [
            member
            for member in (value if isinstance(value, list) else [])
            if any(text_of(found) == wanted for found in find(inner, member))
        ]
    if match["index"] is not None:
        index = int(match["index"])
        return lambda value: (
            [value[index]] if isinstance(value, list) and -len(value) <= index < len(value) else []
        )
    return lambda value: list(value.values()) if isinstance(value, Mapping) else list(value or [])


def text_of(value: Any) -> str:
    """A value as kubectl prints it."""
    return str(value).lower() if isinstance(value, bool) else str(value)
