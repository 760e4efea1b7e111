"""A speaking process that ends or hangs is replaced, and whoever asks meanwhile waits instead of being refused."""

import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from speech_process import SpeechServer, wait_until

from cosyvoice_server.supervisor import Cause, Patience, Supervisor
from cosyvoice_server.watchdog import Renewal

LOST = 'cosyvoice_restarts_total{cause="ended"}'
TOY = Path(__file__).with_name("toy_process.py")


class Container:
    """A first process, run in a thread, with the toy as what speaks."""

    def __init__(self, folder: Path) -> None:
        self.damage = folder / "damage"
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        command = [sys.executable, str(TOY), str(self.damage)]
        self.supervisor = Supervisor(command, self.listener, folder / "operations", Patience(start=60, silence=3))
        self.code: int | None = None
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self) -> None:
        self.code = self.supervisor.run()

    def ask(self, words: str) -> str:
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as connection:
            connection.sendall(words.encode())
            try:
                return connection.recv(100).decode()
            except ConnectionResetError:
                return ""


@pytest.fixture(autouse=True)
def _modules(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))


@pytest.fixture
def container(tmp_path: Path) -> Iterator[Container]:
    made = Container(tmp_path)
    yield made
    made.supervisor.stop(signal.SIGTERM, None)
    made.thread.join(60)
    made.listener.close()
    assert not made.thread.is_alive(), "the first process ends with what it has started"


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        ("end 9", Cause.ENDED),
        (f"end {Renewal.MEMORY.value}", Cause.RENEWED),
        (f"end {Renewal.STALLED.value}", Cause.STUCK),
        ("freeze", Cause.HUNG),
        ("fall-ill wedged", Cause.STUCK),
    ],
    ids=str,
)
def test_the_next_asker_is_answered_by_a_new_process(
    container: Container, caplog: pytest.LogCaptureFixture, fault: str, cause: Cause
) -> None:
    before = container.ask("who")
    with caplog.at_level(logging.WARNING):
        assert container.ask(fault) == "", "who asked the process that broke gets no answer"
        after = container.ask("who")
    assert before.isdigit(), f"the toy tells its process id, not {before!r}"
    assert after.isdigit(), f"who asks while the next process loads waits for it, and does not get {after!r}"
    assert after != before, "another process answers"
    assert {kind for kind, times in container.supervisor.restarts.items() if times} == {cause}, "the cause is counted"
    assert not fault.endswith("wedged") or "wedged" in caplog.text, f"the log tells the ailment: {caplog.text}"


def test_who_asks_waits_until_a_damaged_model_is_repaired(container: Container) -> None:
    before = container.ask("who")
    container.damage.touch()
    container.ask("end 9")
    wait_until(lambda: container.supervisor.restarts[Cause.UNLOADED], "a process finds the damage")
    container.damage.unlink()
    assert container.ask("who") not in {before, ""}, "the next process speaks to who has waited"


def test_a_container_that_never_could_load_ends_at_once(tmp_path: Path) -> None:
    """Kubernetes then tells everybody why, instead of a container that tries for ever."""
    (tmp_path / "damage").touch()
    container = Container(tmp_path)
    container.thread.join(60)
    container.listener.close()
    assert container.code == 1, f"its exit code is its process's, not {container.code}"


def test_a_stop_is_passed_on(container: Container) -> None:
    container.ask("who")
    container.supervisor.stop(signal.SIGTERM, None)
    wait_until(lambda: container.code is not None, "the container ends when its process has drained")
    assert container.code == 0, f"as the process says, not {container.code}"


def test_a_text_that_is_asked_for_right_after_a_crash_is_spoken(server: SpeechServer) -> None:
    before, lost = server.speaking, server.metric(LOST)
    os.kill(before, signal.SIGKILL)
    assert server.hear("你好。")[-1][0] == "complete", "who asks while the next process loads waits, and is heard"
    assert server.speaking != before, "another process speaks"
    assert server.operations("/healthz").is_success, "Kubernetes sees no reason to end the container"
    assert server.metric(LOST) == lost + 1, "the operator sees that a process was lost"
