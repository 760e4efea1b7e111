"""The API for programs: speech in the shape of OpenAI's, and the list of voices.

https://platform.openai.com/docs/api-reference/audio/createSpeech
"""

from functools import partial
from http import HTTPStatus
from typing import Annotated, Any, Literal

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import Response

from cosyvoice_server.campus import Caller, caller_of
from cosyvoice_server.catalogue import Catalogue, Voice
from cosyvoice_server.checking import FASTEST, LONGEST_TEXT, SLOWEST
from cosyvoice_server.deadline import Deadline, DeadlineError
from cosyvoice_server.engines.base import Mode, SpeechRequest
from cosyvoice_server.formats import Format, encoder
from cosyvoice_server.labels import Label
from cosyvoice_server.problems import REFUSED, ApiError, ProblemBody, of_validation
from cosyvoice_server.speaker import Speaker
from cosyvoice_server.streaming import SpokenReply, problem

DESCRIPTION = "Speech for one campus, in the shape of OpenAI's API. The gateway may ask for a token on the paths below /v1."
AUDIO = {"schema": {"type": "string", "format": "binary"}}
RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The audio, sent while it is spoken. A reply that breaks off without its last chunk is not the whole text.",
        "content": {"audio/mpeg": AUDIO, "audio/wav": AUDIO, "audio/pcm": AUDIO},
        "headers": {
            "X-AI-Generated": {"description": "Always true: a machine speaks.", "schema": {"type": "string"}},
            "X-Request-Id": {"description": "Names this request in the server's log.", "schema": {"type": "string"}},
        },
    },
    400: {"model": ProblemBody, "description": "A field is wrong, and the answer says which and what it may be."},
    503: {
        "model": ProblemBody,
        "description": "Too many requests of this campus are waiting, or the server is being replaced.",
        "headers": {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}},
    },
    "default": {"model": ProblemBody, "description": "Speaking failed, or took too long."},
}


class SpeechBody(BaseModel):
    """A text to speak."""

    input: Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT, description="The text, in any mix of languages.")]
    voice: Annotated[str, Field(description="A name from GET /v1/voices.")]
    model: Annotated[str, Field(description="Any name: this server has one model.")] = "cosyvoice"
    response_format: Annotated[Format, Field(description="The audio's format.")] = Format.MP3
    speed: Annotated[float, Field(ge=SLOWEST, le=FASTEST, description="1 is the voice's own speed.")] = 1.0
    instructions: Annotated[str, Field(max_length=LONGEST_TEXT, description="How to say it, in words. Without a GPU it is ignored.")] = ""
    stream_format: Annotated[Literal["audio"], Field(description="Replies are audio, not events.")] = "audio"
    seed: Annotated[int, Field(ge=0, lt=2**32, description="The same seed makes the same speech.")] = 0


class VoiceList(BaseModel):
    """The voices of a campus, the default first."""

    voices: list[Voice]


class Speech:
    """What programs and the reading page ask for."""

    def __init__(self, speaker: Speaker, catalogue: Catalogue, *, shared: bool) -> None:
        self._speaker = speaker
        self._catalogue = catalogue
        self._shared = shared

    def caller(self, request: Request) -> Caller:
        """Tell who asks; the gate has let the request through, so a campus is known."""
        return caller_of(request.headers, shared=self._shared)

    async def reply(self, body: SpeechBody, caller: Caller) -> Response:
        """Answer with the audio of a text.

        Raises:
            ApiError: the campus has no such voice, or its voices were not found in time.
        """
        deadline = self._speaker.deadline()
        mode = Mode.INSTRUCT if body.instructions.strip() else Mode.PRESET
        cloned = body.voice not in self._speaker.engine.voices()
        if cloned:
            await self._refuse_unlisted(body.voice, caller, mode, deadline)
        asked = SpeechRequest(
            text=body.input,
            mode=mode,
            voice=body.voice,
            instruction=body.instructions,
            seed=body.seed,
            stream=body.speed == 1,  # CosyVoice changes the speed of whole sentences only
            speed=body.speed,
        )
        label = Label(caller.audit_id, caller.campus, cloned=cloned)
        encoding = encoder(body.response_format, self._speaker.engine.sample_rate, label)
        return SpokenReply(self._speaker.speak(asked, caller, deadline=deadline), encoding)

    def voices(self, caller: Caller) -> VoiceList:
        """List the voices that the caller's campus may use."""
        return VoiceList(voices=self._catalogue.of(caller))

    async def _refuse_unlisted(self, name: str, caller: Caller, mode: Mode, deadline: Deadline) -> None:
        """Refuse a voice that the caller's campus does not have.

        Raises:
            ApiError: naming those that it has, or saying that they were not found in time.
        """
        try:
            listed = await self._speaker.listed(partial(self._catalogue.of, caller), caller, mode, deadline)
        except DeadlineError as error:
            raise problem(error) from None
        names = [voice.name for voice in listed]
        if name not in names:
            message = f"There is no voice {name!r} on this campus: give one of {', '.join(names) or 'none, for it has no voice'}."
            raise ApiError(HTTPStatus.BAD_REQUEST, message, param="voice", code="voice_not_found")


def router(speech: Speech) -> APIRouter:
    """Make the routes below ``/v1``."""
    routes = APIRouter(prefix="/v1")

    @routes.post("/audio/speech", summary="Speak a text", operation_id="createSpeech", response_class=Response, responses=RESPONSES)
    async def create_speech(body: SpeechBody, request: Request) -> Response:
        return await speech.reply(body, speech.caller(request))

    @routes.get("/voices", summary="List the voices", operation_id="listVoices", responses={"default": REFUSED})
    def list_voices(request: Request) -> VoiceList:
        return speech.voices(speech.caller(request))

    return routes


def answer_errors(app: FastAPI) -> None:
    """Have wrong requests answered in the shape of OpenAI's errors."""

    async def wrong(_: Request, error: Exception) -> Response:
        if isinstance(error, RequestValidationError):
            return of_validation(error).response()
        if isinstance(error, HTTPException):
            answer = ApiError(HTTPStatus(error.status_code), error.detail).response()
            answer.headers.update(error.headers or {})
            return answer
        if isinstance(error, ApiError):
            return error.response()
        raise error

    for kind in (RequestValidationError, HTTPException, ApiError):
        app.add_exception_handler(kind, wrong)
