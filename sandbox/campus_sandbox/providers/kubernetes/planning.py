"""Check and Diff: what the inputs are, and what would change."""

from collections.abc import Mapping, Sequence
from typing import Any

from campus_sandbox.providers.kubernetes import diff
from campus_sandbox.providers.kubernetes.checkpoint import (
    Checkpoint,
    read_checkpoint,
    secrets_marked,
    to_object,
)
from campus_sandbox.providers.kubernetes.conditions import conditions_of
from campus_sandbox.providers.kubernetes.discovery import UnknownKindError
from campus_sandbox.providers.kubernetes.kinds import is_built_in, replacing_fields
from campus_sandbox.providers.kubernetes.naming import adopt_old_name, assign_name
from campus_sandbox.providers.kubernetes.normalize import comparable, normalized
from campus_sandbox.providers.kubernetes.objects import (
    Object,
    dig,
    display,
    is_crd,
    is_secret,
    kind_of_type,
    metadata,
    name_of,
)
from campus_sandbox.providers.kubernetes.session import ApiError
from campus_sandbox.providers.kubernetes.target import Target, manager_of
from campus_sandbox.providers.properties import UNKNOWN, Properties, contains_unknown

_UNSUPPORTED = "the sandbox's stand-in for the Kubernetes provider does not support {}: {}"


def unsupported(type_token: str, inputs: Mapping[str, Any]) -> str:
    """Why a resource type is refused; "" when it is not."""
    kind = kind_of_type(type_token)[1]
    if ":helm.sh/" in type_token:
        return _UNSUPPORTED.format("Helm releases", "register the chart's objects as resources")
    if kind.endswith("Patch") and inputs.get("kind") != kind:
        return _UNSUPPORTED.format("patch resources", "manage the whole object instead")
    if kind.endswith("List") and isinstance(inputs.get("items"), list):
        return "lists exist for manifests only: register their items as resources of their own"
    return ""


def check(
    target: Target,
    type_token: str,
    resource: str,
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    seed: bytes = b"",
    proposed: str = "",
) -> tuple[Properties, list[str]]:
    """Complete the inputs of a resource.

    Args:
        target: where the object is to live.
        type_token: the resource's Pulumi type.
        resource: the resource's Pulumi name.
        old: the inputs of the last update; empty for a new or replaced resource.
        new: the inputs as the program gives them.
        seed: the engine's seed for automatic names.
        proposed: the automatic name the stack's configuration asks for.

    Returns:
        The inputs, with a name, a namespace and canonical quantities, and what is wrong with them.
    """
    refusal = unsupported(type_token, new)
    if refusal:
        return dict(new), [refusal]
    api_version, kind = kind_of_type(type_token)
    obj = normalized({"apiVersion": api_version, "kind": kind, **to_object(new)})
    if old:
        adopt_old_name(obj, to_object(old))
    else:
        assign_name(obj, resource, seed, proposed)
    failures = []
    if dig(obj, "metadata", "generateName"):
        failures.append(
            "metadata.generateName does not work with server-side apply: leave the name out instead"
        )
    try:
        conditions_of(obj)
    except ValueError as wrong:
        failures.append(str(wrong))
    if is_crd(obj):
        target.scopes.plan(obj)
    return secrets_marked(target.placed(obj), new), failures


def plan(
    target: Target, urn: str, recorded: Mapping[str, Any], new: Mapping[str, Any], ignored: Sequence[str]
) -> tuple[diff.Difference, bool]:
    """What changes when the object recorded in state gets new inputs.

    Args:
        target: where the object lives.
        urn: for messages.
        recorded: the outputs in state.
        new: the new, checked inputs.
        ignored: `ignore_changes` paths.

    Returns:
        The difference, and whether the old object must be deleted before its replacement is created.
    """
    checkpoint = read_checkpoint(recorded)
    wanted_as_given = to_object(new)
    wanted = target.placed(comparable(wanted_as_given))
    live = _as_compared(target, checkpoint, wanted)
    fields = replacing_fields(
        wanted_as_given, target.settings.config_map_mutable, target.settings.secret_mutable
    )
    found = diff.without_ignored(diff.difference(live, wanted, fields), ignored)
    if found.changes and not found.replacing:
        found = _asked_server(target, urn, found, wanted_as_given, checkpoint)
    return _named_as_given(found, wanted_as_given), diff.deletes_first(found, live, wanted)


def _as_compared(target: Target, checkpoint: Checkpoint, wanted: Object) -> Object:
    inputs = comparable(checkpoint.inputs)
    live = diff.pruned(comparable(checkpoint.live), inputs)
    if is_built_in(wanted):
        live = diff.with_dropped_empties(live, inputs)
    live = {**{key: wanted[key] for key in ("apiVersion", "kind") if key in wanted}, **live}
    meta = dict(metadata(live))
    if name_of(wanted):
        meta["name"] = name_of(checkpoint.live)
    namespace = metadata(checkpoint.live).get("namespace")
    if namespace and "namespace" in metadata(wanted):
        meta["namespace"] = namespace
    placed: Object = target.placed({**live, "metadata": meta})
    return placed


def _asked_server(
    target: Target, urn: str, found: diff.Difference, wanted: Object, checkpoint: Checkpoint
) -> diff.Difference:
    """Let the server say whether the change is possible in place; the update reports all else it says."""
    if target.cluster is None or contains_unknown(wanted):
        return found
    manager = manager_of(wanted, checkpoint.field_manager)
    try:
        target.cluster.update(target.placed(wanted), checkpoint.live, manager, dry_run=True)
    except UnknownKindError:
        return found
    except ApiError as refused:
        if not refused.immutable_fields:
            return found
        fields = refused.immutable_fields
        target.log.warn(
            urn,
            f"{display(wanted)} is replaced because the server says that {', '.join(fields) or 'a field'} "
            "cannot be changed. The official provider does not replace here but fails: "
            "ask for it with replace_on_changes",
        )
        return diff.marked_immutable(found, fields)
    return found


def _named_as_given(found: diff.Difference, given: Object) -> diff.Difference:
    """Secrets' data compared in encoded form, told as the program wrote it."""
    string_data = given.get("stringData")
    if not is_secret(given) or not string_data:
        return found

    def name(path: diff.Path) -> diff.Path:
        if path[0] != "data":
            return path
        whole = string_data is UNKNOWN or len(path) == 1
        return ("stringData", *path[1:]) if whole or path[1] in string_data else path

    changes = {name(path): change for path, change in found.changes.items()}
    return diff.Difference(changes, {name(path) for path in found.replacing})
