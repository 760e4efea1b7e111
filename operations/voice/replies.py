"""What the speech server's replies mean; no input or output of its own.

Gradio answers a streaming audio output with an HLS playlist that grows by one segment a chunk
(https://www.gradio.app/guides/streaming-outputs); the simple API reports its progress as server-sent events
`generating`, `complete`, `error` and `heartbeat` (https://www.gradio.app/guides/querying-gradio-apps-with-curl).
"""

from collections.abc import Iterable
from dataclasses import dataclass

from pydantic import BaseModel, TypeAdapter, ValidationError

PRESET_MODE = "预训练音色"
API = "/gradio_api"
VOICES = "/read/voices"
"""Where the reading room asks for the campus's voices: the same list as `/v1/voices`, where the gateway may
want a token that this client has not."""


@dataclass(frozen=True)
class AudioReply:
    """Where the audio of a reply is."""

    path: str
    """Path on the server, built from Gradio's `path`: its `url` has the server's own idea of its address."""

    playlist: bool
    """Whether the path is that of an HLS playlist and not of a file."""


@dataclass(frozen=True)
class Segment:
    """One piece of an HLS playlist."""

    path: str
    seconds: float


class _File(BaseModel):
    """Gradio's FileData, of which the rest does not matter here."""

    path: str
    is_stream: bool = False


_OUTPUTS: TypeAdapter[list[_File | None] | None] = TypeAdapter(list[_File | None] | None)


class _Choice(BaseModel):
    """The JSON schema of a parameter, of which only the allowed values matter here."""

    enum: list[str | bool | int | float] = []


class _Parameter(BaseModel):
    """One parameter of an endpoint."""

    parameter_name: str
    type: _Choice = _Choice()


class _Endpoint(BaseModel):
    """One named endpoint."""

    parameters: list[_Parameter]


class _Info(BaseModel):
    """The answer of `/gradio_api/info`."""

    named_endpoints: dict[str, _Endpoint]


class _Voice(BaseModel):
    """One voice of a campus."""

    name: str
    language: str | None = None


class _Voices(BaseModel):
    """The answer of `/read/voices`."""

    voices: list[_Voice]


def preset_voice(info: str) -> str | None:
    """An English voice of those that `info`, the JSON of `/gradio_api/info`, offers, or else the first.

    None where the model has no voices of its own, as CosyVoice 3 has none.

    Raises:
        ValueError: the server offers no `/generate_audio`.
    """
    try:
        endpoint = _Info.model_validate_json(info).named_endpoints["/generate_audio"]
    except (ValidationError, KeyError) as error:
        raise ValueError("it offers no /generate_audio, so it is no CosyVoice web interface") from error
    choices = [p.type.enum for p in endpoint.parameters if p.parameter_name.startswith("sft")]
    voices = [str(voice) for voice in choices[0]] if choices else []
    english = (voice for voice in voices if "英文" in voice or "english" in voice.lower())
    return next(english, voices[0] if voices else None)


def enrolled_voice(listed: str) -> str | None:
    """A voice of the campus whose mother tongue is English, or else its first, in the JSON of `/read/voices`.

    None where no teacher has enrolled.

    Raises:
        ValueError: it is no list of voices.
    """
    try:
        voices = _Voices.model_validate_json(listed).voices
    except ValidationError as error:
        raise ValueError(f"it sent {listed[:200]!r} where its voices are listed ({VOICES})") from error
    english = (voice.name for voice in voices if voice.language == "en")
    return next(english, voices[0].name if voices else None)


def synthesis_arguments(text: str, voice: str) -> list[object]:
    """The arguments of `/generate_audio`, in the order of CosyVoice's webui.py, for a streaming reply."""
    prompt_text, prompt_upload, prompt_record, instruction = "", None, None, ""
    seed, stream, speed = 0, True, 1.0
    prompt = [prompt_text, prompt_upload, prompt_record]
    return [text, PRESET_MODE, voice, *prompt, instruction, seed, stream, speed]


def audio_reply(data: str) -> AudioReply | None:
    """The audio in an event's data, None while there is none.

    Raises:
        ValueError: the data is not what Gradio sends for an audio output.
    """
    try:
        outputs = _OUTPUTS.validate_json(data)
    except ValidationError as error:
        raise ValueError(f"it sent {data[:200]!r} where Gradio sends an audio file") from error
    file = outputs[0] if outputs else None
    if file is None:
        return None
    if file.is_stream:
        return AudioReply(f"{API}/stream/{file.path}", playlist=True)
    return AudioReply(f"{API}/file={file.path}", playlist=False)


def segments(playlist_path: str, playlist: str) -> list[Segment]:
    """The segments of an HLS media playlist that stands at `playlist_path` (RFC 8216, 4.3.2.1)."""
    folder = playlist_path.rsplit("/", 1)[0]
    found, seconds = [], 0.0
    for line in playlist.splitlines():
        if line.startswith("#EXTINF:"):
            seconds = float(line.removeprefix("#EXTINF:").split(",", 1)[0])
        elif line and not line.startswith("#"):
            found.append(Segment(f"{folder}/{line}", seconds))
    return found


def is_whole(playlist: str) -> bool:
    """Whether the playlist says that nothing will follow."""
    return "#EXT-X-ENDLIST" in playlist.splitlines()


def seconds_in(pieces: Iterable[Segment]) -> float:
    """How long the pieces last together."""
    return sum(piece.seconds for piece in pieces)
