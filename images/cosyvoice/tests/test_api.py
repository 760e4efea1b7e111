"""What programs can rely on: OpenAI's own client, other clients, and what the server says of itself."""

import io
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from openapi_spec_validator import validate
from speech_process import NORTH, SpeechServer, decoded, heard, wait_until

LESSON = "植物用阳光。Leaves are green."


@pytest.fixture(scope="module")
def client(server: SpeechServer) -> Iterator[openai.OpenAI]:
    """The client that OpenAI publishes, of a person of the north campus."""
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key="none", default_headers=NORTH, max_retries=0) as made:
        yield made


def posted(server: SpeechServer, **body: Any) -> httpx.Response:
    return httpx.post(f"{server.url}/v1/audio/speech", json={"model": "tts-1", "voice": "中文女"} | body, headers=NORTH, timeout=60)


def test_openais_client_has_a_text_spoken_in_its_default_format(client: openai.OpenAI) -> None:
    reply = client.audio.speech.create(model="tts-1", voice="英文女", input=LESSON)

    sound = decoded(reply.content)
    assert reply.response.headers["Content-Type"] == "audio/mpeg", "without a word about it a reply is MP3, as at OpenAI"
    assert sound.seconds > 2.5, f"all of it is spoken, not {sound.seconds:.1f} s"
    assert sound.loudness > 0.01, "and can be heard"


def test_a_wav_and_plain_samples_are_the_same_audio(client: openai.OpenAI) -> None:
    wav = client.audio.speech.create(model="tts-1", voice="中文男", input=LESSON, response_format="wav", speed=1.5)
    pcm = client.audio.speech.create(model="tts-1", voice="中文男", input=LESSON, response_format="pcm", speed=1.5)

    with wave.open(io.BytesIO(wav.content)) as file:
        rate, samples = file.getframerate(), file.readframes(file.getnframes())
    assert wav.response.headers["Content-Type"] == "audio/wav"
    assert pcm.response.headers["Content-Type"] == "audio/pcm;rate=24000;bits=16;channels=1;endian=little", "samples say what they are"
    assert samples == pcm.content, "one request is spoken in the same way in either format"
    assert heard(samples, rate).loudness > 0.01, "and can be heard"


@pytest.mark.parametrize("form", ["mp3", "wav", "pcm"])
def test_a_reply_is_sent_while_it_is_still_being_spoken(held_server: SpeechServer, permission: Path, form: str) -> None:
    body = {"model": "tts-1", "voice": "中文女", "input": "first this, then more.", "response_format": form}
    with httpx.stream("POST", f"{held_server.url}/v1/audio/speech", json=body, headers=NORTH, timeout=60) as reply:
        pieces = reply.iter_raw()
        first = b""
        while len(first) < 4096:
            first += next(pieces)

        assert held_server.metric("cosyvoice_in_flight_requests") == 1.0, "the beginning is heard before the end is spoken"
        permission.touch()
        assert b"".join(pieces), "and the rest follows"


def test_a_program_finds_the_campuss_voices(server: SpeechServer) -> None:
    voices = httpx.get(f"{server.url}/v1/voices", headers=NORTH).json()["voices"]

    default = {"name": "中文女", "kind": "preset", "language": "zh", "consent_scope": None, "consent_expires_on": None}
    assert voices[0] == default, "the default comes first, and asks for nobody's consent"
    assert [voice["language"] for voice in voices] == ["zh", "zh", "en", "en"], "each with its mother tongue"


def test_a_wrong_request_is_told_all_that_is_wrong(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as refusal:
        client.audio.speech.create(model="tts-1", voice="中文女", input="", response_format="opus", speed=4)

    assert refusal.value.body == {
        "message": "input is wrong: string should have at least 1 character. response_format is 'opus': input should be 'mp3',"
        " 'wav' or 'pcm'. speed is 4: input should be less than or equal to 2.",
        "type": "invalid_request_error",
        "param": "input",
        "code": None,
    }, "OpenAI's client raises its own error, with our sentences"


@pytest.mark.parametrize(
    ("body", "param", "code", "sentence"),
    [
        ({"input": "你好", "voice": "alloy"}, "voice", "voice_not_found", "give one of 中文女"),
        ({"input": "字" * 20_001}, "input", "string_above_max_length", "input has 20001 characters"),
        ({"input": "  "}, None, None, "Enter a text to speak"),
        ({"input": "你好", "stream_format": "sse"}, "stream_format", None, "stream_format is 'sse': input should be 'audio'"),
    ],
)
def test_a_request_that_cannot_be_spoken_says_which_field_is_wrong(
    held_server: SpeechServer, body: dict[str, str], param: str | None, code: str | None, sentence: str
) -> None:
    answer = posted(held_server, **body)

    error = answer.json()["error"]
    assert (answer.status_code, error["param"], error["code"]) == (400, param, code), f"a program can tell, not {error}"
    assert sentence in error["message"], "and a person, too"
    assert "字字" not in answer.text, "no answer repeats a text"


def test_a_request_on_a_shared_server_needs_a_campus_in_openais_words_too(held_server: SpeechServer) -> None:
    answer = httpx.post(f"{held_server.url}/v1/audio/speech", json={})

    assert answer.status_code == 400
    assert "no X-Campus-Id header" in answer.json()["error"]["message"], "the gate speaks the API's language on its paths"


def test_a_program_that_comes_when_the_queue_is_full_is_told_when_to_come_back(held_server: SpeechServer, permission: Path) -> None:
    taken = [held_server.ask("你好。").json()["event_id"] for _ in range(5)]
    wait_until(lambda: held_server.metric("cosyvoice_queue_size") == 4, "a campus has its place and its queue")

    answer = posted(held_server, input="你好。")

    assert answer.status_code == 503, "before a byte of audio it is an ordinary 503"
    assert answer.json()["error"]["code"] == "busy", "which a program can tell from others"
    assert 0 < int(answer.headers["Retry-After"]) <= 60, "and which says when to come back"
    permission.touch()
    assert [list(held_server.events(event))[-1][0] for event in taken] == ["complete"] * 5, "nobody lost a place to it"


@pytest.mark.usefixtures("permission")
def test_a_program_that_hangs_up_ends_its_request(held_server: SpeechServer) -> None:
    counted = 'cosyvoice_requests_total{campus="north",mode="preset",outcome="cancelled"}'
    before = held_server.metric(counted)

    with pytest.raises(httpx.ReadTimeout):
        httpx.post(f"{held_server.url}/v1/audio/speech", json={"input": "你好。", "voice": "中文女"}, headers=NORTH, timeout=1)

    wait_until(lambda: held_server.metric(counted) == before + 1, "the request ends when nobody waits for it")


def test_a_failure_is_told_before_the_first_audio_and_breaks_off_what_has_begun(held_server: SpeechServer, permission: Path) -> None:
    permission.touch()

    answer = posted(held_server, input="fail a pupil's secret")

    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "synthesis_failed"), "a failure is a failure"
    with pytest.raises(httpx.RemoteProtocolError, match="incomplete"):
        posted(held_server, input="break a pupil's secret", response_format="pcm")
    assert "secret" not in held_server.log, "and no text is in the log"


def test_the_server_describes_its_api_and_nothing_of_gradios(held_server: SpeechServer) -> None:
    described = httpx.get(f"{held_server.url}/openapi.json", headers=NORTH).json()

    validate(described)
    assert sorted(described["paths"]) == ["/v1/audio/speech", "/v1/voices", "/v1/voices/{name}"], "what programs may use, and only that"
    speech = described["paths"]["/v1/audio/speech"]["post"]["responses"]
    assert set(speech["200"]["content"]) == {"audio/mpeg", "audio/wav", "audio/pcm"}, "each format has its type"
    assert "Retry-After" in speech["503"]["headers"], "a full queue is part of it"
