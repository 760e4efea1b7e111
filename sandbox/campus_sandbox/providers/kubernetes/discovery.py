"""Which kinds an API server has, asked group by group when first needed."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from campus_sandbox.providers.kubernetes.kinds import built_in_scope
from campus_sandbox.providers.kubernetes.objects import Object, dig, group_of
from campus_sandbox.providers.kubernetes.session import ApiError, Session


class UnknownKindError(Exception):
    """The API server has no such kind, probably because its CRD does not exist (yet)."""

    def __init__(self, api_version: str, kind: str) -> None:
        super().__init__(
            f"the API server has no kind {kind} in {api_version}; "
            "verify that any required CRDs have been created"
        )


@dataclass(frozen=True)
class Kind:
    """Where objects of one kind live.

    Attributes:
        root: "/api/v1" or "/apis/<group>/<version>".
        plural: the resource's name in paths.
        namespaced: whether its objects live in namespaces.
    """

    root: str
    plural: str
    namespaced: bool

    def collection(self, namespace: str) -> str:
        """Path of all objects in a namespace, or of all when `namespace` is ""."""
        inside = f"/namespaces/{namespace}" if self.namespaced and namespace else ""
        return f"{self.root}{inside}/{self.plural}"

    def path(self, namespace: str, name: str) -> str:
        """Path of one object."""
        return f"{self.collection(namespace or 'default')}/{name}"


class Discovery:
    """The server's kinds, cached; unknown ones are asked for again each time, since CRDs come and go."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._lock = threading.Lock()
        self._kinds: dict[str, dict[str, Kind]] = {}

    def find(self, api_version: str, kind: str) -> Kind:
        """Look a kind up.

        Raises:
            UnknownKindError: the server does not have it now.
        """
        with self._lock:
            known = self._kinds.get(api_version, {}).get(kind)
        if known is not None:
            return known
        fetched = self._fetch(api_version)
        with self._lock:
            self._kinds[api_version] = fetched
        if kind not in fetched:
            raise UnknownKindError(api_version, kind)
        return fetched[kind]

    def forget(self) -> None:
        """Ask anew from now on; called when a CRD was created, changed or deleted."""
        with self._lock:
            self._kinds.clear()

    def _fetch(self, api_version: str) -> dict[str, Kind]:
        root = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
        try:
            listed = self._session.get(root)
        except ApiError as refused:
            if refused.not_found:
                return {}
            raise
        return {
            item["kind"]: Kind(root, item["name"], bool(item["namespaced"]))
            for item in listed.get("resources") or []
            if "/" not in item["name"]
        }


class Scopes:
    """Whether kinds are namespaced, also those whose CRD is part of the same update and not there yet."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._planned: dict[tuple[str, str], bool] = {}

    def plan(self, crd: Mapping[str, Any]) -> None:
        """Remember the kind that a CRD of the program defines."""
        group, kind = dig(crd, "spec", "group"), dig(crd, "spec", "names", "kind")
        if isinstance(group, str) and isinstance(kind, str):
            with self._lock:
                self._planned[(group, kind)] = dig(crd, "spec", "scope") != "Cluster"

    def is_namespaced(self, obj: Object, discovery: Discovery | None) -> bool | None:
        """True or False; None when nobody knows."""
        api_version, kind = str(obj.get("apiVersion", "")), str(obj.get("kind", ""))
        group = group_of(api_version)
        built_in = built_in_scope(group, kind)
        if built_in is not None:
            return built_in
        with self._lock:
            planned = self._planned.get((group, kind))
        if planned is not None or discovery is None:
            return planned
        try:
            return discovery.find(api_version, kind).namespaced
        except UnknownKindError:
            return None
