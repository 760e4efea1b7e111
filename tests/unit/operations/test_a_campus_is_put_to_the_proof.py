"""What a proof of several campuses ends with when one of them is silent, and when one has no voice yet."""

import json
import random
from pathlib import Path
from typing import Any

import pytest

from operations.cluster import Cluster
from operations.errors import OperationError
from operations.outputs import StackOutputs, parse_outputs
from operations.smoke.proof import Listening, Spoken, have_spoken
from operations.smoke.report import line, summary
from operations.smoke.run import NOTHING_PROVEN, Outcome, exit_code, smoke
from operations.smoke.sentence import Verdict
from tests.unit.operations.speech_server import COMPLETE, HOST, NO_VOICES, Answer, serving, talk
from tests.unit.operations.stack_values import values

ANNOUNCED = Path(__file__).parent / "announced_40172935.aac"
"""A reply of a campus with an audible label: it says first that a machine speaks, then these digits."""

SPOKEN = Spoken(
    "7f3c", "王老师", Verdict("40172935", "40172935", "", 0, 5), 4.0, -24.0, 1.5, 1.6, Path("north.wav")
)
SPEAKS = Outcome("north", "https://north", spoken=SPOKEN, cluster="voice_north-ui_7860")
SILENT = Outcome("north", "https://north", failure="It does not speak.")
LOST = Outcome("north", "https://north", spoken=SPOKEN, failure="Envoy's log does not show it.")
VOICELESS = Outcome("south", "https://south", no_voice="It has no voice yet.")
ELSEWHERE = Outcome("west", "https://west", own_stack=True)


class Trusting(Cluster):
    """A cluster of which only the campuses' authority is asked."""

    def __init__(self, ca: str) -> None:
        self._ca = ca

    def secret(self, namespace: str, name: str) -> dict[str, bytes] | None:
        assert (namespace, name) == ("campus-routes", "north-tls")
        return {"ca.crt": self._ca.encode()}


def at(port: int) -> StackOutputs:
    """A stack with the campus north, served at a port of this machine."""
    made = values()
    made["campuses"] = {"north": made["campuses"]["north"] | {"url": f"https://{HOST}:{port}"}}
    return parse_outputs("dev", made)


def proof(answers: dict[str, Answer], folder: Path) -> Outcome:
    """What becomes of a campus whose server answers so."""
    with serving(answers, folder) as server:
        outputs, cluster = at(server.port), Trusting(server.ca)
        listening = Listening(random.SystemRandom(), folder, None, 5)
        (outcome,) = smoke(outputs, dict(outputs.campuses), cluster, listening)
    return outcome


class DrawsTheRecorded(random.Random):
    """Draws first the digits that `announced_40172935.aac` says, and then by chance."""

    drawn = False

    def choices(self, *arguments: Any, **options: Any) -> list[Any]:
        by_chance, self.drawn = self.drawn, True
        return super().choices(*arguments, **options) if by_chance else list("40172935")


@pytest.mark.parametrize("labelled", [True, False])
def test_only_a_campus_with_an_audible_label_may_say_more_than_the_sentence(
    tmp_path: Path, *, labelled: bool
) -> None:
    segments = {
        "GET /gradio_api/stream/s/r/1/a.aac": Answer(b""),
        "GET /gradio_api/stream/s/r/1/b.aac": Answer(ANNOUNCED.read_bytes()),
    }
    with serving(talk(COMPLETE, **segments), tmp_path) as server:
        north = at(server.port).campuses["north"].model_copy(update={"audible_label": labelled})
        listening = Listening(DrawsTheRecorded(), tmp_path, None, 5)
        if labelled:
            heard = have_spoken("north", north, server.ca, listening).verdict.heard
            assert heard == "40172935", "the sentence behind the announcement is the proof"
        else:
            with pytest.raises(OperationError, match="is not the sentence"):
                have_spoken("north", north, server.ca, listening)


NO_PRESETS = {"GET /gradio_api/info": Answer(NO_VOICES)}


def test_a_campus_without_a_voice_is_not_proven_and_told_how_to_get_one(tmp_path: Path) -> None:
    told = proof(NO_PRESETS | {"GET /read/voices": Answer('{"voices": []}')}, tmp_path)
    assert exit_code([told]) == NOTHING_PROVEN, "nothing is wrong, and nothing is proven"
    said = line(told)
    assert said.startswith(f"north: NOT PROVEN. {HOST} has no voice yet"), (
        "it does not pass for a campus that spoke"
    )
    assert "docs/how-to/enrol-a-teachers-voice.md" in said, "the way to a voice is told"


@pytest.mark.parametrize(
    "answers",
    [
        {"GET /gradio_api/info": Answer("no healthy upstream", 503)},
        NO_PRESETS | {"GET /read/voices": Answer("no healthy upstream", 503)},
        NO_PRESETS,
    ],
    ids=["no server runs", "the list of voices fails", "a third party's server lists none"],
)
def test_a_server_that_does_not_answer_never_passes_for_a_campus_without_a_voice(
    answers: dict[str, Answer], tmp_path: Path
) -> None:
    told = proof(answers, tmp_path)
    assert exit_code([told]) == 1, f"it is a failure, but this was told: {line(told)}"
    assert line(told).startswith("north: FAILED."), "and is said to be one"


@pytest.mark.parametrize(
    ("outcomes", "code"),
    [
        ([SPEAKS, ELSEWHERE], 0),
        ([SPEAKS, VOICELESS], 0),
        ([VOICELESS, ELSEWHERE], NOTHING_PROVEN),
        ([SILENT, SPEAKS], 1),
        ([SILENT, VOICELESS], 1),
        ([LOST], 1),
    ],
    ids=["speaks", "one speaks", "none has a voice", "one is silent", "no speech at all", "not in the log"],
)
def test_the_shell_learns_whether_something_failed_or_nothing_was_proven(
    outcomes: list[Outcome], code: int
) -> None:
    assert exit_code(outcomes) == code, "0 only for speech, 1 for every failure"
    told = json.loads(json.dumps(summary("dev", outcomes)))
    assert told["ok"] is (code == 0), "programs learn the same"
    proven = [entry["campus"] for entry in told["campuses"] if entry["ok"]]
    assert "south" not in proven, "a campus without a voice is never among the proven ones"
