"""A teacher's voice from enrolment to withdrawal, as the school sees it."""

import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from speech_process import CLONING, NORTH, SpeechServer, decoded, recording
from teachers import CONSENT, enrolled, key_of, listed, permitted, wav_file, withdrawn

SOUTH = CLONING | {"X-Campus-Id": "south"}
TEACHER = CONSENT["name"]
NO_SUCH_VOICE = "This campus has no such voice: choose one from the list."


@pytest.fixture
def teacher(held_server: SpeechServer) -> str:
    """A teacher who has enrolled on the north campus."""
    withdrawn(held_server, TEACHER)
    answer = enrolled(held_server)
    assert answer.status_code == 201, f"the voice is enrolled, but the server said {answer.text}"
    return TEACHER


def ending(server: SpeechServer, voice: str, headers: dict[str, str], text: str = "你好。") -> tuple[str, str]:
    name, data = server.hear(text, headers, sft_dropdown=voice)[-1]
    return name, str(data)


def marked(server: SpeechServer, campus: str = "north") -> list[Path]:
    """The copies that were made with a teacher's voice."""
    return [file for file in server.recordings(campus) if re.search(r"-v[0-9a-f]{16}\.wav$", file.name)]


def aigc(wav: bytes) -> dict[str, str]:
    """Read the field of the standard out of a WAV file."""
    at = wav.index(b"AIGC") + 4
    size = int.from_bytes(wav[at : at + 4], "little")
    found: dict[str, str] = json.loads(wav[at + 4 : at + 4 + size])
    return found


def test_an_enrolled_voice_is_listed_and_speaks_on_its_own_campus_only(held_server: SpeechServer, permission: Path, teacher: str) -> None:
    server = held_server
    permission.touch()

    assert listed(server, CLONING) == ["中文女", teacher], "the page lists it after the preset voices"
    assert ending(server, teacher, CLONING)[0] == "complete", "and it speaks"
    assert len(marked(server)) == 1, "the copy is marked with the voice's id"

    assert listed(server, SOUTH) == ["中文女"], "another campus does not learn that it exists"
    name, data = ending(server, teacher, SOUTH)
    assert name == "error", "and cannot speak with it"
    assert NO_SUCH_VOICE in data, f"it is told so, not {data}"
    assert withdrawn(server, teacher, permitted(server, "south")).status_code == 404, "nor take it away"


def test_a_withdrawn_voice_is_gone_from_disk_lists_memory_and_api_at_once(
    held_server: SpeechServer, permission: Path, teacher: str
) -> None:
    server = held_server
    permission.touch()
    _, playlist = next(event for event in server.hear("你好。", CLONING, sft_dropdown=teacher) if event[0] == "generating")
    whole = f"{server.url}/gradio_api/stream/{playlist[0]['path'].replace('playlist.m3u8', 'playlist-file')}"
    assert httpx.get(whole, headers=CLONING).status_code == 200, "what was spoken can be fetched"
    preset = set(server.recordings("north")) - set(marked(server))

    answer = withdrawn(server, teacher)

    assert answer.status_code == 204, f"it is withdrawn: {answer.text}"
    assert listed(server, CLONING) == ["中文女"], "it is in no list"
    assert NO_SUCH_VOICE in ending(server, teacher, CLONING)[1], "and cannot be spoken with"
    assert httpx.get(whole, headers=CLONING).status_code == 404, "the reply is no longer in memory"
    assert list((server.folder / "tmp").rglob("*.mp3")) == [], "nor in a cache"
    assert marked(server) == [], "the copies that were made with it are deleted"
    assert set(server.recordings("north")) == preset, "and no others"
    left = [file for file in (server.folder / "voices" / "north").rglob("*") if file.is_file() and file.read_bytes()]
    assert left == [], "recording, transcript and consent are off the disk"
    assert withdrawn(server, teacher).status_code == 404, "there is nothing left to withdraw"
    assert enrolled(server).status_code == 201, "a teacher who changes their mind enrols again"


def test_a_reply_that_is_being_spoken_ends_when_its_voice_is_withdrawn(held_server: SpeechServer, permission: Path, teacher: str) -> None:
    server = held_server
    reply = server.events(server.ask("first this, then more.", CLONING, sft_dropdown=teacher).json()["event_id"], CLONING)
    assert next(reply)[0] == "generating", "the listener hears the beginning"

    assert withdrawn(server, teacher).status_code == 204, "withdrawing waits for nobody"
    permission.touch()

    name, data = list(reply)[-1]
    assert name == "error", "the rest is not spoken"
    assert "This voice has been withdrawn: choose another." in str(data), f"the listener is told why, not {data}"
    assert marked(server) == [], "and no copy is kept"


def test_a_campus_that_stops_cloning_neither_lists_its_voices_nor_speaks_with_them(
    held_server: SpeechServer, permission: Path, teacher: str
) -> None:
    server = held_server
    permission.touch()

    assert listed(server, NORTH) == ["中文女"], "the switch rules the list"
    assert NO_SUCH_VOICE in ending(server, teacher, NORTH)[1], "and speaking"
    refusal = withdrawn(server, teacher, NORTH | {"Authorization": f"Bearer {key_of(server, 'north')}"})
    assert refusal.status_code == 403, "and changes"
    assert listed(server, CLONING) == ["中文女", teacher], "the voice is still there if it was a mistake"


WRONG_KEY = "This needs the campus's enrolment key: send it as 'Authorization: Bearer <key>', or as 'X-Enrolment-Key: <key>'."
NOBODY = "Nobody may enrol voices on this campus: the operator has to give it an enrolment key."
NO_CLONING = "This campus has voice cloning switched off: recordings are not accepted."


def test_only_who_has_the_campuss_key_enrols_and_withdraws(held_server: SpeechServer, teacher: str) -> None:
    server = held_server
    key, other = key_of(server, "north"), key_of(server, "south")
    refused: list[tuple[dict[str, str], int, str]] = [
        (CLONING, 401, WRONG_KEY),
        (CLONING | {"Authorization": f"Bearer {other}"}, 401, WRONG_KEY),
        (CLONING | {"Authorization": f"Basic {key}"}, 401, WRONG_KEY),
        (CLONING | {"X-Campus-Id": "west", "Authorization": f"Bearer {key}"}, 403, NOBODY),
        (NORTH | {"Authorization": f"Bearer {key}"}, 403, NO_CLONING),
        ({"Authorization": f"Bearer {key}"}, 400, "the request has no X-Campus-Id header"),
    ]
    for headers, status, sentence in refused:
        for answer in (enrolled(server, headers, name="Li"), withdrawn(server, teacher, headers)):
            assert (answer.status_code, sentence in answer.json()["error"]["message"]) == (status, True), (
                f"{sentence} is said, not {answer.text}"
            )
            assert ("WWW-Authenticate" in answer.headers) == (status == 401), "a client learns what to send"
    assert listed(server, CLONING) == ["中文女", teacher], "nothing was changed"

    assert enrolled(server, CLONING | {"X-Enrolment-Key": key}, name="Li").status_code == 201, "beside a gateway's token, too"
    assert withdrawn(server, "Li").status_code == 204, "and back"


def test_what_cannot_be_enrolled_is_refused_with_a_sentence_and_the_right_status(held_server: SpeechServer, teacher: str) -> None:
    server = held_server
    for answer, status, sentence in [
        (enrolled(server, recording=wav_file(seconds=1), name="Li"), 422, "The recording lasts 1.0 s"),
        (enrolled(server, name="Li", consent_expires_on="2020-01-01"), 422, "consent_expires_on must be a date after today"),
        (enrolled(server, name=teacher), 409, "withdraw it first"),
        (enrolled(server, name="中文女"), 409, "A preset voice has this name"),
        (enrolled(server, recording=b"RIFF" + bytes(17_000_000), name="Li"), 413, "send less"),
        (enrolled(server, name="Li", transcript="字" * 10_000), 400, ""),
        (httpx.post(f"{server.url}/v1/voices", data=CONSENT, headers=permitted(server)), 422, "The form lacks the file 'recording'"),
    ]:
        assert answer.status_code == status, f"{sentence} has a status of its own: {answer.text}"
        assert sentence in answer.json()["error"]["message"], f"the teacher is told what to do, not {answer.text}"
    assert listed(server, CLONING) == ["中文女", teacher], "nothing was changed"


@pytest.mark.parametrize("voice", ["中文女", TEACHER])
def test_whatever_is_spoken_says_that_a_machine_made_it(held_server: SpeechServer, permission: Path, teacher: str, voice: str) -> None:
    server = held_server
    permission.touch()
    before = set(server.recordings("north"))
    asked = CLONING | {"X-Request-Id": f"audit-{len(voice)}"}

    events = server.hear("你好。", asked, sft_dropdown=voice)

    (kept,) = set(server.recordings("north")) - before
    label = aigc(kept.read_bytes())
    assert label["Label"] == "1", "the copy is labelled as generated"
    assert label["ProduceID"] == label["PropagateID"] == asked["X-Request-Id"], "under the id that the log knows"
    assert label["ContentProducer"] == "Campus Voice north", "with who made it"
    spoken_as = b"AI-generated speech in the imitated voice of a person" if voice == teacher else b"AI-generated speech\0"
    assert spoken_as in kept.read_bytes(), "and whether a person is imitated"
    assert recording(kept).seconds == pytest.approx(0.1), "players play it as before"

    stream = f"{server.url}/gradio_api/stream/{events[0][1][0]['path']}"
    playlist = httpx.get(stream, headers=CLONING)
    first = next(line for line in playlist.text.splitlines() if line.endswith(".aac"))
    segment = httpx.get(stream.replace("playlist.m3u8", first), headers=CLONING)
    for answer in (segment, httpx.get(stream.replace("playlist.m3u8", "playlist-file"), headers=CLONING)):
        assert answer.headers["X-AI-Generated"] == "true", "the answer says so"
        assert answer.content.startswith(b"ID3\x04"), "the page's stream begins with a tag"
        assert json.dumps(label).encode() in answer.content, "which holds the same label"
        assert decoded(answer.content).seconds > 0, "and players play it"


def test_a_campus_may_have_every_reply_announced(held_server: SpeechServer, permission: Path, teacher: str) -> None:
    server = held_server
    permission.touch()
    audible = CLONING | {"X-Campus-Audible-Label": "enabled"}
    for voice in (teacher, "中文女"):
        for headers, seconds in ((audible, 0.2), (CLONING, 0.1)):
            before = set(server.recordings("north"))
            server.hear("你好。", headers, sft_dropdown=voice)
            (kept,) = set(server.recordings("north")) - before
            assert recording(kept).seconds == pytest.approx(seconds), "an announcement comes first exactly where the campus asks for it"


def test_no_log_and_no_metric_tells_who_a_teacher_is(held_server: SpeechServer, permission: Path) -> None:
    server = held_server
    permission.touch()
    secrets: dict[str, Any] = {
        "name": "Canaria Nomen", "transcript": "canaria sings", "consent_given_by": "canaria herself", "consent_scope": "canaria only",
    }  # fmt: skip
    headers = permitted(server) | {"X-Request-Id": "audit-canaria-request"}

    assert enrolled(server, headers, **secrets).status_code == 201, "the voice is enrolled"
    enrolled(server, headers, **secrets)
    enrolled(server, CLONING, **secrets)
    ending(server, secrets["name"], CLONING, "canaria reads")
    ending(server, secrets["name"], SOUTH, "canaria reads")
    assert withdrawn(server, secrets["name"], headers).status_code == 204, "and withdrawn"

    told = server.log + server.operations("/metrics").text
    assert not re.findall(r"(?<!audit-)canaria", told, re.IGNORECASE), "neither name nor text is in a log or a metric"
    assert (
        len(re.findall(r"voice v[0-9a-f]{16} is (?:enrolled on|withdrawn from) campus north \(audit id audit-canaria-request\)", told)) == 2
    ), "what happened is found by the audit id"


def test_a_reading_hears_the_announcement_once_and_nobody_can_ask_to_be_spared(held_server: SpeechServer, permission: Path) -> None:
    server = held_server
    permission.touch()
    audible = NORTH | {"X-Campus-Audible-Label": "enabled"}

    def seconds(text: str, proof: Any) -> float:
        body = {"input": text, "voice": "中文女", "response_format": "wav", "continues": proof}
        wav = httpx.post(f"{server.url}/read/speech", json=body, headers=audible, timeout=60).raise_for_status().content
        return (len(wav) - wav.index(b"data") - 8) / 48_000

    cut = httpx.post(f"{server.url}/read/sentences", json={"text": "一。二。\n三。"}, headers=audible, timeout=60).json()["paragraphs"]
    (first, second), (third,) = cut

    heard = [seconds(sentence["text"], sentence["continues"]) for sentence in (first, second, third)]
    assert heard == [pytest.approx(0.2), pytest.approx(0.1), pytest.approx(0.1)], "the announcement comes once, before the text"
    assert seconds(second["text"], "") == pytest.approx(0.2), "who begins in the middle hears it there"
    assert seconds("四。", second["continues"]) == pytest.approx(0.2), "and another text is announced, whatever a request says"
