"""What happens to listeners when the server is told to stop."""

import signal
import subprocess
import sys
from pathlib import Path

import httpx
from conftest import HELD_SERVER, SERVER
from speech_process import NORTH, launched, running, wait_until


def test_a_stopping_server_serves_whom_it_has_taken_and_takes_nobody_new(tmp_path: Path) -> None:
    permission, limits = tmp_path / "permission", {"COSYVOICE_RUNNING": "1", "COSYVOICE_DRAIN_SECONDS": "120"}
    with running([*HELD_SERVER, str(permission)], tmp_path, COSYVOICE_MODEL_DIR=str(tmp_path), **limits) as server:
        taken = [server.ask("请朗读这一段课文。").json()["event_id"] for _ in range(2)]
        wait_until(lambda: server.metric("cosyvoice_queue_size") == 1, "one is being read, one waits")
        with httpx.stream("GET", f"{server.url}/gradio_api/heartbeat/a-browser", headers=NORTH) as heartbeat:
            assert heartbeat.status_code == 200, "a browser's heartbeat is open all the while"

            server.process.send_signal(signal.SIGTERM)

            wait_until(lambda: server.operations("/readyz").text == "draining\n", "no new listener is sent to a stopping server")
            refusal = wait_until(server.refusal, "a stopping server takes no new work")
            assert refusal == "503 This server is being replaced: try again in a moment.", "and says so"
            permission.touch()
            endings = [list(server.events(event))[-1][0] for event in taken]
            assert server.process.wait(timeout=120) == 0, "a drained server ends well, whoever keeps a heartbeat open"

        assert endings == ["complete"] * 2, "the reply under way was finished, and the one that waited was spoken"
        assert len(server.recordings("north")) == 2, "both were kept"


def test_a_server_with_a_damaged_model_says_which_file_it_is(kokoro: Path, tmp_path: Path) -> None:
    model = tmp_path / "model"
    model.mkdir()
    for file in kokoro.iterdir():
        (model / file.name).symlink_to(file)
    (model / "model.onnx").unlink()
    with (kokoro / "model.onnx").open("rb") as whole:
        (model / "model.onnx").write_bytes(whole.read(1_000_000))
    with launched(SERVER, tmp_path, COSYVOICE_MODEL_DIR=str(model)) as server:
        assert server.process.wait(timeout=120) == 1, "a server that cannot speak does not run"
        said = server.log.splitlines()

    assert said[-1].startswith(f"the model in {model} is not complete: model.onnx has SHA-256 "), "it names the folder and the file"
    assert said[-1].endswith("Fetch it again: what is right is kept"), "and the way out"
    assert not any("Traceback" in line for line in said), "in one sentence"


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
