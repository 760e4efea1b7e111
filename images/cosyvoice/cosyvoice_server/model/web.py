"""Talking to the place a model comes from. No address with a query, and no header, is ever shown: both may hold secrets."""

import contextlib
import json
from collections.abc import Iterator
from typing import Any, Self
from urllib.parse import urlsplit

import httpx

from cosyvoice_server.model.errors import ModelError

STALL_SECONDS = 60.0
"""How long a connection may bring nothing before it counts as broken."""
_LONGEST_LISTING = 16 << 20
_WAYS_OUT: dict[int, str] = {
    httpx.codes.UNAUTHORIZED: "check the repository's name, or give a token that may read it",
    httpx.codes.FORBIDDEN: "accept the model's terms there, or give a token that may read it",
    httpx.codes.NOT_FOUND: "check the name and the revision",
    httpx.codes.TOO_MANY_REQUESTS: "run this again later, or give a token",
}


class Web:
    """A client for one place; a redirect to another host does not get the token."""

    def __init__(self, token: str | None = None, stall_seconds: float = STALL_SECONDS) -> None:
        headers = {"Accept-Encoding": "identity", "User-Agent": "cosyvoice-server"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        self._client = httpx.Client(headers=headers, timeout=stall_seconds, follow_redirects=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def listing(self, address: str, what: str, **query: str) -> dict[str, Any]:
        """Get a JSON object.

        Raises:
            ModelError: the place says no, or something else than JSON.
        """
        listing = None
        with contextlib.suppress(ValueError):
            listing = json.loads(self.content(address, what, **query))
        if not isinstance(listing, dict):
            message = f"{shown(address)} answers no JSON object for {what}: give the address of a hub"
            raise ModelError(message)
        return listing

    def content(self, address: str, what: str, **query: str) -> bytes:
        """Get something small.

        Raises:
            ModelError: the place says no, or cannot be reached.
        """
        with self._told(address, what), self._client.stream("GET", address, params=query or None) as answer:
            self.refuse(answer, what)
            content = b""
            for block in answer.iter_bytes():
                content += block
                if len(content) > _LONGEST_LISTING:
                    message = f"{shown(address)} answers more than {_LONGEST_LISTING} bytes for {what}: give the address of a model"
                    raise ModelError(message)
            return content

    def size(self, address: str, what: str) -> int | None:
        """Ask for the size of a file, in bytes; None where the place does not say.

        Raises:
            ModelError: the place says no, or cannot be reached.
        """
        with self._told(address, what):
            answer = self._client.head(address)
            self.refuse(answer, what)
            length = answer.headers.get("Content-Length", "")
            return int(length) if length.isdigit() else None

    @contextlib.contextmanager
    def from_byte(self, address: str, start: int) -> Iterator[httpx.Response]:
        """Get a file from a byte on; the answer's status says whether the place does that.

        Raises:
            httpx.TransportError: the connection cannot be had, or breaks.
        """
        headers = {"Range": f"bytes={start}-"} if start else None
        with self._client.stream("GET", address, headers=headers) as answer:
            yield answer

    def refuse(self, answer: httpx.Response, what: str) -> None:
        """Turn an answer that is no success into a sentence; a hub gives its reason in two headers.

        Raises:
            ModelError: it is no success.
        """
        if answer.is_success:
            return
        reason = answer.headers.get("X-Error-Message") or answer.headers.get("X-Error-Code") or answer.reason_phrase
        way_out = _WAYS_OUT.get(answer.status_code, "run this again later, or use a mirror")
        message = f"{answer.url.host} answers {answer.status_code} ({reason}) for {what}: {way_out}"
        raise ModelError(message)

    @contextlib.contextmanager
    def _told(self, address: str, what: str) -> Iterator[None]:
        try:
            yield
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            reason = str(error) or type(error).__name__
            message = f"{what} cannot be had from {shown(address)} ({reason}): check the address, the proxy and the network policy"
            raise ModelError(message) from error


def shown(address: str) -> str:
    """Write an address without what may be secret in it: a password or a query."""
    parts = urlsplit(address)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname}{port}{parts.path}"
