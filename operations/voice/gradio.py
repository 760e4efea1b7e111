"""Speaking one text through a campus and listening to the reply."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
import httpx_sse

from operations.errors import OperationError
from operations.voice import replies

ENDPOINT = f"{replies.API}/call/generate_audio"
FIRST_AUDIO = 1.0
"""Seconds of audio that count as "first audio": Gradio's first segment alone is a stub of some 0.1 s."""


@dataclass(frozen=True)
class Recording:
    """What came back."""

    audio: bytes
    """The audio as the server encoded it (ADTS frames of AAC for a streamed reply)."""

    voice: str
    """The voice that spoke."""

    first_audio: float
    """Seconds from the request to FIRST_AUDIO seconds of audio, or to all of a shorter reply."""

    total: float
    """Seconds from the request to the end of the event stream."""


class NoVoiceError(OperationError):
    """The campus's speech server answers, and has no voice to speak with yet."""


class Conversation:
    """One text spoken by the campus behind `client`; `deadline` bounds the synthesis, in seconds."""

    def __init__(self, client: httpx.Client, deadline: float) -> None:
        self._client = client
        self._deadline = deadline
        self._host = client.base_url.host

    def speak(self, text: str) -> Recording:
        """Have `text` spoken, streaming, and return the whole recording.

        Raises:
            NoVoiceError: its model has no voices of its own, and no teacher has enrolled one.
            OperationError: the campus cannot be reached, refuses, fails, or ends without `complete`.
        """
        with self._explained():
            voice = self._voice()
            started = time.monotonic()
            reply, first_audio = self._listen(self._ask(text, voice), started)
            total = time.monotonic() - started
            return Recording(self._fetch(reply), voice, first_audio or total, total)

    def _voice(self) -> str:
        """The voice to speak with: one of the model's own, else a teacher's of this campus."""
        if preset := replies.preset_voice(self._get(f"{replies.API}/info").text):
            return preset
        listed = self._client.get(replies.VOICES)
        if listed.status_code == httpx.codes.NOT_FOUND:
            raise ValueError(
                "its model has no preset voices, the server is a third party's that knows no teachers' "
                "voices, and this proof brings no recording to clone one from: add a speaker to spk2info.pt "
                "in the model's folder"
            )
        if voice := replies.enrolled_voice(self._checked(listed).text):
            return voice
        raise NoVoiceError(
            f"{self._host} has no voice yet",
            "its model brings none, and no teacher has enrolled one",
            "Set voiceCloning on this campus and enrol a teacher: docs/how-to/enrol-a-teachers-voice.md.",
        )

    def _ask(self, text: str, voice: str) -> str:
        """Path of the event stream that reports on the synthesis of `text`."""
        arguments = {"data": replies.synthesis_arguments(text, voice)}
        answer = self._checked(self._client.post(ENDPOINT, json=arguments))
        return f"{ENDPOINT}/{answer.json()['event_id']}"

    def _listen(self, stream: str, started: float) -> tuple[replies.AudioReply, float | None]:
        """The finished reply, and when FIRST_AUDIO seconds of it could be heard."""
        first_audio: float | None = None
        with httpx_sse.connect_sse(self._client, "GET", stream) as source:
            if source.response.is_error:
                source.response.read()
            self._checked(source.response)
            for event in source.iter_sse():
                if event.event == "error":
                    raise ValueError(f"the synthesis failed with {event.data}; its log tells more")
                reply = None if event.event == "heartbeat" else replies.audio_reply(event.data)
                if reply and first_audio is None and self._audible(reply) >= FIRST_AUDIO:
                    first_audio = time.monotonic() - started
                if event.event == "complete":
                    if reply is None:
                        raise ValueError("the synthesis ended without any audio")
                    return reply, first_audio
                if time.monotonic() - started > self._deadline:
                    raise ValueError(f"the sentence was not finished within {self._deadline:.0f} s")
        raise ValueError(
            "the stream ended without `complete`: the speech server stopped, or a timeout of the route cut it"
        )

    def _audible(self, reply: replies.AudioReply) -> float:
        """Seconds of audio a listener could have by now."""
        if not reply.playlist:
            return 0.0
        return replies.seconds_in(replies.segments(reply.path, self._get(reply.path).text))

    def _fetch(self, reply: replies.AudioReply) -> bytes:
        """All of the audio, fetched as a player does."""
        if not reply.playlist:
            return self._get(reply.path).content
        playlist = self._get(reply.path).text
        if not replies.is_whole(playlist):
            raise ValueError(
                "the synthesis is complete but its playlist is not closed, so a player would wait for more"
            )
        return b"".join(self._get(piece.path).content for piece in replies.segments(reply.path, playlist))

    def _get(self, path: str) -> httpx.Response:
        return self._checked(self._client.get(path))

    def _checked(self, answer: httpx.Response) -> httpx.Response:
        """The answer, if it is a good one."""
        if answer.status_code == httpx.codes.OK:
            return answer
        words = answer.text.strip()[:200]
        raise OperationError(
            f"{self._host} does not speak",
            f"{answer.request.method} {answer.request.url.path} got {answer.status_code} ({words!r})",
            _way_out(answer.status_code, words),
        )

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turns what can go wrong on the way into one sentence each."""
        try:
            yield
        except httpx.ConnectError as error:
            raise self._unreachable(error) from error
        except httpx.TimeoutException as error:
            raise self._failure(
                f"nothing came for {self._client.timeout.read:.0f} s, not even a heartbeat",
                "Run `make status` and `make logs` to see what its speech server does.",
            ) from error
        except httpx.TransportError as error:
            raise self._failure(
                f"the connection broke ({error})",
                "Run `make logs COMPONENT=envoy` to see who closed it, and run this again.",
            ) from error
        except (ValueError, KeyError) as error:
            raise self._failure(str(error), "Run `make logs COMPONENT=server` to see why.") from error

    def _failure(self, why: str, way_out: str) -> OperationError:
        return OperationError(f"{self._host} does not speak", why, way_out)

    def _unreachable(self, error: httpx.ConnectError) -> OperationError:
        """Says whether nobody listens or the one who listens is not trusted."""
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            return self._failure(
                f"its certificate is not to be trusted ({error})",
                "Run `make status` to see which certificate is served and by whom it was issued.",
            )
        return self._failure(
            f"no connection to port {self._client.base_url.port or 443} ({error})",
            "Run `make status` to see whether the gateway runs; on the sandbox `make up` starts it.",
        )


def _way_out(status: int, words: str) -> str:
    """What to do about an answer with this status and body."""
    if status == httpx.codes.SERVICE_UNAVAILABLE and "no healthy upstream" in words:
        return "Envoy has no ready speech server for it: run `make status`, and scale its Deployment up."
    if status == httpx.codes.SERVICE_UNAVAILABLE and "upstream" in words:
        return (
            "Envoy cannot reach the speech server: `pulumi preview --refresh` shows a changed NetworkPolicy."
        )
    if status == httpx.codes.SERVICE_UNAVAILABLE:
        return "The speech server has no room in its queue: try again when it is less busy."
    if status == httpx.codes.NOT_FOUND:
        return (
            "The gateway has no such route, or the server is no CosyVoice web interface: run `make status`."
        )
    return "Run `make logs COMPONENT=server` to see why."
