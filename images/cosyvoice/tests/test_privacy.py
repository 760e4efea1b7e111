"""What a person asks to be read, and whose voice, stays between the person and the engine."""

import os
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from speech_process import CLONING, NORTH, ZERO_SHOT, SpeechServer, wait_until

from cosyvoice_server.sweeping import Sweeper

CANARY = "kanarienvogel"


def uploaded(server: SpeechServer, name: str) -> dict[str, object]:
    answer = httpx.post(f"{server.url}/gradio_api/upload", headers=CLONING, files={"files": (name, b"RIFF")}, timeout=120)
    return {"path": answer.json()[0], "meta": {"_type": "gradio.FileData"}}


def test_nothing_that_a_person_says_or_uploads_is_in_a_log_or_a_metric(held_server: SpeechServer, permission: Path) -> None:
    server = held_server
    permission.touch()
    ways: dict[str, dict[str, Any]] = {
        "spoken": {},
        "failed in the engine": {"text": f"fail {CANARY}"},
        "refused": {"mode_checkbox_group": ZERO_SHOT},
        "with a recording": {
            "mode_checkbox_group": ZERO_SHOT,
            "prompt_text": CANARY,
            "prompt_wav_upload": uploaded(server, f"{CANARY}.wav"),
        },
        "with arguments in the wrong order": {"mode_checkbox_group": CANARY, "seed": CANARY, "prompt_wav_upload": {"path": CANARY}},
        "with a number that is none": {"seed": CANARY},
    }

    endings = {way: server.hear(change.pop("text", CANARY), CLONING, **change)[-1][0] for way, change in ways.items()}

    assert [way for way, ending in endings.items() if ending == "complete"] == ["spoken", "with a recording"], "the rest are refused"
    assert CANARY not in server.log, "no log holds a text, a transcript or a file's name"
    assert CANARY not in server.operations("/metrics").text, "nor does a metric"
    assert server.hear("你好。")[-1][0] == "complete", "and wrong arguments keep no place in the queue"


def test_each_request_has_one_line_in_the_log_under_the_id_that_its_sender_gets(held_server: SpeechServer, permission: Path) -> None:
    server = held_server
    permission.touch()
    answer = server.ask("你好。", NORTH | {"X-Request-Id": "from-the-gateway"})
    assert list(server.events(answer.json()["event_id"]))[-1][0] == "complete"
    unnamed = server.ask("  ", NORTH | {"X-Request-Id": "garbled\tname"})
    assert list(server.events(unnamed.json()["event_id"]))[-1][0] == "error"

    assert answer.headers["X-Request-Id"] == "from-the-gateway", "the gateway's id is kept"
    own = unnamed.headers["X-Request-Id"]
    lines = [line.partition("request ")[2] for line in server.log.splitlines() if "from-the-gateway" in line or own in line]
    assert [line.partition(" seconds=")[0] for line in lines] == [
        "from-the-gateway campus=north mode=preset outcome=spoken",
        f"{own} campus=north mode=preset outcome=refused",
    ], "who asked when, how and with what end, and nothing else"


def test_a_recording_is_deleted_with_the_end_of_the_request_that_used_it(held_server: SpeechServer, permission: Path) -> None:
    server = held_server
    permission.touch()
    recording = uploaded(server, "teacher.wav")
    change = {"mode_checkbox_group": ZERO_SHOT, "prompt_text": "你好。", "prompt_wav_upload": recording}
    assert server.hear("你好。", CLONING, **change)[-1][0] == "complete"

    wait_until(lambda: not Path(str(recording["path"])).exists(), "a recording is needed once")
    name, data = server.hear("你好。", CLONING, **change)[-1]
    assert name == "error", "it cannot be used again"
    assert "A recording is deleted after its use: upload or record it again." in str(data), f"which the person is told, not {data}"


def test_a_class_that_uploads_the_same_recording_has_it_until_the_last_has_used_it(held_server: SpeechServer, permission: Path) -> None:
    server = held_server
    permission.touch()
    recordings = [uploaded(server, "lesson.wav") for _ in range(2)]
    assert recordings[0] == recordings[1], "Gradio keeps the same bytes once"

    for recording in recordings:
        change = {"mode_checkbox_group": ZERO_SHOT, "prompt_text": "你好。", "prompt_wav_upload": recording}
        assert server.hear("你好。", CLONING, **change)[-1][0] == "complete", "each of them can use what it has uploaded"

    wait_until(lambda: not Path(str(recordings[0]["path"])).exists(), "then it is deleted")


def test_recordings_and_half_written_leftovers_are_deleted_after_their_time_and_nothing_else(tmp_path: Path) -> None:
    ages = {
        "north/output_1.wav": 7000, "north/output_2.wav": 8000, "north/output_3.part": 500, "south/output_4.part": 700,
        "south/output_5.wav": 10, "notes.txt": 9000, "north/lesson.wav": 9000,
        "east/.forgotten": 1000, "east/output_6.wav": 5000, "east/output_7.wav": 600, "east/output_8.wav": 300,
    }  # fmt: skip
    for name, age in ages.items():
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(b"12345")
        os.utime(file, (time.time() - age,) * 2)
    (tmp_path / "alien").mkdir()
    (tmp_path / "alien/.forgotten").symlink_to(".forgotten")  # cannot be read, whoever tries
    sweeper = Sweeper(tmp_path, ttl_seconds=7200, longest_request_seconds=600)

    sweeper.sweep()

    left = {str(file.relative_to(tmp_path)) for file in tmp_path.rglob("*.*")}
    restored, under_way = "east/output_6.wav", "east/output_7.wav"
    past = {"north/output_2.wav", "south/output_4.part"}
    assert set(ages) - left == {*past, restored, under_way}, (
        "what is past its time, among the server's own files, and what a forgotten campus has from before or was being spoken then"
    )
    assert sweeper.bytes == {"north": 10, "south": 5, "east": 5}, "what stays is counted for each campus, one that came back too"

    Sweeper(tmp_path, ttl_seconds=0, longest_request_seconds=1).sweep()
    assert (tmp_path / "north/output_1.wav").exists(), "without a time recordings are kept for ever"


def test_an_outputs_volume_that_cannot_be_swept_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    Sweeper(tmp_path / ("x" * 300), ttl_seconds=0, longest_request_seconds=1).start()

    wait_until(lambda: "the outputs volume could not be swept: File name too long" in caplog.text, "nobody finds it full by surprise", 30)
