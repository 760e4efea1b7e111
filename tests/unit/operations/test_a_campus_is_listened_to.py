"""What a listener gets from a campus, and what is said when it is not speech."""

import json
from pathlib import Path

import pytest

from operations.errors import OperationError
from operations.voice.connection import address_of, client
from operations.voice.gradio import Conversation, NoVoiceError, Recording
from tests.unit.operations.speech_server import (
    COMPLETE,
    GENERATING,
    HOST,
    NO_VOICES,
    PLAYLIST,
    Answer,
    Running,
    serving,
    talk,
)

REQUEST_ID = "7f3c"
VOICES = "GET /read/voices"


def listen(server: Running, *, host: str = HOST, ca: str | None = "") -> Recording:
    """Have the campus `host` at the server speak; `ca` is the server's own by default."""
    trusted = server.ca if ca == "" else ca
    url = f"https://{host}:{server.port}"
    with client(url, address="127.0.0.1", ca=trusted, request_id=REQUEST_ID, silence=5) as connection:
        return Conversation(connection, deadline=20).speak("One, two.")


@pytest.mark.parametrize(
    ("host", "override", "address"),
    [
        ("north.voice.localhost", None, "127.0.0.1"),
        ("localhost", None, "127.0.0.1"),
        ("north.voice.school.edu", None, "north.voice.school.edu"),
        ("notlocalhost", None, "notlocalhost"),
        ("north.voice.school.edu", "192.0.2.7", "192.0.2.7"),
    ],
)
def test_a_name_under_localhost_is_this_machine_and_any_other_is_looked_up(
    host: str, override: str | None, address: str
) -> None:
    assert address_of(host, override) == address, "only *.localhost has an address without asking DNS"


def test_a_campus_that_no_dns_knows_is_heard_whole(tmp_path: Path) -> None:
    with serving(talk(GENERATING + "event: heartbeat\ndata: null\n\n" + COMPLETE), tmp_path) as server:
        recording = listen(server)
    assert recording.audio == b"first second", "all segments, in the playlist's order, are the recording"
    assert recording.voice == "英文女", "English digits are spoken by the English voice"
    assert recording.first_audio <= recording.total, "the first second is there before all of it is"
    hosts = {headers["Host"] for _, headers in server.requests}
    assert hosts == {f"{HOST}:{server.port}"}, "the gateway chooses the campus by the name, not the address"
    ids = {headers["X-Request-Id"] for _, headers in server.requests}
    assert ids == {REQUEST_ID}, "the gateway's log is searched by this id"


def test_a_campus_with_a_certificate_of_another_authority_is_not_trusted(tmp_path: Path) -> None:
    with serving(talk(COMPLETE), tmp_path) as server, pytest.raises(OperationError) as refusal:
        listen(server, ca=None)
    assert "certificate is not to be trusted" in refusal.value.why, "the authority is verified, always"
    assert not server.requests, "nothing is said to a server that is not trusted"


def test_a_campus_that_shows_another_campus_certificate_is_not_trusted(tmp_path: Path) -> None:
    with serving(talk(COMPLETE), tmp_path) as server, pytest.raises(OperationError) as refusal:
        listen(server, host="south.voice.localhost")
    assert "Hostname mismatch" in refusal.value.why, "the name is verified although the address is given"


@pytest.mark.parametrize(
    ("events", "others", "why", "way_out"),
    [
        pytest.param(
            GENERATING, {}, "the stream ended without `complete`", "COMPONENT=server", id="cut stream"
        ),
        pytest.param(
            'event: error\ndata: "no voice"\n\n',
            {},
            'failed with "no voice"',
            "COMPONENT=server",
            id="error event",
        ),
        pytest.param(
            "event: complete\ndata: [null]\n\n",
            {},
            "ended without any audio",
            "COMPONENT=server",
            id="no audio",
        ),
        pytest.param(
            "event: complete\ndata: [7]\n\n",
            {},
            "where Gradio sends an audio file",
            "COMPONENT=server",
            id="no file",
        ),
        pytest.param(
            COMPLETE,
            {f"GET {PLAYLIST}": Answer("#EXTM3U\n#EXTINF:0.1,\na.aac\n")},
            "its playlist is not closed",
            "COMPONENT=server",
            id="open playlist",
        ),
        pytest.param(
            COMPLETE,
            {"GET /gradio_api/call/generate_audio/e": Answer(GENERATING, broken=True)},
            "the connection broke",
            "COMPONENT=envoy",
            id="broken connection",
        ),
        pytest.param(
            COMPLETE,
            {"GET /gradio_api/stream/s/r/1/b.aac": Answer("gone", 404)},
            "/gradio_api/stream/s/r/1/b.aac got 404",
            "make status",
            id="lost segment",
        ),
        pytest.param(
            COMPLETE,
            {"GET /gradio_api/info": Answer("no healthy upstream", 503)},
            "got 503 ('no healthy upstream')",
            "no ready speech server",
            id="no server runs",
        ),
        pytest.param(
            COMPLETE,
            {"GET /gradio_api/info": Answer("upstream connect error or disconnect/reset", 503)},
            "got 503 ('upstream connect error",
            "Envoy cannot reach the speech server",
            id="server shut off",
        ),
        pytest.param(
            COMPLETE,
            {"POST /gradio_api/call/generate_audio": Answer('{"detail": "Queue is full."}', 503)},
            "got 503",
            "no room in its queue",
            id="full queue",
        ),
        pytest.param(
            COMPLETE,
            {"GET /gradio_api/info": Answer("<html>")},
            "no CosyVoice web interface",
            "COMPONENT=server",
            id="another application",
        ),
        pytest.param(
            COMPLETE,
            {"GET /gradio_api/info": Answer(NO_VOICES)},
            "add a speaker to spk2info.pt in the model's folder",
            "COMPONENT=server",
            id="a third party's server without preset voices",
        ),
        pytest.param(
            COMPLETE,
            {"GET /gradio_api/info": Answer(NO_VOICES), VOICES: Answer("Internal Server Error", 500)},
            "GET /read/voices got 500",
            "COMPONENT=server",
            id="voices that cannot be listed",
        ),
        pytest.param(
            COMPLETE,
            {"GET /gradio_api/info": Answer(NO_VOICES), VOICES: Answer("<html>")},
            "sent '<html>' where its voices are listed",
            "COMPONENT=server",
            id="no list of voices",
        ),
    ],
)
def test_a_reply_that_is_not_a_whole_sentence_is_a_failure_with_a_way_out(
    events: str, others: dict[str, Answer], why: str, way_out: str, tmp_path: Path
) -> None:
    with serving({**talk(events), **others}, tmp_path) as server, pytest.raises(OperationError) as failure:
        listen(server)
    assert failure.value.what == f"{HOST} does not speak", "the campus is named, and not said to want a voice"
    assert why in failure.value.why, "the reason is told"
    assert way_out in failure.value.way_out, "what to do about it is told"


@pytest.mark.parametrize(("languages", "spoken_by"), [("zh en", "李老师"), ("zh zh", "王老师")])
def test_without_a_voice_of_the_models_own_a_teacher_of_the_campus_is_heard(
    languages: str, spoken_by: str, tmp_path: Path
) -> None:
    teachers = zip(("王老师", "李老师"), languages.split(), strict=True)
    listed = {"voices": [{"name": name, "kind": "teacher", "language": tongue} for name, tongue in teachers]}
    answers = talk(COMPLETE) | {
        "GET /gradio_api/info": Answer(NO_VOICES),
        "GET /v1/voices": Answer("Jwt is missing", 401),
        VOICES: Answer(json.dumps(listed)),
    }
    with serving(answers, tmp_path) as server:
        recording = listen(server)
    assert (recording.audio, recording.voice) == (b"first second", spoken_by), (
        "who speaks English, else the first"
    )
    asked = json.loads(server.bodies["POST /gradio_api/call/generate_audio"])["data"]
    assert asked[1:3] == ["预训练音色", spoken_by], "by name, as the page asks: the server has the recording"


def test_a_campus_where_no_teacher_has_enrolled_has_no_voice_yet(tmp_path: Path) -> None:
    answers = talk(COMPLETE) | {"GET /gradio_api/info": Answer(NO_VOICES), VOICES: Answer('{"voices": []}')}
    with serving(answers, tmp_path) as server, pytest.raises(NoVoiceError) as told:
        listen(server)
    assert str(told.value) == (
        f"{HOST} has no voice yet: its model brings none, and no teacher has enrolled one. Set voiceCloning on this "
        "campus and enrol a teacher: docs/how-to/enrol-a-teachers-voice.md."
    ), "what is missing and what to do, in one line"
    assert not server.bodies.get("POST /gradio_api/call/generate_audio"), "nothing is asked to be spoken"


def test_a_campus_whose_gateway_is_down_is_said_to_be_unreachable(tmp_path: Path) -> None:
    with serving({}, tmp_path) as server:
        gone = server
    with pytest.raises(OperationError) as failure:
        listen(gone)
    assert f"no connection to port {gone.port}" in failure.value.why, (
        "the port that nobody listens to is named"
    )
    assert "make up" in failure.value.way_out, "the way to start it is told"
