"""Recordings that were uploaded: each is deleted with the end of the request that uses it.

Gradio names an upload by its content, so that a class that uploads the same recording shares one file: it goes with the last
of them. What is uploaded and never used, Gradio's ``delete_cache`` removes.
"""

import json
from collections import Counter
from http import HTTPStatus
from pathlib import Path

from starlette.types import ASGIApp, Message, Receive, Scope, Send

UPLOAD = "/gradio_api/upload"


class Uploads:
    """ASGI middleware before Gradio that counts how often a file was uploaded and not used yet."""

    def __init__(self, app: ASGIApp, folder: Path) -> None:
        """Watch the uploads of ``app``, which keeps them in ``folder``."""
        self._app = app
        self._folder = folder.resolve()
        self._unused: Counter[Path] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and note the files that an upload is answered with."""
        if scope["type"] == "http" and scope["path"] == UPLOAD:
            await self._app(scope, receive, self._noting(send))
        else:
            await self._app(scope, receive, send)

    def used(self, *paths: str | None) -> None:
        """Delete the recordings of a request that has ended, unless others have uploaded the same ones and not used them yet."""
        for path in {Path(path).resolve() for path in paths if path}:
            self._unused[path] -= 1
            if self._unused[path] <= 0 and path.is_relative_to(self._folder):
                path.unlink(missing_ok=True)
                del self._unused[path]

    def _noting(self, send: Send) -> Send:
        """Read the reply to an upload, a list of paths, while it passes."""
        body = bytearray()
        status = HTTPStatus.OK

        async def noting(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            body.extend(message.get("body", b""))
            if message["type"] == "http.response.body" and not message.get("more_body") and status == HTTPStatus.OK:
                self._note(json.loads(body))
            await send(message)

        return noting

    def _note(self, paths: list[str]) -> None:
        """Count uploads, and forget the ones that Gradio has deleted for their age."""
        self._unused = Counter({path: count for path, count in self._unused.items() if path.exists()})
        self._unused.update(Path(path).resolve() for path in paths)
