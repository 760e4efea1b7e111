"""The `pulumi.com/waitFor` annotation: what a program wants to be true before an object counts as ready.

https://www.pulumi.com/blog/pulumi-kubernetes-await-conditions/ describes it.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from campus_sandbox.providers.kubernetes import jsonpath
from campus_sandbox.providers.kubernetes.objects import WAIT_FOR, Object, annotation
from campus_sandbox.providers.kubernetes.state import READY, State, condition, has_condition, waiting


@dataclass(frozen=True)
class Condition:
    """One expression of the annotation and how to check it."""

    expression: str
    holds: Callable[[Object], bool]
    seen: Callable[[Object], str]


def conditions_of(obj: Mapping[str, Any]) -> tuple[Condition, ...]:
    """The conditions an object's annotation names; none without the annotation.

    Raises:
        ValueError: an expression is neither `condition=...` nor an understood `jsonpath=...`.
    """
    text = annotation(obj, WAIT_FOR)
    if not text:
        return ()
    expressions = json.loads(text) if text.lstrip().startswith("[") else [text]
    if not expressions:
        raise ValueError(f"{WAIT_FOR} is an empty list: name at least one condition")
    return tuple(_condition(str(expression)) for expression in expressions)


def assess(obj: Object, conditions: tuple[Condition, ...]) -> State:
    """Ready when all conditions hold."""
    missing = [f"{one.expression} (now {one.seen(obj)})" for one in conditions if not one.holds(obj)]
    return waiting(" and ".join(missing)) if missing else READY


def _condition(expression: str) -> Condition:
    if expression.startswith("condition="):
        kind, _, status = expression.removeprefix("condition=").partition("=")
        return Condition(
            expression,
            lambda obj: has_condition(obj, kind, status or "True"),
            lambda obj: _seen_condition(obj, kind),
        )
    if expression.startswith("jsonpath="):
        path, equals, wanted = _split(expression.removeprefix("jsonpath="))
        steps = jsonpath.parse(path)
        return Condition(
            expression,
            lambda obj: _matches(jsonpath.find(steps, obj), wanted if equals else None),
            lambda obj: ", ".join(map(jsonpath.text_of, jsonpath.find(steps, obj))) or "absent",
        )
    raise ValueError(
        f'{WAIT_FOR} is {expression!r}: it must begin with "condition=" or "jsonpath=", '
        "or be a JSON list of such expressions"
    )


def _split(text: str) -> tuple[str, str, str]:
    """Path, "=" if a value follows, and the value; a filter's == is part of the path."""
    end = text.find("}")
    head, rest = (text[: end + 1], text[end + 1 :]) if end >= 0 else ("", text)
    if head:
        return head, rest[:1], rest[1:].strip("\"'")
    path, equals, value = rest.partition("=")
    return path, equals, value.strip("\"'")


def _matches(values: list[Any], wanted: str | None) -> bool:
    if wanted is None:
        return any(value not in (None, "", [], {}) for value in values)
    return len(values) == 1 and jsonpath.text_of(values[0]) == wanted


def _seen_condition(obj: Object, kind: str) -> str:
    now = condition(obj, kind)
    if not now:
        return "absent"
    told = ": ".join(str(now[key]) for key in ("reason", "message") if now.get(key))
    return f"{now.get('status')}{f', {told}' if told else ''}"
