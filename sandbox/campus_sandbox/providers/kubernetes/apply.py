"""Creating, updating, reading and deleting objects of one cluster."""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from campus_sandbox.providers.kubernetes.discovery import Discovery, Kind, UnknownKindError
from campus_sandbox.providers.kubernetes.objects import (
    DELETION_PROPAGATION,
    PATCH_FORCE,
    Object,
    annotation,
    display,
    is_crd,
    is_true,
    metadata,
    name_of,
    namespace_of,
)
from campus_sandbox.providers.kubernetes.ownership import apply_ignored, taken_over
from campus_sandbox.providers.kubernetes.session import APPLY, JSON, JSON_PATCH, Answer, ApiError, Session

_PREREQUISITE_SECONDS: Final = 30.0
_POLL_SECONDS: Final = 0.5
_WRITE_ATTEMPTS: Final = 5
_PROPAGATION: Final = {"orphan": "Orphan", "background": "Background"}


@dataclass(frozen=True)
class Cluster:
    """One cluster's objects.

    Attributes:
        session: the connection.
        discovery: its kinds.
        cancelled: set when the user ended the operation.
        upsert: whether creating takes over what exists.
        patch_force: whether applying takes over the fields of other managers.
    """

    session: Session
    discovery: Discovery
    cancelled: threading.Event
    upsert: bool = False
    patch_force: bool = False

    def create(self, obj: Object, manager: str, dry_run: bool = False) -> Answer:
        """Make a new object; a missing kind or namespace is waited for: it may be in the making.

        Raises:
            ApiError: AlreadyExists unless `upsert`; Conflict when `upsert` meets fields of another manager.
            UnknownKindError: the kind did not appear in time.
        """
        deadline = time.monotonic() + (0.0 if dry_run else _PREREQUISITE_SECONDS)
        while True:
            try:
                return self._create(obj, manager, dry_run)
            except (UnknownKindError, ApiError) as missing:
                final = isinstance(missing, ApiError) and not missing.not_found
                if final or time.monotonic() >= deadline or self.cancelled.wait(_POLL_SECONDS):
                    raise

    def update(
        self, obj: Object, live: Object, manager: str, ignored: Sequence[str] = (), dry_run: bool = False
    ) -> Answer:
        """Change an existing object: CRDs are replaced, all else is applied by the server.

        Args:
            obj: what the program wants.
            live: the object as it is, with its managedFields.
            manager: field manager.
            ignored: property paths to leave alone.
            dry_run: only ask what would happen; foreign fields are then taken over, as in official previews.
        """
        if is_crd(obj):
            return self._replace(obj, live, manager, dry_run)
        if not dry_run:
            live = self._take_over(live, manager)
        return self._apply(apply_ignored(obj, live, manager, ignored), manager, dry_run)

    def read(self, obj: Object) -> Object:
        """The live object that `obj` names.

        Raises:
            ApiError: with `not_found` when it is gone.
            UnknownKindError: its kind is gone.
        """
        return self.session.get(self._path(obj))

    def delete(self, obj: Object) -> None:
        """Ask for deletion, in the foreground unless an annotation says otherwise; does not wait."""
        policy = _PROPAGATION.get(annotation(obj, DELETION_PROPAGATION).lower(), "Foreground")
        self.session.request("DELETE", self._path(obj), body={"propagationPolicy": policy})
        if is_crd(obj):
            self.discovery.forget()

    def related(self, api_version: str, kind: str, namespace: str, **query: str) -> list[Object]:
        """All objects of a built-in kind in a namespace that match a selector."""
        where = self.discovery.find(api_version, kind).collection(namespace)
        items = self.session.get(where, query).get("items") or []
        return [dict(item) for item in items]

    def _kind(self, obj: Object) -> Kind:
        return self.discovery.find(str(obj["apiVersion"]), str(obj["kind"]))

    def _path(self, obj: Object) -> str:
        return self._kind(obj).path(namespace_of(obj), name_of(obj))

    def _create(self, obj: Object, manager: str, dry_run: bool) -> Answer:
        if self.upsert:
            return self._apply(obj, manager, dry_run)
        query = {"fieldManager": manager, "fieldValidation": "Warn", **_dry(dry_run)}
        where = self._kind(obj).collection(namespace_of(obj) or "default")
        return self.session.request("POST", where, query, obj, JSON)

    def _apply(self, obj: Object, manager: str, dry_run: bool) -> Answer:
        force = dry_run or self.patch_force or is_true(obj, PATCH_FORCE)
        query = {
            "fieldManager": manager,
            "force": str(force).lower(),
            "fieldValidation": "Warn",
            **_dry(dry_run),
        }
        try:
            return self.session.request("PATCH", self._path(obj), query, obj, APPLY)
        except ApiError as refused:
            if not refused.conflict:
                raise
            raise _explained(obj, manager, refused) from refused

    def _replace(self, obj: Object, live: Object, manager: str, dry_run: bool) -> Answer:
        query = {"fieldManager": manager, "fieldValidation": "Warn", **_dry(dry_run)}
        for attempt in range(_WRITE_ATTEMPTS):
            version = metadata(live).get("resourceVersion")
            body = {**obj, "metadata": {**metadata(obj), "resourceVersion": version}}
            try:
                return self.session.request("PUT", self._path(obj), query, body, JSON)
            except ApiError as refused:
                if not refused.conflict or attempt == _WRITE_ATTEMPTS - 1:
                    raise
            live = self.read(obj)
        raise AssertionError("the last attempt returns or raises")

    def _take_over(self, live: Object, manager: str) -> Object:
        for attempt in range(_WRITE_ATTEMPTS):
            fields = taken_over(live, manager)
            if fields is None:
                return live
            # The version guards the owners that controllers add meanwhile.
            version = metadata(live).get("resourceVersion")
            patch = [
                {"op": "replace", "path": "/metadata/managedFields", "value": fields},
                {"op": "replace", "path": "/metadata/resourceVersion", "value": version},
            ]
            try:
                return self.session.request("PATCH", self._path(live), None, patch, JSON_PATCH).body
            except ApiError as refused:
                if not refused.conflict or attempt == _WRITE_ATTEMPTS - 1:
                    raise
            live = self.read(live)
        raise AssertionError("the last attempt returns or raises")


def _dry(dry_run: bool) -> dict[str, str]:
    return {"dryRun": "All"} if dry_run else {}


def _explained(obj: Object, manager: str, refused: ApiError) -> ApiError:
    owners = "; ".join(f"{field} ({message})" for _, field, message in refused.causes) or refused.message
    text = (
        f"field conflict: {display(obj)} has fields that other managers own: {owners}. "
        f'Leave these fields out, or take them over with the annotation {PATCH_FORCE}: "true" '
        f"(this resource's field manager is {manager})"
    )
    return ApiError(refused.status, refused.reason, text, refused.causes)
