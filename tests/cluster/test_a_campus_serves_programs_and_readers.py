"""What programs and readers get through the gateway: the API's speech as it is spoken, and the reading page."""

import random
import re
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

import httpx
import pytest

from operations.smoke.proof import QUIETEST, prove
from operations.smoke.recogniser import RATE
from operations.smoke.sentence import draw, draw_decoys
from operations.voice.audio import decode
from tests.cluster.framework import ROOT, run
from tests.cluster.guides import commands
from tests.cluster.listeners import READING
from tests.cluster.school import School
from tests.cluster.teachers import spoken, tags, voices

CAMPUS = "north"
FILES = ROOT / "images/cosyvoice/cosyvoice_server/page/static"
NAMED = re.compile(r'(?:src|href)="(/read/[^"]+)"|from "\.(/[^"]+)"')
"""How the page's files name one another."""

HALF_A_SECOND = 4096
"""Bytes of MP3."""

KINDS = {
    "": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


@pytest.fixture(scope="module")
def program(school: School) -> Iterator[httpx.Client]:
    with school.pupil(CAMPUS) as client:
        yield client


def english(program: httpx.Client) -> str:
    """A voice that says English words."""
    return next(str(voice["name"]) for voice in voices(program) if voice["language"] == "en")


def test_a_program_that_knows_only_the_description_has_a_sentence_spoken(program: httpx.Client) -> None:
    described = program.get("/openapi.json")
    assert described.headers["Content-Type"] == "application/json", "programs read it"
    assert "post" in described.json()["paths"]["/v1/audio/speech"], "and find where to have a text spoken"

    source = random.SystemRandom()
    sentence = draw(source)
    reply = spoken(program, sentence.text, english(program))

    assert (reply.status_code, reply.headers["Content-Type"]) == (200, "audio/wav"), f"it is spoken: {reply}"
    sound, for_model = decode(reply.content), decode(reply.content, RATE)
    prove(sound, for_model, sentence, draw_decoys(source, sentence), subject="the answer of the API")
    assert reply.headers["X-AI-Generated"] == "true", "the answer says that a machine speaks"
    assert tags(reply.content)["comment"] == "AI-generated speech", "and so does the file"


def test_the_guides_commands_have_a_sentence_spoken(
    school: School, environment: Mapping[str, str], tmp_path: Path
) -> None:
    host = school.hosts[CAMPUS]
    (tmp_path / "ca.crt").write_text(school.authorities[host])
    typed = commands("let-people-and-programs-in.md", "Programs", changes={"north.voice.example.org": host})

    done = run("bash", "-ec", typed, environment=environment, cwd=tmp_path)

    assert done.returncode == 0, f"both lines work as they are written: {done.stdout}{done.stderr}"
    heard = decode((tmp_path / "morning.mp3").read_bytes())
    assert heard.loudness > QUIETEST, "and the file can be heard"


def test_the_beginning_is_heard_while_the_end_is_still_to_be_spoken(
    program: httpx.Client, school: School
) -> None:
    asked = {"model": "tts-1", "input": READING, "voice": english(program)}
    with program.stream("POST", "/v1/audio/speech", json=asked) as reply:
        pieces = reply.iter_raw()
        beginning = b""
        while len(beginning) < HALF_A_SECOND:
            beginning += next(pieces)
        speaking = school.counted("cosyvoice_campus_in_flight_requests", campus=CAMPUS)
        assert next(pieces), "and more follows"

    assert reply.headers["Content-Type"] == "audio/mpeg", "unasked, a program gets MP3"
    assert decode(beginning).seconds > 0, "of which something can be heard by then"
    assert tags(beginning)["comment"] == "AI-generated speech", "and which says that a machine speaks"
    assert speaking == 1, "and of which the gateway kept nothing back until the server had spoken to the end"


def test_the_reading_page_comes_whole_with_its_strict_policy_and_only_once(program: httpx.Client) -> None:
    answers: dict[str, httpx.Response] = {}
    waiting = ["/read"]
    while waiting:
        path = waiting.pop()
        answers[path] = program.get(path)
        found = {page or f"/read{module}" for page, module in NAMED.findall(answers[path].text)}
        waiting += found - set(answers) - set(waiting)

    files = {f"/read/{file.name}" for file in FILES.iterdir()} - {"/read/index.html"}
    assert set(answers) == {"/read", *files}, "a browser finds every file from the page on"
    for path, answer in answers.items():
        assert answer.status_code == 200, f"{path} is there: {answer}"
        kind = answer.headers["Content-Type"]
        assert kind == KINDS[PurePosixPath(path).suffix], f"a browser knows what {path} is"
        policy = answer.headers["Content-Security-Policy"].split("; ")
        assert {"default-src 'none'", "script-src 'self'", "connect-src 'self'"} <= set(policy), (
            f"{path}: {policy}"
        )
        assert answer.headers["X-Content-Type-Options"] == "nosniff", f"{path} is taken for nothing else"
        assert answer.headers["X-Frame-Options"] == "SAMEORIGIN", f"nobody puts {path} into a frame"
        again = program.get(path, headers={"If-None-Match": answer.headers.get("ETag", "none")})
        assert again.status_code == 304, f"{path} is not sent again while it is the same: {answer.headers}"
