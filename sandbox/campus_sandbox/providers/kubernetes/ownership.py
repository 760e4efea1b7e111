"""Field ownership of server-side apply (https://kubernetes.io/docs/reference/using-api/server-side-apply/)."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from campus_sandbox.providers.kubernetes.objects import Object, dig, metadata

# Names under which this stack's user, or this provider's create call, wrote fields before the first apply.
_OURS: Final = (
    ("kubectl", "Apply"),
    ("kubectl", "Update"),
    ("before-first-apply", "Update"),
    ("pulumi-kubernetes", "Update"),
    ("pulumi-resource-kubernetes", "Update"),
)


def taken_over(live: Mapping[str, Any], manager: str) -> list[Object] | None:
    """The managedFields that give `manager` what kubectl and our create call own; None for no change.

    Without this the first apply after a create, or after an edit with kubectl, would conflict with it.
    Fields of any other manager stay theirs, so that applying over them is reported.
    """
    entries: list[Object] = metadata(live).get("managedFields") or []
    ours = [entry for entry in entries if _is_applied_by(entry, manager)]
    taken = [entry for entry in entries if entry not in ours and _is_taken(entry)]
    if not taken:
        return None
    others = [entry for entry in entries if entry not in ours and entry not in taken]
    base = ours[0] if ours else taken[0]
    fields: Object = {}
    for entry in (*ours, *taken):
        fields = _union(fields, entry.get("fieldsV1") or {})
    return [*others, {**base, "manager": manager, "operation": "Apply", "fieldsV1": fields}]


def apply_ignored(body: Object, live: Mapping[str, Any], manager: str, ignored: Sequence[str]) -> Object:
    """`body` for an update that leaves the `ignore_changes` paths alone.

    A field that only others own is left out; any other is sent with its live value. Paths into lists are
    not followed.
    """
    result = body
    for text in ignored:
        path = tuple(text.split("."))
        if _owned_by_others_only(live, manager, path):
            result = _without(result, path)
        else:
            value = dig(live, *path)
            if value is not None:
                result = _with(result, path, value)
    return result


def _is_applied_by(entry: Mapping[str, Any], manager: str) -> bool:
    return (
        entry.get("manager") == manager and entry.get("operation") == "Apply" and not entry.get("subresource")
    )


def _is_taken(entry: Mapping[str, Any]) -> bool:
    return not entry.get("subresource") and any(
        str(entry.get("manager", "")).startswith(name) and entry.get("operation") == operation
        for name, operation in _OURS
    )


def _owned_by_others_only(live: Mapping[str, Any], manager: str, path: tuple[str, ...]) -> bool:
    fields = tuple(f"f:{part}" for part in path)
    owners = [
        entry.get("manager")
        for entry in metadata(live).get("managedFields") or []
        if dig(entry.get("fieldsV1"), *fields) is not None
    ]
    return bool(owners) and manager not in owners


def _union(first: Mapping[str, Any], second: Mapping[str, Any]) -> Object:
    result = dict(first)
    for key, value in second.items():
        result[key] = _union(result.get(key) or {}, value)
    return result


def _without(obj: Mapping[str, Any], path: tuple[str, ...]) -> Object:
    head, *rest = path
    result = dict(obj)
    if not rest:
        result.pop(head, None)
    elif isinstance(result.get(head), Mapping):
        result[head] = _without(result[head], tuple(rest))
    return result


def _with(obj: Mapping[str, Any], path: tuple[str, ...], value: Any) -> Object:
    head, *rest = path
    result = dict(obj)
    inner = result.get(head)
    result[head] = _with(inner if isinstance(inner, Mapping) else {}, tuple(rest), value) if rest else value
    return result
