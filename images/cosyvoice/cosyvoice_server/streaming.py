"""A spoken reply as an HTTP response: sent while it is spoken, ended when nobody listens."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator
from http import HTTPStatus

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from cosyvoice_server import labels
from cosyvoice_server.deadline import DeadlineError
from cosyvoice_server.engines.base import Samples, SpeechError
from cosyvoice_server.formats import Encoder
from cosyvoice_server.problems import ApiError
from cosyvoice_server.speaker import FailedError
from cosyvoice_server.turns import BusyError

LOG = logging.getLogger(__name__)


class SpokenReply(Response):
    """Streams audio; what goes wrong before the first of it has a status of its own, what goes wrong later breaks the stream off.

    A stream that is broken off has no last chunk (https://www.rfc-editor.org/rfc/rfc9112#section-8), so that no client takes the
    beginning for the whole.
    """

    def __init__(self, chunks: AsyncGenerator[Samples], encoder: Encoder) -> None:
        """Take the audio as it is spoken, which has not begun yet."""
        super().__init__(headers=labels.HEADERS | {"Cache-Control": "no-store"}, media_type=encoder.content_type)
        del self.headers["content-length"]
        self._chunks = chunks
        self._encoder = encoder

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Speak until the end of the text, or until the client leaves."""
        speaking = asyncio.create_task(self._speak(scope, receive, send))
        leaving = asyncio.create_task(_left(receive))
        try:
            await asyncio.wait({speaking, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            leaving.cancel()
            speaking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await speaking

    async def _speak(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with contextlib.aclosing(self._chunks) as chunks:
            try:
                first = await anext(chunks, None)
            except SpeechError as error:
                await problem(error).response()(scope, receive, send)
                return
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            try:
                await self._send(send, self._encoder.begin())
                if first is not None:
                    await self._send(send, await asyncio.to_thread(self._encoder.add, first))
                async for chunk in chunks:
                    await self._send(send, await asyncio.to_thread(self._encoder.add, chunk))
            except SpeechError as error:
                LOG.warning("a reply was broken off: %s", type(error).__name__)
                return
            await send({"type": "http.response.body", "body": self._encoder.end()})

    @staticmethod
    async def _send(send: Send, body: bytes) -> None:
        if body:
            await send({"type": "http.response.body", "body": body, "more_body": True})


def problem(error: SpeechError) -> ApiError:
    """Word why a request was not spoken."""
    match error:
        case BusyError():
            return ApiError(HTTPStatus.SERVICE_UNAVAILABLE, str(error), code="busy", retry_after=error.retry_after)
        case DeadlineError():
            return ApiError(HTTPStatus.GATEWAY_TIMEOUT, str(error), code="deadline_exceeded")
        case FailedError():
            return ApiError(HTTPStatus.INTERNAL_SERVER_ERROR, str(error), code="synthesis_failed")
    return ApiError(HTTPStatus.BAD_REQUEST, str(error))


async def _left(receive: Receive) -> None:
    """Wait until the client has closed the connection."""
    while (await receive())["type"] != "http.disconnect":
        pass
