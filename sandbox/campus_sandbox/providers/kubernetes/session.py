"""The connection to one Kubernetes API server: requests, and failures in words."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode

import urllib3

from campus_sandbox.providers.kubernetes.kubeconfig import Connection, KubeconfigError, connection, load
from campus_sandbox.providers.kubernetes.objects import Object, dig
from campus_sandbox.providers.kubernetes.settings import Settings

_CONNECTIONS: Final = 32
_TIMEOUT: Final = urllib3.Timeout(connect=5.0, read=60.0)
APPLY: Final = "application/apply-patch+yaml"
JSON_PATCH: Final = "application/json-patch+json"
JSON: Final = "application/json"


class UnreachableError(Exception):
    """No API server answered, or the kubeconfig names none; the message says which context and server."""


@dataclass
class ApiError(Exception):
    """A refusal by the API server.

    Attributes:
        status: HTTP status.
        reason: Kubernetes' own reason, such as "AlreadyExists".
        message: the server's sentence.
        causes: (reason, field path, message) of each cause.
    """

    status: int
    reason: str
    message: str
    causes: Sequence[tuple[str, str, str]] = field(default_factory=tuple)

    def __str__(self) -> str:
        return self.message

    @property
    def not_found(self) -> bool:
        """Whether the object, its namespace or its kind does not exist."""
        return self.status == 404

    @property
    def already_exists(self) -> bool:
        """Whether a create met an object of that name."""
        return self.reason == "AlreadyExists"

    @property
    def conflict(self) -> bool:
        """Whether other field managers own what was to be applied, or the object changed meanwhile."""
        return self.reason == "Conflict"

    @property
    def immutable_fields(self) -> tuple[str, ...]:
        """Fields the server says cannot be changed in place."""
        if self.status != 422:
            return ()
        told = [path for _, path, text in self.causes if _says_immutable(text)]
        return tuple(told) or (("",) if _says_immutable(self.message) else ())


def _says_immutable(text: str) -> bool:
    return "immutable" in text or "may not be changed" in text or "Forbidden: updates to" in text


@dataclass(frozen=True)
class Answer:
    """What the API server returned.

    Attributes:
        body: the decoded object or list.
        warnings: the server's own warnings, such as unknown fields that were dropped.
    """

    body: Object
    warnings: tuple[str, ...] = ()


class Session:
    """Requests to one API server; may be used from any number of threads."""

    def __init__(self, connection: Connection, namespace: str = "") -> None:
        self._connection = connection
        self._pool = urllib3.PoolManager(maxsize=_CONNECTIONS, block=True, ssl_context=connection.tls)
        if connection.tls_name:
            self._pool.connection_pool_kw.update(
                server_hostname=connection.tls_name, assert_hostname=connection.tls_name
            )
        self.place = f'context "{connection.context}" at {connection.server}'
        self.default_namespace = namespace or connection.namespace or "default"

    @classmethod
    def open(cls, settings: Settings) -> "Session":
        """Connect as the settings say and make sure that the server answers.

        Raises:
            UnreachableError: no kubeconfig, no such context, or no answer from its server.
        """
        try:
            found = connection(load(settings.kubeconfig), settings.context)
        except KubeconfigError as broken:
            raise UnreachableError(str(broken)) from broken
        session = cls(found, settings.namespace)
        try:
            session.get("/version")
        except ApiError as refused:
            raise UnreachableError(f"{session.place} refused: {refused}") from refused
        return session

    def get(self, path: str, query: Mapping[str, str] | None = None) -> Object:
        """GET one object or list."""
        return self.request("GET", path, query).body

    def request(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        content_type: str = JSON,
    ) -> Answer:
        """One request.

        Raises:
            ApiError: the server refused it.
            UnreachableError: it did not answer.
        """
        headers = {"Content-Type": content_type, "Accept": JSON, **self._connection.headers}
        url = self._connection.server + path + (f"?{urlencode(query)}" if query else "")
        data = None if body is None else json.dumps(body)
        try:
            answer = self._pool.request(
                method, url, body=data, headers=headers, timeout=_TIMEOUT, retries=False
            )
        except urllib3.exceptions.HTTPError as lost:
            raise UnreachableError(f"{self.place} did not answer: {_in_words(lost)}") from lost
        decoded = _decode(answer.data)
        if answer.status >= 400:
            raise _error(answer.status, decoded)
        return Answer(decoded, _warnings(answer.headers.getlist("Warning")))


def _decode(data: bytes) -> Object:
    try:
        decoded = json.loads(data)
    except ValueError:
        return {"message": data.decode(errors="replace")[:500]}
    return decoded if isinstance(decoded, dict) else {"message": str(decoded)[:500]}


def _error(status: int, body: Object) -> ApiError:
    causes = tuple(
        (str(cause.get("reason", "")), str(cause.get("field", "")), str(cause.get("message", "")))
        for cause in dig(body, "details", "causes") or []
    )
    message = str(body.get("message") or f"HTTP status {status}")
    return ApiError(status, str(body.get("reason", "")), message, causes)


def _warnings(headers: Sequence[str]) -> tuple[str, ...]:
    return tuple(header.split('"')[1] for header in headers if header.count('"') >= 2)


def _in_words(lost: Exception) -> str:
    """The innermost cause, without Python's own decoration."""
    text = str(getattr(lost, "reason", "") or (lost.args[-1] if lost.args else lost))
    return re.sub(r"^.*\[Errno -?\d+\] ", "", text)
