"""What may reach the application: known paths only, from a known campus, of bounded size, recordings only where they may be imitated."""

import re
from collections.abc import Callable, Mapping
from http import HTTPStatus

from starlette.datastructures import MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cosyvoice_server import labels
from cosyvoice_server.campus import AUDIT_HEADER, CampusError, audit_id, caller_of
from cosyvoice_server.problems import ApiError
from cosyvoice_server.uploads import UPLOAD

PAGES = re.compile(r"/(?:config/?|(?:assets|static)/.+|theme\.css|robots\.txt|favicon\.ico|manifest\.json|pwa_icon(?:/\d+)?)?")
API = re.compile(
    r"/gradio_api/(?:app_id/?|startup-events|theme\.css|info/?|heartbeat/[^/]+|queue/(?:join|data|status)"
    r"|call/.+|cancel|reset/?|upload|upload_progress|file=/.+|stream/.+)"
)
"""Only the queued ways to call: Gradio's ``run/`` and ``api/`` go past its queue, and so past what bounds the syntheses at once."""
OURS = re.compile(r"/openapi\.json|/v1/(?:audio/speech|voices(?:/[^/]+)?)|/read(?:/[a-z]+(?:\.[a-z]+)?)?")
SYNTHESIS = re.compile(r"/gradio_api/(?:queue/join|call/.+)|/v1/audio/speech|/read/speech")
VOICES = re.compile(r"/v1/voices(?:/[^/]+)?")
STREAM = re.compile(r"/gradio_api/stream/.+")
ENDLESS = re.compile(r"/gradio_api/heartbeat/.+")
REPLACED = "This server is being replaced: try again in a moment."
NO_CLONING = "This campus has voice cloning switched off: recordings are not accepted."
LARGEST_UPLOAD = 16 * 1024 * 1024
"""Bytes: a prompt of 30 s at 48 kHz in stereo is 6 MB."""
LARGEST_BODY = 1024 * 1024
"""Bytes of any other request."""


class Gate:
    """ASGI middleware in front of the application. It also counts the requests that are under way."""

    def __init__(self, app: ASGIApp, *, shared: bool, closed: Callable[[], bool]) -> None:
        """Guard ``app``; ``closed`` tells whether new syntheses are to be refused."""
        self._app = app
        self._shared = shared
        self._closed = closed
        self.under_way = 0
        """Requests being answered now, without the heartbeats, which only a client ends."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it with a sentence."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = MutableHeaders(scope=scope)
        headers[AUDIT_HEADER] = audit_id(headers.get(AUDIT_HEADER, ""))
        counts = not ENDLESS.fullmatch(scope["path"])
        self.under_way += counts
        try:
            told = {AUDIT_HEADER: headers[AUDIT_HEADER]} | (labels.HEADERS if STREAM.fullmatch(scope["path"]) else {})
            await (self._refusal(scope) or self._app)(scope, receive, saying(send, told))
        finally:
            self.under_way -= counts

    def _refusal(self, scope: Scope) -> JSONResponse | None:
        """Decide about a request from its first line and its headers."""
        path: str = scope["path"]
        headers = MutableHeaders(scope=scope)
        if not any(known.fullmatch(path) for known in (PAGES, API, OURS)):
            return refused(HTTPStatus.NOT_FOUND, "This server has no such page.")
        try:
            caller = caller_of(headers, shared=self._shared)
        except CampusError as error:
            return refused(HTTPStatus.BAD_REQUEST, str(error), path=path)
        if scope["method"] != "POST":
            return None
        if path == UPLOAD and not caller.cloning:
            return refused(HTTPStatus.FORBIDDEN, NO_CLONING)
        if SYNTHESIS.fullmatch(path) and self._closed():
            return refused(HTTPStatus.SERVICE_UNAVAILABLE, REPLACED, retry_after=5, path=path)
        return over_size(path, headers.get("content-length", ""))


def saying(send: Send, told: Mapping[str, str]) -> Send:
    """Put headers into the reply: the request's audit id, and what a machine has made."""

    async def with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).update(told)
        await send(message)

    return with_headers


def over_size(path: str, length: str) -> JSONResponse | None:
    """Refuse a body that does not tell its length, or is longer than its path may take."""
    limit = LARGEST_UPLOAD if path == UPLOAD or VOICES.fullmatch(path) else LARGEST_BODY
    if not length.isdigit():
        return refused(HTTPStatus.LENGTH_REQUIRED, "Send the request with a Content-Length.", path=path)
    if int(length) > limit:
        sentence = f"The request has {length} bytes and may have {limit}: send less."
        return refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, sentence, path=path)
    return None


def refused(status: HTTPStatus, sentence: str, retry_after: int | None = None, path: str = "") -> JSONResponse:
    """Answer as the API does on its own paths, and elsewhere with ``{"detail": sentence}``, the form of Gradio's refusals."""
    if OURS.fullmatch(path):
        return ApiError(status, sentence, retry_after=retry_after).response()
    return JSONResponse({"detail": sentence}, status, {"Retry-After": str(retry_after)} if retry_after else None)
