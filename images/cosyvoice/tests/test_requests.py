"""Which requests are taken, refused or ended, and what they leave behind."""

import http.client
from pathlib import Path
from typing import Any

import httpx
import pytest
from speech_process import CLONING, NORTH, ZERO_SHOT, SpeechServer, wait_until

from cosyvoice_server.campus import caller_of

FULL = "The queue is full: 4 requests of this campus wait already. Try again in "
NO_CAMPUS = "This server speaks for several campuses and the request has no X-Campus-Id header: send it through the campus's own address."


def test_a_shared_server_refuses_a_request_that_names_no_campus(held_server: SpeechServer) -> None:
    server = held_server

    answer = server.ask("你好。", headers={})

    assert answer.status_code == 400, "without a campus nothing is spoken"
    assert answer.json() == {"detail": NO_CAMPUS}, "the answer says what to do"
    assert httpx.get(server.url).status_code == 400, "not even the page is shown"
    assert server.ask("你好。", headers={"X-Campus-Id": "../north"}).status_code == 400, "a campus id is never a path"
    assert server.operations("/readyz").status_code == 200, "probes need no campus"


def test_a_campus_whose_queue_is_full_is_told_when_to_come_back(held_server: SpeechServer, permission: Path) -> None:
    server = held_server
    taken = [server.ask("你好。").json()["event_id"] for _ in range(5)]
    wait_until(lambda: server.metric("cosyvoice_in_flight_requests") == 1, "one of a shared server's two slots is left to the others")
    assert server.metric("cosyvoice_queue_size") == 4, "the rest wait"

    sixth = server.ask("你好。")

    assert sixth.status_code == 503, "a full queue is an ordinary 503"
    assert FULL in sixth.json()["detail"], "which says why"
    assert 0 < int(sixth.headers["Retry-After"]) <= 60, "and when to come back"
    permission.touch()
    endings = [list(server.events(event))[-1][0] for event in taken]
    assert endings == ["complete"] * 5, "those that were let in are all answered"


def test_requests_that_fail_in_the_engine_free_their_slots_and_tell_no_text(held_server: SpeechServer, permission: Path) -> None:
    server = held_server
    permission.touch()
    failures = 'cosyvoice_requests_total{campus="north",mode="preset",outcome="failed"}'
    before = server.metric(failures)
    endings = [server.hear("fail a pupil's secret")[-1] for _ in range(3)]

    assert [name for name, _ in endings] == ["error"] * 3, "a failure ends the reply with an error"
    assert server.hear("你好。")[-1][0] == "complete", "after more failures than there are slots the next one is spoken"
    assert server.metric(failures) - before == 3.0, "failures are counted"
    assert server.metric('cosyvoice_errors_total{campus="north",kind="RuntimeError"}') >= 3.0, "by what the engine raised"
    assert "RuntimeError" in server.log, "the operator learns what went wrong"
    assert "secret" not in server.log, "what a person asked to be read is in no log"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"text": "  "}, "请输入要合成的文本。 Enter a text to speak."),
        ({"text": "字" * 20_001}, "文本有 20001 个字符，请分成几段。 The text has more than 20000 characters: split it."),
        ({"mode_checkbox_group": ZERO_SHOT}, "This mode needs a prompt recording: upload or record one."),
        ({"mode_checkbox_group": "自然语言控制"}, "This mode needs an instruction: enter it."),
    ],
)  # fmt: skip
def test_a_request_that_lacks_something_is_answered_with_what_to_do(
    held_server: SpeechServer, change: dict[str, Any], sentence: str
) -> None:
    server = held_server

    name, data = server.hear(change.pop("text", "你好。"), headers=CLONING, **change)[-1]

    assert name == "error", "the request is refused"
    assert sentence in str(data), f"the person is told why, not {data}"


NO_CLONING = "Voice cloning is switched off for this campus: choose a preset voice, without a recording."


def uploaded(server: SpeechServer, headers: dict[str, str]) -> httpx.Response:
    recording = {"files": ("teacher.wav", b"RIFF")}
    return httpx.post(f"{server.url}/gradio_api/upload", headers=headers, files=recording, timeout=30)


def test_a_campus_that_may_clone_voices_has_a_recording_taken(held_server: SpeechServer, permission: Path) -> None:
    server = held_server
    permission.touch()

    answer = uploaded(server, CLONING)

    assert answer.status_code == 200, f"the gateway says that this campus may, not {answer.text}"
    prompt = {"path": answer.json()[0], "meta": {"_type": "gradio.FileData"}}
    name, data = server.hear("你好。", CLONING, mode_checkbox_group=ZERO_SHOT, prompt_text="你好。", prompt_wav_upload=prompt)[-1]
    assert name == "complete", f"and the request with it is spoken, not {data}"


@pytest.mark.parametrize("switch", [{}, {"X-Campus-Voice-Cloning": "disabled"}, {"X-Campus-Voice-Cloning": "perhaps"}])
def test_a_campus_whose_switch_is_off_or_unknown_clones_no_voice(held_server: SpeechServer, switch: dict[str, str]) -> None:
    server, headers = held_server, NORTH | switch

    answer = uploaded(server, headers)

    assert answer.status_code == 403, "a recording is turned away before it is kept"
    assert answer.json() == {"detail": "This campus has voice cloning switched off: recordings are not accepted."}
    taken = {"path": uploaded(server, CLONING).json()[0], "meta": {"_type": "gradio.FileData"}}
    for change in ({"mode_checkbox_group": ZERO_SHOT}, {"prompt_wav_upload": taken}, {"prompt_wav_record": taken}):
        name, data = server.hear("你好。", headers, **change)[-1]
        assert name == "error", "a recording that came another way is not imitated either"
        assert NO_CLONING in str(data), f"the person is told why, not {data}"


def test_a_server_of_one_campus_without_a_gateway_may_clone_until_it_is_told_not_to() -> None:
    assert caller_of({}, shared=False).cloning, "whoever runs it alone decided so"
    assert not caller_of({"x-campus-voice-cloning": "disabled"}, shared=False).cloning, "the gateway's word holds"


@pytest.mark.parametrize(
    "path",
    ["/monitoring", "/v1/models", "/read/a/b", "/gradio_api/openapi.json", "/gradio_api/proxy=http://127.0.0.1/",
     "/gradio_api/vibe-code",
     "/gradio_api/run/generate_audio", "/gradio_api/run/predict/", "/gradio_api/api/generate_audio", "/gradio_api/api/predict",
     "/gradio_api/runs", "/gradio_api/component_server", "/gradio_api/file=http://127.0.0.1/", "/docs", "/login"],
)  # fmt: skip
def test_gradios_inner_paths_are_not_served(held_server: SpeechServer, path: str) -> None:
    server = held_server

    for method in ("GET", "POST"):
        answer = httpx.request(method, server.url + path, headers=NORTH, json={"data": []})

        assert (answer.status_code, answer.json()) == (404, {"detail": "This server has no such page."}), "only what the page needs is open"


def test_a_recording_that_is_too_large_is_refused_before_it_is_read(held_server: SpeechServer) -> None:
    server = held_server
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.putrequest("POST", "/gradio_api/upload")
    for name, value in (CLONING | {"Content-Length": str(17 * 1024 * 1024)}).items():
        connection.putheader(name, value)
    connection.endheaders()

    assert connection.getresponse().status == 413, "16 MiB hold any prompt recording"
    connection.close()
