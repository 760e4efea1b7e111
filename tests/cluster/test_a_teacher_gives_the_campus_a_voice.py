"""A teacher enrols through the gateway as the guide says; the voice is the campus's own, and goes with the consent."""

import json
from collections.abc import Iterator

import httpx
import pytest

from operations.outputs import parse_outputs
from operations.smoke.proof import QUIETEST
from operations.voice.audio import decode
from tests.cluster.framework import Kubectl, StackUnderTest
from tests.cluster.neighbours import Browser, Neighbours
from tests.cluster.poller import PAGE
from tests.cluster.school import School
from tests.cluster.teachers import CAMPUS, SCOPE, TEACHER, Enrolment, spoken, tags, voices

GREETING = "同学们好。"
ANOTHER = "李老师"


@pytest.fixture(scope="module")
def pupil(school: School) -> Iterator[httpx.Client]:
    with school.pupil(CAMPUS) as program:
        yield program


@pytest.fixture(scope="module")
def enrolment(
    deployed: StackUnderTest,
    environment: dict[str, str],
    pupil: httpx.Client,
    tmp_path_factory: pytest.TempPathFactory,
) -> Enrolment:
    made = Enrolment(deployed, environment, tmp_path_factory.mktemp("enrolment"))
    made.record(pupil)
    return made


@pytest.fixture(scope="module")
def others(
    deployed: StackUnderTest, kubectl: Kubectl, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Browser]]:
    """Campuses of the same server: `cloning` allows enrolment too but has no key, `north` does not allow it."""
    outputs = parse_outputs(deployed.name, deployed.outputs())
    with Neighbours(kubectl, outputs, tmp_path_factory.mktemp("others")) as neighbours:
        neighbours.apply(*neighbours.campus(neighbours.of_the_school("cloning")))
        yield {campus: neighbours.served(campus, PAGE) for campus in ("cloning", "north")}


@pytest.fixture
def teacher(enrolment: Enrolment) -> Iterator[str]:
    """A teacher who has enrolled; after the test the voice is gone."""
    told = enrolment.enrol()
    assert (told.status, json.loads(told.words)["name"]) == (201, TEACHER), (
        f"the guide leads to a voice: {told}"
    )
    yield TEACHER
    enrolment.withdraw()


def names(pupil: httpx.Client) -> list[str]:
    return [voice["name"] for voice in voices(pupil)]


def test_an_enrolled_voice_speaks_on_its_own_campus_only_and_says_that_it_is_made(
    pupil: httpx.Client, teacher: str, others: dict[str, Browser]
) -> None:
    (found,) = (voice for voice in voices(pupil) if voice["name"] == teacher)
    assert (found["kind"], found["language"]) == ("teacher", "zh"), f"programs find it: {found}"
    assert found["consent_scope"] == SCOPE, f"and what the teacher allows: {found}"

    reply = spoken(pupil, GREETING, teacher)

    assert reply.status_code == 200, f"and it speaks: {reply.text}"
    assert decode(reply.content).loudness > QUIETEST, "it can be heard"
    assert reply.headers["X-AI-Generated"] == "true", "the answer says that a machine made it"
    told = tags(reply.content)
    label = json.loads(told["AIGC"])
    assert (label["Label"], label["ContentProducer"]) == ("1", f"Campus Voice {CAMPUS}"), (
        "and so does the file"
    )
    assert label["ProduceID"] == reply.headers["X-Request-Id"], "under the id that the gateway's log knows"
    assert told["comment"] == "AI-generated speech in the imitated voice of a person", "in words, too"

    asked = json.dumps({"model": "tts-1", "input": GREETING, "voice": teacher}).encode()
    for campus, browser in others.items():
        listed = browser.ask("/v1/voices")
        assert (listed.status, teacher in listed.body) == (200, False), (
            f"{campus} does not learn of it: {listed}"
        )
        refused = browser.ask("/v1/audio/speech", {"Content-Type": "application/json"}, body=asked)
        assert refused.status == 400, f"nor does {campus} speak with it: {refused}"
        assert json.loads(refused.body)["error"]["code"] == "voice_not_found", (
            "to others there is no such voice"
        )


def test_nobody_without_the_campuss_own_key_enrols_or_withdraws_a_voice(
    pupil: httpx.Client, enrolment: Enrolment, teacher: str, others: dict[str, Browser]
) -> None:
    key = enrolment.keys[CAMPUS]
    refusals = [
        (CAMPUS, "", 401, "needs the campus's enrolment key"),
        (CAMPUS, key[:-1], 401, "needs the campus's enrolment key"),
        ("cloning", key, 403, "Nobody may enrol voices on this campus"),
        ("north", key, 403, "voice cloning switched off"),
    ]
    assert {campus for campus, *_ in refusals} == {CAMPUS, *others}, "every campus is tried"
    for campus, shown, status, words in refusals:
        attempts = (enrolment.enrol(campus, key=shown, name=ANOTHER), enrolment.withdraw(campus, key=shown))
        for told in attempts:
            assert (told.status, words in told.words) == (status, True), f"{campus} refuses {shown!r}: {told}"
    assert teacher in names(pupil), "nobody has taken the voice away"
    assert ANOTHER not in names(pupil), "nor brought another"


def test_a_withdrawn_voice_is_gone_at_once(pupil: httpx.Client, enrolment: Enrolment, teacher: str) -> None:
    assert teacher in names(pupil)

    told = enrolment.withdraw()

    assert told.status == 204, f"the guide leads out again: {told}"
    assert teacher not in names(pupil), "no program finds it"
    assert teacher not in pupil.get("/read/voices").text, "nor does the reading page"
    refused = spoken(pupil, GREETING, teacher)
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "voice_not_found"), (
        "nor speaks with it"
    )
