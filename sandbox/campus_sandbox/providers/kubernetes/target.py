"""What one configured provider works on: a cluster, a folder of YAML files, or an unreachable cluster."""

import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from campus_sandbox.providers.engine import EngineLog
from campus_sandbox.providers.kubernetes.apply import Cluster
from campus_sandbox.providers.kubernetes.discovery import Discovery, Scopes, UnknownKindError
from campus_sandbox.providers.kubernetes.objects import PATCH_FIELD_MANAGER, Object, annotation
from campus_sandbox.providers.kubernetes.session import Session, UnreachableError
from campus_sandbox.providers.kubernetes.settings import Settings
from campus_sandbox.providers.properties import UNKNOWN

_MANAGER: Final = "pulumi-kubernetes"


class RefusedError(Exception):
    """An operation that cannot be done; the message is shown to the user as it is."""


@dataclass(frozen=True)
class Target:
    """See the module.

    Attributes:
        settings: the provider's configuration.
        log: messages to the user.
        cancelled: set when the user ended the operation.
        scopes: which kinds are namespaced.
        cluster: None when rendering or when the cluster is unreachable.
        unreachable: why there is no cluster; "" otherwise.
        keep_secrets: whether the engine accepts secrets.
    """

    settings: Settings
    log: EngineLog
    cancelled: threading.Event
    scopes: Scopes = field(default_factory=Scopes)
    cluster: Cluster | None = None
    unreachable: str = ""
    keep_secrets: bool = True

    def connected(self) -> "Target":
        """The same with its cluster found, or with the reason why there is none."""
        if self.settings.render_to is not None:
            return self
        try:
            session = Session.open(self.settings)
        except UnreachableError as lost:
            return replace(self, unreachable=f"the configured Kubernetes cluster is unreachable: {lost}")
        cluster = Cluster(
            session, Discovery(session), self.cancelled, self.settings.upsert, self.settings.patch_force
        )
        return replace(self, cluster=cluster)

    def reachable(self) -> Cluster:
        """The cluster.

        Raises:
            RefusedError: it does not answer.
        """
        if self.cluster is None:
            raise RefusedError(self.unreachable)
        return self.cluster

    def knows(self, obj: Object) -> bool:
        """Whether there is a cluster and it serves the object's kind now."""
        if self.cluster is None:
            return False
        try:
            self.cluster.discovery.find(str(obj.get("apiVersion")), str(obj.get("kind")))
        except UnknownKindError:
            return False
        return True

    def scope(self, obj: Object) -> bool | None:
        """Whether the object is namespaced; None when nobody can tell now."""
        return self.scopes.is_namespaced(obj, self.cluster.discovery if self.cluster else None)

    def placed(self, obj: Object) -> Object:
        """The object in its namespace, the default one if it names none; without one when cluster-scoped.

        A kind nobody knows yet counts as namespaced, except when rendering: there the file is left as the
        program wrote it (https://github.com/pulumi/pulumi-kubernetes/issues/4394).
        """
        meta = obj.get("metadata")
        scope = self.scope(obj)
        if meta is UNKNOWN or (scope is None and self.settings.render_to is not None):
            return obj
        kept = dict(meta) if isinstance(meta, Mapping) else {}
        if scope is False:
            kept.pop("namespace", None)
        elif not kept.get("namespace"):
            session = self.cluster.session if self.cluster else None
            default = session.default_namespace if session else ""
            kept["namespace"] = default or self.settings.namespace or "default"
        return {**obj, "metadata": kept}


def manager_of(obj: Mapping[str, Any], recorded: str = "") -> str:
    """The field manager: the object's annotation, else the recorded one, else a new one."""
    return annotation(obj, PATCH_FIELD_MANAGER) or recorded or f"{_MANAGER}-{secrets.token_hex(4)}"
