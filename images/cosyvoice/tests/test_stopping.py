"""What happens to listeners when the server is told to stop."""

import signal
import subprocess
import sys
import threading
from pathlib import Path

import httpx
from conftest import SERVER
from speech_process import NORTH, launched, recording, running, wait_until


def test_a_stopping_server_finishes_what_it_is_saying_and_takes_nothing_new(kokoro: Path, tmp_path: Path) -> None:
    with running(SERVER, tmp_path, COSYVOICE_MODEL_DIR=str(kokoro), COSYVOICE_DRAIN_SECONDS="60") as server:
        event = server.ask("请慢慢地朗读这一段课文，同学们在听。" * 3).json()["event_id"]
        events: list[tuple[str, object]] = []
        listener = threading.Thread(target=lambda: events.extend(server.events(event)))
        listener.start()
        wait_until(lambda: server.metric("cosyvoice_in_flight_requests") == 1.0, "the text is being read")
        with httpx.stream("GET", f"{server.url}/gradio_api/heartbeat/a-browser", headers=NORTH) as heartbeat:
            assert heartbeat.status_code == 200, "a browser's heartbeat is open all the while"

            server.process.send_signal(signal.SIGTERM)

            wait_until(lambda: server.operations("/readyz").text == "draining\n", "no new listener is sent to a stopping server")
            refusal = wait_until(server.refusal, "a stopping server takes no new work")
            assert refusal == "503 This server is being replaced: try again in a moment.", "and says so"
            listener.join(timeout=60)
            assert server.process.wait(timeout=30) == 0, "a drained server ends well, whoever keeps a heartbeat open"

        assert events[-1][0] == "complete", "the reply under way was finished"
        assert sum(name == "generating" for name, _ in events) == 3, "with all its sentences"
        assert any(recording(path).seconds > 6 for path in server.recordings("north")), "and was kept"
        assert "课文" not in server.log, "what was read is in no log"


def test_a_server_without_its_model_says_what_is_missing(tmp_path: Path) -> None:
    with launched(SERVER, tmp_path, COSYVOICE_MODEL_DIR=str(tmp_path)) as server:
        assert server.process.wait(timeout=60) == 1, "a server that cannot speak does not run"
        said = server.log.splitlines()[-1]

    assert said.startswith(f"the model folder {tmp_path} lacks model.onnx, vocab.json, voices/af_bella.bin"), "it names the files"
    assert said.endswith("fill it with fetch_assets.py"), "and the way out"


def test_the_settings_are_checked_before_anything_is_loaded() -> None:
    process = subprocess.run(
        [sys.executable, "-m", "cosyvoice_server"],
        env={"COSYVOICE_ENGINE": "espeak", "COSYVOICE_PORT": "0", "COSYVOICE_SHARED": "yes", "COSYVOICE_MODEL_DIR": "/nowhere"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert process.returncode == 2, "wrong settings are a usage error"
    assert process.stderr.splitlines() == [
        "COSYVOICE_ENGINE is 'espeak': give one of kokoro, cosyvoice, or leave it out for kokoro",
        "COSYVOICE_PORT is '0': give a whole number from 1 to 65535, or leave it out for 7860",
        "COSYVOICE_SHARED is 'yes': give one of true, false, or leave it out for false",
        "COSYVOICE_MODEL_DIR is '/nowhere', which is not a folder: mount the model there or name its folder",
    ], "every mistake is told at once"
