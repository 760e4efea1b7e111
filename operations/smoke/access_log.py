"""What Envoy's access log says about one sentence.

With `accesslog-format: json` Envoy writes one JSON object a request, under Contour's names of the fields
(https://projectcontour.io/docs/1.33/config/access-logging/). Envoy keeps the X-Request-Id that a client
sends because Contour asks it to (`preserve_external_request_id`).
"""

from collections.abc import Iterable
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, ValidationError


class AccessEntry(BaseModel):
    """One request, as Envoy saw it; values Envoy could not fill are None."""

    model_config = ConfigDict(frozen=True)

    request_id: str | None = None
    authority: str | None = None
    method: str | None = None
    path: str | None = None
    response_code: int | None = None
    response_flags: str | None = None
    duration: int | None = None
    upstream_cluster: str | None = None
    upstream_host: str | None = None


@dataclass(frozen=True)
class Expected:
    """What the log has to show for one campus's sentence."""

    request_id: str
    host: str
    clusters: tuple[str, ...]
    path: str
    """Beginning of the path of the synthesis itself: the one request that must be there."""


def parse(line: str) -> AccessEntry | None:
    """The entry in one line of Envoy's log, None for Envoy's own messages."""
    if not line.startswith("{"):
        return None
    try:
        return AccessEntry.model_validate_json(line)
    except ValidationError:
        return None


def entries_of(request_id: str, lines: Iterable[str]) -> list[AccessEntry]:
    """The entries of the requests that carried `request_id`."""
    found = (parse(line) for line in lines)
    return [entry for entry in found if entry is not None and entry.request_id == request_id]


def misled(expected: Expected, entries: Iterable[AccessEntry]) -> str | None:
    """Why the entries do not belong to this campus, None when every one of them does."""
    for entry in entries:
        if entry.upstream_cluster not in expected.clusters:
            return (
                f"Envoy sent {entry.method} {entry.path} to {entry.upstream_cluster or 'no cluster'}, "
                f"but this campus's clusters are {', '.join(expected.clusters)}"
            )
        if entry.authority != expected.host:
            return f"Envoy saw {entry.path} for {entry.authority}, not for {expected.host}"
    return None


def shows_synthesis(expected: Expected, entries: Iterable[AccessEntry]) -> bool:
    """Whether the finished event stream of the synthesis is among the entries."""
    return any((entry.path or "").startswith(expected.path) for entry in entries)
