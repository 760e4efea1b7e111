"""Envoy's access log as the proof that a sentence went to its own campus."""

import json
from collections.abc import Iterable

import pytest

from operations.errors import OperationError
from operations.smoke.access_log import Expected, parse
from operations.smoke.gateway_log import seen_by_envoy

STREAM = "/gradio_api/call/generate_audio/"
NORTH = Expected("id-1", "north.voice.localhost", ("voice_north-ui_7860", "voice_north-api_7860"), STREAM)


def line(**changed: object) -> str:
    """An access line of north's event stream, with the fields that a test changes."""
    fields = {
        "@timestamp": "2026-01-31T09:00:00.000Z",
        "authority": "north.voice.localhost",
        "duration": 1203,
        "method": "GET",
        "path": STREAM + "5d1e",
        "request_id": "id-1",
        "response_code": 200,
        "response_flags": "-",
        "upstream_cluster": "voice_north-ui_7860",
    }
    return json.dumps(fields | changed)


def seen(*lines: str, deadline: float = 0) -> str:
    return seen_by_envoy(NORTH, lambda: lines, deadline=deadline)


def test_the_cluster_that_served_the_sentence_is_named() -> None:
    others = [
        "[info] all clusters initialized",
        line(request_id="id-2", upstream_cluster="voice_south-ui_7860"),
    ]
    assert seen(*others, line()) == "voice_north-ui_7860", "the line with this sentence's id counts, no other"


def test_a_line_that_comes_late_is_waited_for() -> None:
    looks = iter([[], ['{"request_id": "id-1"'], [line()]])

    def log() -> Iterable[str]:
        return next(looks)

    assert seen_by_envoy(NORTH, log, deadline=20) == "voice_north-ui_7860", (
        "Envoy writes its log seconds late"
    )


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        (
            {"upstream_cluster": "voice_south-ui_7860"},
            "to voice_south-ui_7860, but this campus's clusters are",
        ),
        ({"upstream_cluster": None}, "to no cluster, but this campus's clusters are"),
        ({"authority": "south.voice.localhost"}, "for south.voice.localhost, not for north.voice.localhost"),
    ],
)
def test_one_request_that_went_astray_fails_the_campus(changed: dict[str, object], why: str) -> None:
    with pytest.raises(OperationError) as failure:
        seen(line(), line(path="/gradio_api/info", **changed))
    assert why in failure.value.why, "where it went, and where it belongs, is told"


@pytest.mark.parametrize(
    "lines",
    [[], [line(request_id="id-2")], [line(method="POST", path=STREAM.removesuffix("/"))]],
    ids=["empty log", "others only", "synthesis unfinished"],
)
def test_a_sentence_that_the_log_does_not_show_is_not_proven(lines: list[str]) -> None:
    with pytest.raises(OperationError) as failure:
        seen(*lines)
    assert "does not show the sentence of north.voice.localhost" in failure.value.what, "the campus is named"


@pytest.mark.parametrize("text", ["", "[info] started", "{broken", '{"duration": "long"}'])
def test_a_line_that_is_no_access_line_is_passed_over(text: str) -> None:
    assert parse(text) is None, "Envoy writes its own messages to the same log"
