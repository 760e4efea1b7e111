"""Create, Read, Update and Delete of one object."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from campus_sandbox.providers.engine import NotInitializedError
from campus_sandbox.providers.kubernetes import diff
from campus_sandbox.providers.kubernetes.apply import Cluster
from campus_sandbox.providers.kubernetes.checkpoint import (
    Checkpoint,
    read_checkpoint,
    secrets_marked,
    to_object,
    write_checkpoint,
)
from campus_sandbox.providers.kubernetes.conditions import conditions_of
from campus_sandbox.providers.kubernetes.discovery import UnknownKindError
from campus_sandbox.providers.kubernetes.kinds import is_built_in
from campus_sandbox.providers.kubernetes.normalize import normalized, to_sdk_key
from campus_sandbox.providers.kubernetes.objects import (
    Object,
    display,
    identity,
    is_crd,
    is_secret,
    kind_of_type,
    metadata,
    parse_identity,
)
from campus_sandbox.providers.kubernetes.render import file_of, render
from campus_sandbox.providers.kubernetes.session import Answer, ApiError, UnreachableError
from campus_sandbox.providers.kubernetes.state import Phase
from campus_sandbox.providers.kubernetes.target import RefusedError, Target, manager_of
from campus_sandbox.providers.kubernetes.waiting import NotReadyError, state_now, until_gone, until_ready
from campus_sandbox.providers.properties import Properties, contains_secret, contains_unknown, renamed

_IMPORTED_NOISE: Final = (
    "deployment.kubernetes.io/revision",
    "kubectl.kubernetes.io/last-applied-configuration",
)
_TOLERATED_IN_PREVIEW: Final = frozenset({"AlreadyExists", "Forbidden", "NotFound"})


@dataclass(frozen=True)
class Found:
    """What a read answers; an empty identity means that the object is gone."""

    identity: str
    state: Properties
    inputs: Properties


GONE: Final = Found("", {}, {})


def create(
    target: Target, urn: str, given: Mapping[str, Any], timeout: float, preview: bool
) -> tuple[str, Properties]:
    """Make an object and wait for it; returns its ID and outputs. A preview answers what can be known.

    Raises:
        RefusedError: the server, or the unreachable cluster, does not let it be made.
        NotInitializedError: it was made but is not ready.
    """
    obj = target.placed(to_object(given))
    if preview and (contains_unknown(obj) or not target.knows(obj)):
        return "", dict(given)
    manager = manager_of(obj)
    if target.settings.render_to is not None:
        return _rendered(target, urn, target.settings.render_to, obj, given, manager)
    cluster = target.reachable()
    conditions_of(obj)
    try:
        made = cluster.create(obj, manager, dry_run=preview)
    except UnknownKindError as unknown:
        raise RefusedError(f"{display(obj)} was not created: {unknown}") from unknown
    except ApiError as refused:
        if preview and (refused.reason in _TOLERATED_IN_PREVIEW or "dry run" in refused.message):
            return "", dict(given)
        raise RefusedError(f"{display(obj)} was not created: {_with_way_out(refused)}") from refused
    if preview:
        made.body.pop("status", None)
        return "", write_checkpoint(_checkpoint(made.body, obj, manager), given)
    return _finish(target, cluster, urn, made, obj, given, Checkpoint({}, {}, manager), timeout)


def update(
    target: Target,
    urn: str,
    recorded: Mapping[str, Any],
    given: Mapping[str, Any],
    timeout: float,
    ignored: Sequence[str],
    preview: bool,
) -> Properties:
    """Bring an object to its new inputs and wait for it; returns its outputs.

    Raises:
        RefusedError: the server, or the unreachable cluster, does not let it be changed.
        NotInitializedError: it was changed but is not ready.
    """
    obj = target.placed(to_object(given))
    checkpoint = read_checkpoint(recorded)
    if preview and (contains_unknown(obj) or not target.knows(obj)):
        return dict(given)
    manager = manager_of(obj, checkpoint.field_manager)
    if target.settings.render_to is not None:
        return _rendered(target, urn, target.settings.render_to, obj, given, manager)[1]
    cluster = target.reachable()
    conditions_of(obj)
    try:
        live = cluster.read({**obj, "metadata": metadata(checkpoint.live)})
        changed = cluster.update(obj, live, manager, ignored, dry_run=preview)
    except UnknownKindError as unknown:
        raise RefusedError(f"{display(obj)} was not updated: {unknown}") from unknown
    except ApiError as refused:
        if preview and refused.reason == "Forbidden":
            return dict(given)
        raise RefusedError(f"{display(obj)} was not updated: {_with_way_out(refused)}") from refused
    if preview:
        return write_checkpoint(_checkpoint(changed.body, obj, manager), given)
    recorded_as = Checkpoint({}, {}, manager, checkpoint.initial_api_version)
    return _finish(target, cluster, urn, changed, obj, given, recorded_as, timeout)[1]


def read(
    target: Target, type_token: str, known_id: str, recorded: Mapping[str, Any], given: Mapping[str, Any]
) -> Found:
    """Look at an object: for a refresh with what is recorded of it, for an import with its ID only.

    Raises:
        RefusedError: the cluster is unreachable.
        NotInitializedError: the object is there but not ready.
    """
    if target.settings.render_to is not None or (target.cluster is None and target.settings.skip_unreachable):
        return Found(known_id, dict(recorded), dict(given))
    if target.cluster is None and target.settings.delete_unreachable:
        return GONE
    cluster = target.reachable()
    inputs, checkpoint = to_object(given), read_checkpoint(recorded)
    api_version, kind = kind_of_type(type_token)
    origin = inputs if inputs.get("kind") else checkpoint.live if checkpoint.live.get("kind") else {}
    namespace, name = parse_identity(known_id)
    pointer: Object = {
        "apiVersion": origin.get("apiVersion", api_version),
        "kind": origin.get("kind", kind),
        "metadata": {"name": name, "namespace": namespace},
    }
    try:
        live = cluster.read(pointer)
    except UnknownKindError:
        return GONE
    except ApiError as refused:
        if refused.not_found:
            return GONE
        raise RefusedError(f"{display(pointer)} could not be read: {refused}") from refused
    # The engine records no inputs of an object that a program only looks at.
    live_inputs = _refreshed(live, inputs) if inputs else _imported(live)
    manager = manager_of(inputs, checkpoint.field_manager)
    initial = checkpoint.initial_api_version or str(pointer["apiVersion"])
    state = write_checkpoint(Checkpoint(live, live_inputs, manager, initial), given)
    found = Found(known_id, state, secrets_marked(renamed(live_inputs, to_sdk_key), given))
    if origin:
        now = state_now(cluster, inputs, live)
        if now.phase is not Phase.READY:
            reason = f"{display(live)} is not ready: {now.reason}"
            raise NotInitializedError(known_id, [reason], found.state, found.inputs, target.keep_secrets)
    return found


def delete(target: Target, urn: str, known_id: str, recorded: Mapping[str, Any], timeout: float) -> None:
    """Delete an object and wait until it is gone; one that is gone already is fine.

    Raises:
        RefusedError: the server does not let it be deleted, it is still there after the timeout, or there
        is no cluster or it stopped answering.
    """
    checkpoint = read_checkpoint(recorded)
    if target.settings.render_to is not None:
        file_of(checkpoint.live, target.settings.render_to).unlink(missing_ok=True)
        return
    if target.cluster is None and target.settings.delete_unreachable:
        return
    cluster = target.reachable()
    namespace, name = parse_identity(known_id)
    obj = {
        **{key: checkpoint.live[key] for key in ("apiVersion", "kind")},
        "metadata": {**metadata(checkpoint.inputs), "name": name, "namespace": namespace},
    }
    try:
        cluster.delete(obj)
        until_gone(cluster, obj, timeout, lambda text: target.log.status(urn, text))
    except UnknownKindError:
        return
    except NotReadyError as stuck:
        raise RefusedError(str(stuck)) from stuck
    except UnreachableError as lost:
        raise RefusedError(f"{display(obj)} was not deleted: {lost}") from lost
    except ApiError as refused:
        if not refused.not_found:
            raise RefusedError(f"{display(obj)} was not deleted: {refused}") from refused


def _finish(
    target: Target,
    cluster: Cluster,
    urn: str,
    answer: Answer,
    obj: Object,
    given: Mapping[str, Any],
    base: Checkpoint,
    timeout: float,
) -> tuple[str, Properties]:
    for warning in answer.warnings:
        target.log.warn(urn, warning)
    failure = ""
    try:
        live = until_ready(cluster, obj, answer.body, timeout, lambda text: target.log.status(urn, text))
    except NotReadyError as stuck:
        live, failure = stuck.last, str(stuck)
    if is_crd(obj):
        cluster.discovery.forget()
    target.log.status(urn, "")
    state = write_checkpoint(_checkpoint(live, obj, base.field_manager, base.initial_api_version), given)
    if failure:
        raise NotInitializedError(identity(live), [failure], state, None, target.keep_secrets)
    return identity(live), state


def _checkpoint(live: Object, inputs: Object, manager: str, initial_api_version: str = "") -> Checkpoint:
    return Checkpoint(live, inputs, manager, initial_api_version or str(inputs.get("apiVersion", "")))


def _rendered(
    target: Target, urn: str, directory: Path, obj: Object, given: Mapping[str, Any], manager: str
) -> tuple[str, Properties]:
    file = render(obj, directory)
    if contains_secret(given) or is_secret(obj):
        target.log.warn(urn, f"rendered file {file} contains a secret value in plaintext")
    return identity(obj), write_checkpoint(_checkpoint(obj, obj, manager), given)


def _refreshed(live: Object, inputs: Object) -> Object:
    """The inputs as the cluster has them now: what drifted differs from what the program said."""
    result: Object = diff.pruned(live, inputs)
    if is_secret(inputs) and isinstance(inputs.get("stringData"), Mapping):
        data = live.get("data") or {}
        result["stringData"] = {key: _decoded(data[key]) for key in inputs["stringData"] if key in data}
    if is_built_in(inputs):
        result = diff.with_dropped_empties(result, inputs)
    return result


def _decoded(value: Any) -> str:
    try:
        return base64.b64decode(str(value), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return str(value)


def _imported(live: Object) -> Object:
    kept = normalized({key: value for key, value in live.items() if key != "status"})
    meta = metadata(kept)
    annotations = {
        key: value for key, value in (meta.get("annotations") or {}).items() if key not in _IMPORTED_NOISE
    }
    return {**kept, "metadata": {**meta, **({"annotations": annotations} if "annotations" in meta else {})}}


def _with_way_out(refused: ApiError) -> str:
    if refused.already_exists:
        return (
            f"{refused}. Import it (`pulumi import`), or let the provider take over what exists "
            "(upsertExistingObjects)"
        )
    if refused.not_found:
        return f"{refused}. If it was deleted behind Pulumi's back, `pulumi refresh` first"
    return str(refused)
