"""The reading room's files, and what it asks the server for.

It asks below ``/read`` and not below ``/v1``: the gateway may want a token there, and a page has none.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from cosyvoice_server.api import Speech, SpeechBody, VoiceList
from cosyvoice_server.continuing import Continuing
from cosyvoice_server.text import Language, language_of, sentences

FOLDER = Path(__file__).with_name("static")
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; media-src blob: data:;"
    " base-uri 'none'; form-action 'none'"
)
"""The page runs its own files and asks its own server only. It says so itself as well: the gateway's own policy about frames
takes the place of this header."""
LONGEST_READING = 200_000
"""Characters of one reading, which is many requests: a novel, or about ten hours of speech."""


class SentenceSpeech(SpeechBody):
    """One sentence of a reading."""

    continues: Annotated[str, Field(description="The sentence's proof, once one before it has said that a machine speaks.")] = ""


class Reading(BaseModel):
    """A text to be read sentence by sentence."""

    text: Annotated[str, Field(max_length=LONGEST_READING)]


class Sentence(BaseModel):
    """What is spoken and highlighted at once."""

    text: str
    language: Language
    continues: Annotated[str, Field(description="Proves that it does not begin its text; empty for the one that does.")] = ""


class Paragraphs(BaseModel):
    """A text as it will be read; a line without words is no paragraph."""

    paragraphs: list[list[Sentence]]


def router(speech: Speech) -> APIRouter:
    """Make the routes below ``/read``; none of them is for other programs."""
    routes = APIRouter(prefix="/read", include_in_schema=False)
    continuing = Continuing()

    @routes.post("/speech")
    async def speak(body: SentenceSpeech, request: Request) -> Response:
        caller = speech.caller(request)
        return await speech.reply(body, continuing.heard(caller, body.input, body.continues))

    @routes.get("/voices")
    def voices(request: Request) -> VoiceList:
        return speech.voices(speech.caller(request))

    @routes.post("/sentences")
    def cut(body: Reading, request: Request) -> Paragraphs:
        caller = speech.caller(request)
        paragraphs = [found for line in body.text.splitlines() if (found := sentences_of(line))]
        for sentence in [sentence for paragraph in paragraphs for sentence in paragraph][1:]:
            sentence.continues = continuing.proof(caller, sentence.text)
        return Paragraphs(paragraphs=paragraphs)

    for file in sorted(FOLDER.iterdir()):
        path = "" if file.name == "index.html" else f"/{file.name}"
        routes.add_api_route(path, serving(file), response_model=None)
    return routes


def sentences_of(line: str) -> list[Sentence]:
    """Cut a line of text as the engines do."""
    return [Sentence(text=sentence, language=language_of(sentence, Language.CHINESE)) for sentence in sentences(line)]


def serving(file: Path) -> Callable[[Request], Response]:
    """Answer with a file, which a browser asks for anew only when it has changed.

    By its content and not by its time, which an image does not keep. The tag is a weak one, since proxies that compress, Envoy
    among them, remove the others (https://www.rfc-editor.org/rfc/rfc9110#section-8.8.1).
    """
    content = file.read_text(encoding="utf-8").replace("$policy", POLICY).encode()
    tag = f'W/"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {"Cache-Control": "no-cache", "Content-Security-Policy": POLICY, "ETag": tag}

    def serve(request: Request) -> Response:
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        return Response(content, headers=headers, media_type=TYPES[file.suffix])

    return serve
