"""The server with the GPU engine: what two bad requests do to upstream's own page, they do not do here."""

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import fake_cosyvoice
import pytest
from speech_process import NORTH, SpeechServer, recording, running

GPU_SERVER = [sys.executable, str(Path(__file__).with_name("fake_gpu_server.py"))]
TEACHER = "王老师"
ENGINE_BROKEN = 71


@pytest.fixture(scope="module")
def gpu_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SpeechServer]:
    """A server that the last of these tests ends."""
    folder = tmp_path_factory.mktemp("gpu")
    model = fake_cosyvoice.model_folder(folder / "model", speakers=(TEACHER,))
    environment = {"COSYVOICE_ENGINE": "cosyvoice", "COSYVOICE_MODEL_DIR": str(model), "COSYVOICE_SHARED": "true"}
    with running([*GPU_SERVER, str(folder / "upstream")], folder, **environment) as server:
        yield server


def test_after_two_requests_that_wedge_upstream_the_next_is_spoken(gpu_server: SpeechServer) -> None:
    bad = f"{fake_cosyvoice.LLM_FAILS}，秘密。"

    with ThreadPoolExecutor(2) as pupils:
        replies = list(pupils.map(lambda campus: gpu_server.hear(bad, {"X-Campus-Id": campus}, sft_dropdown=TEACHER), ("north", "south")))

    for events in replies:
        assert events[-1][0] == "error", "a reply that will never come is not waited for"
        assert "The model could not speak this text" in str(events[-1][1]), "and the person is told"
    assert gpu_server.metric('cosyvoice_requests_total{campus="north",mode="preset",outcome="failed"}') == 1, "it is counted as a failure"
    assert gpu_server.hear("早上好。", sft_dropdown=TEACHER)[-1][0] == "complete", "both slots are free again"
    (kept,) = gpu_server.recordings("north")
    assert recording(kept).seconds == pytest.approx(0.8, abs=0.05), "the good request is spoken whole, the bad ones leave nothing"
    assert "llm_job" in gpu_server.log, "the operator sees where the model failed"
    assert "秘密" not in gpu_server.log, "but not on which text"


def test_a_server_whose_gpu_is_lost_to_it_ends_to_be_started_anew(gpu_server: SpeechServer) -> None:
    assert gpu_server.hear(fake_cosyvoice.CUDA_BREAKS, NORTH, sft_dropdown=TEACHER)[-1][0] == "error", "the request ends"

    assert gpu_server.process.wait(timeout=120) == ENGINE_BROKEN, "nothing can be spoken any more in this process"
    assert "CUDA reported an error, after which nothing works in this process" in gpu_server.log, "the operator is told why"
