"""Places in the queue: a request to speak gets one before Gradio hears of it, and keeps it while somebody listens."""

import asyncio
import contextlib
import json
import re
from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cosyvoice_server.campus import caller_of
from cosyvoice_server.gate import refused
from cosyvoice_server.listeners import Listeners
from cosyvoice_server.speaker import Speaker
from cosyvoice_server.turns import BusyError

JOIN = "/gradio_api/queue/join"
SPEAKING = re.compile(r"/gradio_api/call/(?:v2/)?generate_audio/?")
LISTENING = re.compile(r"/gradio_api/call/(?:v2/)?[^/]+/(?P<event>[^/]+)")
LISTENING_SESSION = "/gradio_api/queue/data"
TURN = "cosyvoice.turn"
"""Where the ASGI scope holds the request's place in the queue."""
CLAIM_SECONDS = 30.0
"""How long Gradio has to call the function that a place was reserved for; it does not when the arguments are wrong."""


class Places:
    """ASGI middleware between the gate and Gradio, whose own queue bounds nothing."""

    def __init__(self, app: ASGIApp, speaker: Speaker, listeners: Listeners, *, shared: bool, speaking: int) -> None:
        """Put ``app`` behind the speaker's queues; ``speaking`` is the number of Gradio's function that speaks."""
        self._app = app
        self._speaker = speaker
        self._listeners = listeners
        self._shared = shared
        self._speaking = speaking

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on with what it needs: a place in the queue, or ears for a reply."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        name = listened_to(scope)
        body, receive = await read(receive) if scope["method"] == "POST" and scope["path"] == JOIN else (b"", receive)
        with self._listeners.listening(name) if name else contextlib.nullcontext():
            if self._asks_to_speak(scope, body):
                await self._reserve_and_answer(scope, receive, send)
            else:
                await self._app(scope, receive, send)

    async def _reserve_and_answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take a place in the queue first; it is given back unless Gradio uses it soon."""
        try:
            turn = self._speaker.reserve(caller_of(Headers(scope=scope), shared=self._shared))
        except BusyError as error:
            await refused(HTTPStatus.SERVICE_UNAVAILABLE, str(error), error.retry_after)(scope, receive, send)
            return
        asyncio.get_running_loop().call_later(CLAIM_SECONDS, turn.abandon)
        scope[TURN] = turn
        await self._app(scope, receive, when_refused(send, turn.abandon))

    def _asks_to_speak(self, scope: Scope, body: bytes) -> bool:
        """Tell a request to speak, by its path or, in the browser's way of calling, by the function's number in its body."""
        if scope["method"] != "POST":
            return False
        if scope["path"] != JOIN:
            return SPEAKING.fullmatch(scope["path"]) is not None
        try:
            said = json.loads(body)
        except ValueError:
            return False  # Gradio says what is wrong with it
        return isinstance(said, dict) and said.get("fn_index") == self._speaking


def listened_to(scope: Scope) -> str:
    """Name the event or the session whose reply a request listens to; empty when it listens to none."""
    path: str = scope["path"]
    if scope["method"] != "GET":
        return ""
    if path == LISTENING_SESSION:
        query: bytes = scope["query_string"]
        return parse_qs(query.decode("latin-1")).get("session_hash", [""])[0]
    call = LISTENING.fullmatch(path)
    return call["event"] if call else ""


async def read(receive: Receive) -> tuple[bytes, Receive]:
    """Read a body whose length has been checked, and return it with a ``receive`` that tells it again."""
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    told = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def again() -> Message:
        return next(told, None) or await receive()

    return body, again


def when_refused(send: Send, then: Callable[[], None]) -> Send:
    """Call ``then`` when the reply is no success."""

    async def watched(message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] != HTTPStatus.OK:
            then()
        await send(message)

    return watched
