"""What no request can do to the server, and how it comes back from what an engine can."""

import contextlib
import os
import resource
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
from conftest import HELD_SERVER
from speech_process import NORTH, SpeechServer, launched, running, wait_until

SOUTH = {"X-Campus-Id": "south"}
STALLED, MEMORY = 70, 75
ONE_FOR_EACH = "one of a shared server's two slots is left to the other campuses"


def test_an_engine_that_never_returns_holds_neither_its_listeners_nor_the_server(tmp_path: Path) -> None:
    limits = {"COSYVOICE_DEADLINE_SECONDS": "1", "COSYVOICE_STALL_SECONDS": "4", "COSYVOICE_SHARED": "true"}
    (tmp_path / "permission").touch()
    with running([*HELD_SERVER, str(tmp_path / "permission")], tmp_path, COSYVOICE_MODEL_DIR=str(tmp_path), **limits) as server:
        with ThreadPoolExecutor(2) as pupils:
            replies = list(pupils.map(lambda headers: server.hear("hang", headers), (NORTH, SOUTH)))

        for events in replies:
            assert events[-1][0] == "error", "at the deadline the request ends"
            assert "was not finished within 1 s: send a shorter text" in str(events[-1][1]), "and says why"
        assert server.metric('cosyvoice_requests_total{campus="north",mode="preset",outcome="deadline"}') == 1, "it is counted as that"
        assert server.metric("cosyvoice_abandoned_syntheses") == 2, "the operator sees that two slots are lost"
        complaint = wait_until(lambda: unhealthy(server), "the server's liveness fails when an engine makes no progress")
        assert complaint.startswith("a synthesis has brought no chunk for "), f"and says why, not {complaint}"
        assert server.process.wait(timeout=120) == STALLED, "it has ended by itself to be started anew, without waiting for the stuck"


def unhealthy(server: SpeechServer) -> str:
    with contextlib.suppress(httpx.TransportError):
        answer = server.operations("/healthz")
        return "" if answer.is_success else answer.text
    return ""


def test_a_server_over_its_memory_ceiling_finishes_what_it_says_and_ends_to_be_started_anew(tmp_path: Path) -> None:
    old = tmp_path / "outputs" / "north" / "output_20200101_000000_0.wav"
    old.parent.mkdir(parents=True)
    old.touch()
    os.utime(old, (0, 0))
    limits = {"COSYVOICE_MEMORY_CEILING_BYTES": "600000000", "COSYVOICE_OUTPUTS_TTL_SECONDS": "3600"}
    with running([*HELD_SERVER, str(tmp_path / "permission")], tmp_path, COSYVOICE_MODEL_DIR=str(tmp_path), **limits) as server:
        with ThreadPoolExecutor(1) as pupil:
            reply = pupil.submit(server.hear, "grow")
            wait_until(lambda: server.operations("/readyz").text == "draining\n", "it takes no new listener")
            (tmp_path / "permission").touch()

            assert reply.result()[-1][0] == "complete", "what it was saying is said to the end"

        assert server.process.wait(timeout=120) == MEMORY, "its exit code tells why it ended"
        assert "the memory ceiling is passed" in server.log, "and so does its log"
        assert not old.exists(), "a recording older than its time is deleted"


def test_a_ceiling_below_what_the_model_takes_is_refused_at_the_start(tmp_path: Path) -> None:
    limits = {"COSYVOICE_MODEL_DIR": str(tmp_path), "COSYVOICE_MEMORY_CEILING_BYTES": "1000000"}
    with launched([*HELD_SERVER, str(tmp_path)], tmp_path, **limits) as server:
        assert server.process.wait(timeout=120) == 1, "a server that would always end again does not begin"
        assert "the loaded model takes more already: raise it" in server.log, "and says what to do"


def test_fifty_requests_at_once_are_answered_or_told_when_to_come_back(held_server: SpeechServer, permission: Path) -> None:
    server = held_server
    permission.touch()

    def pupil(_: int) -> str:
        answer = server.ask("你好。")
        if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE:
            return f"told to come back in {int(answer.headers['Retry-After']) > 0}"
        return list(server.events(answer.json()["event_id"]))[-1][0]

    with ThreadPoolExecutor(50) as pupils:
        endings = list(pupils.map(pupil, range(50)))

    assert set(endings) <= {"complete", "told to come back in True"}, "each is spoken, or refused with a time to come back"
    assert endings.count("complete") >= 5, "as many as there is room for are spoken"
    assert server.hear("你好。")[-1][0] == "complete", "the next one is spoken"
    assert server.metric("cosyvoice_queue_size") == 0, "no place stays taken"


def test_a_listener_who_leaves_gives_the_slot_to_the_next(held_server: SpeechServer, permission: Path) -> None:
    server = held_server
    permission.touch()
    event = server.ask("endless").json()["event_id"]
    reply = server.events(event)
    next(reply)
    waiting = server.ask("你好。").json()["event_id"]
    wait_until(lambda: server.metric("cosyvoice_queue_size") == 1, ONE_FOR_EACH)

    reply.close()

    assert list(server.events(waiting))[-1][0] == "complete", "who waits is spoken to as soon as the one before has gone"
    wait_until(lambda: server.metric("cosyvoice_in_flight_requests") == 0, "nothing goes on that nobody listens to")


def wait_of(server: SpeechServer, headers: dict[str, str]) -> float:
    """The seconds until the first audio of a sentence that takes half a second to speak: the median of five."""
    body = {"input": "slow this", "voice": "中文女", "response_format": "pcm"}
    waits: list[float] = []
    for _ in range(5):
        began = time.monotonic()
        with httpx.stream("POST", f"{server.url}/v1/audio/speech", json=body, headers=headers, timeout=60) as reply:
            next(reply.raise_for_status().iter_raw())
            waits.append(time.monotonic() - began)
    return statistics.median(waits)


def test_a_flood_from_one_campus_leaves_anothers_wait_within_twice_its_idle_value(held_server: SpeechServer, permission: Path) -> None:
    server = held_server
    permission.touch()
    idle = wait_of(server, SOUTH)
    with contextlib.ExitStack() as pupils:
        for _ in range(5):
            pupils.enter_context(server.listening(server.ask("endless").json()["event_id"]))
        wait_until(lambda: server.metric('cosyvoice_campus_queue_size{campus="north"}') == 4, ONE_FOR_EACH)

        assert server.ask("你好。").status_code == 503, "north has all it may have"
        flooded = wait_of(server, SOUTH)
        assert flooded <= 2 * idle, f"south waits {flooded:.2f} s beside north's flood, and may wait twice the {idle:.2f} s without it"
        assert server.metric('cosyvoice_campus_in_flight_requests{campus="north"}') == 1, "all the while"

    wait_until(
        lambda: server.metric("cosyvoice_in_flight_requests") + server.metric("cosyvoice_queue_size") == 0, "who leaves is forgotten"
    )


def test_a_machine_that_can_write_nothing_any_more_wedges_nothing(held_server: SpeechServer, permission: Path) -> None:
    server = held_server
    permission.touch()
    before = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        endings = [server.hear("你好。")[-1][0] for _ in range(3)]
    finally:
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, before)

    assert set(endings) <= {"complete", "error"}, "a request that finds the disks full comes to an end"
    assert server.hear("你好。")[-1][0] == "complete", "and the next one is spoken when there is room again"
