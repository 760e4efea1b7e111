"""Whatever befalls the speech server: within a stated time the same campus hears a new sentence.

The other campus on the same server asks for one sentence after the other all the while, and loses at most one.
Nothing is asked twice, and a refusal counts as a loss.
"""

import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx
import pytest

from operations.errors import OperationError
from operations.smoke.proof import Listening, have_spoken
from operations.voice import replies
from operations.voice.connection import LOOPBACK, client
from operations.voice.gradio import ENDPOINT, Conversation
from tests.cluster.framework import Kubectl, wait_until
from tests.cluster.listeners import READING, ask, last_event
from tests.cluster.school import School
from tests.cluster.speech_container import SpeechContainer

pytestmark = pytest.mark.alone

VICTIM, NEIGHBOUR = "north", "south"
PARALLEL = 50
ROUNDS = 20
MEMORY_TOLERANCE = 0.10
"""The most by which the server may have grown after all the faults."""


class Neighbour:
    """A pupil of the other campus, who asks for a sentence as soon as the last one is spoken."""

    def __init__(self, host: str, ca: str) -> None:
        self._host, self._ca = host, ca
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="neighbour")
        self.heard, self.lost = 0, list[str]()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def hears(self, sentences: int) -> None:
        """Wait until so many more sentences have been heard."""
        before = self.heard
        wait_until(
            lambda: self.heard >= before + sentences,
            deadline=120,
            what=f"{self._host} hears {sentences} more",
        )

    def _listen(self) -> None:
        while not self._ended.is_set():
            with client(
                f"https://{self._host}", address=LOOPBACK, ca=self._ca, request_id="neighbour", silence=60
            ) as pupil:
                try:
                    Conversation(pupil, deadline=60).speak("The bell rings.")
                except OperationError as error:
                    self.lost.append(str(error))
                else:
                    self.heard += 1


class Scene:
    """The speech server, its victim and what can be done to both."""

    def __init__(self, school: School, container: SpeechContainer) -> None:
        self.school, self.container = school, container
        self.notes: list[str] = []

    def killed(self) -> AbstractContextManager[None]:
        """The process is gone from one moment to the next."""
        self.container.signal(signal.SIGKILL)
        return nullcontext()

    def out_of_memory(self) -> AbstractContextManager[None]:
        """The kernel ends it."""
        self.container.exhaust_memory()
        return nullcontext()

    def hung(self) -> AbstractContextManager[None]:
        """It does nothing any more."""
        self.container.signal(signal.SIGSTOP)
        return nullcontext()

    def volume_full(self) -> AbstractContextManager[None]:
        """No recording can be kept."""
        return self.container.full_volume()

    def model_damaged(self) -> AbstractContextManager[None]:
        """The model's file is no model when it is needed; some seconds later it is whole again."""
        with self.container.damaged_model():
            self.container.signal(signal.SIGKILL)
            self.container.refuses_to_load()
        return nullcontext()

    def wedged(self) -> AbstractContextManager[None]:
        """Two streaming requests that stop upstream's page for good, and whose clients go away."""
        with self.school.pupil(VICTIM) as pupil:
            for _ in range(2):
                arguments = replies.synthesis_arguments(READING, "")
                arguments[1:7] = ["3s极速复刻", "", "没有提示", None, None, ""]
                pupil.post(ENDPOINT, json={"data": arguments}).raise_for_status()
        return nullcontext()

    def abandoned(self) -> AbstractContextManager[None]:
        """Clients ask for a long reading, one after the other, and hang up when it begins."""
        for _ in range(2):
            with self.school.pupil(VICTIM) as pupil:
                stream = ask(pupil, READING)
                with pupil.stream("GET", stream) as reply:
                    next(reply.iter_lines())
        return nullcontext()

    def crowded(self) -> AbstractContextManager[None]:
        """Many ask at once: each hears its sentence, or is told at once when to come again."""
        with ThreadPoolExecutor(PARALLEL) as crowd:
            ends = Counter(crowd.map(lambda _: self._one_of_many(), range(PARALLEL)))
        self.notes.append(f"of {PARALLEL} at once {ends['complete']} heard, {ends['refused']} told to wait")
        assert ends.keys() <= {"complete", "refused"}, (
            f"nobody of {PARALLEL} is left without an answer: {ends}"
        )
        assert ends["complete"] >= 1, f"somebody is heard: {ends}"
        return nullcontext()

    def _one_of_many(self) -> str:
        with self.school.pupil(VICTIM) as pupil:
            try:
                return last_event(pupil, ask(pupil, "The bell rings."))
            except httpx.HTTPStatusError as refusal:
                answer = refusal.response
                told = (
                    answer.status_code == httpx.codes.SERVICE_UNAVAILABLE and "retry-after" in answer.headers
                )
                return "refused" if told else f"{answer.status_code} {answer.headers}"


@dataclass(frozen=True)
class Fault:
    """Something that befalls the server."""

    strike: Callable[[Scene], AbstractContextManager[None]]
    seconds: float
    """Within which a new sentence of the same campus must have been heard."""

    times: int
    """How often among the twenty."""

    replaces: bool = False
    """Whether another process speaks afterwards."""


FAULTS = {
    "kill -9": Fault(Scene.killed, seconds=40, times=4, replaces=True),
    "out of memory": Fault(Scene.out_of_memory, seconds=40, times=2, replaces=True),
    "hang": Fault(Scene.hung, seconds=75, times=2, replaces=True),
    "damaged model": Fault(Scene.model_damaged, seconds=60, times=2, replaces=True),
    "full volume": Fault(Scene.volume_full, seconds=30, times=3),
    "two wedging requests": Fault(Scene.wedged, seconds=30, times=3),
    "clients hang up": Fault(Scene.abandoned, seconds=60, times=2),
    f"{PARALLEL} at once": Fault(Scene.crowded, seconds=90, times=2),
}


@pytest.fixture
def scene(school: School, kubectl: Kubectl) -> Scene:
    speech = ("-l", "app.kubernetes.io/name=cosyvoice", "-o", "jsonpath={.items[*].metadata.uid}")
    (uid,) = kubectl("-n", school.backend, "get", "pods", *speech).split()
    return Scene(school, SpeechContainer(uid))


def test_twenty_faults_in_random_order(
    school: School, scene: Scene, tell: Callable[[str], None], tmp_path: Path
) -> None:
    order = [name for name, fault in FAULTS.items() for _ in range(fault.times)]
    assert len(order) == ROUNDS, "twenty faults"
    source = random.SystemRandom()
    source.shuffle(order)
    listening = Listening(source, tmp_path, LOOPBACK, deadline=120)
    campus = school.outputs.campuses[VICTIM]
    ca = school.authorities[school.hosts[VICTIM]]
    have_spoken(VICTIM, campus, ca, listening)
    with Neighbour(school.hosts[NEIGHBOUR], school.authorities[school.hosts[NEIGHBOUR]]) as neighbour:
        with school.pupil(VICTIM) as pupil:
            # The model keeps the room that two texts took which it spoke at once.
            assert last_event(pupil, ask(pupil, READING)) == "complete", "a longer text is heard"
        neighbour.hears(3)
        at_first = scene.container.memory
        tell(f"the server holds {at_first / 2**20:.0f} MiB at first")
        for number, name in enumerate(order, 1):
            fault, lost = FAULTS[name], len(neighbour.lost)
            before, began = scene.container.speaking, time.monotonic()
            with fault.strike(scene):
                if fault.replaces:
                    scene.container.wait_for_another(before, fault.seconds)
                detected = time.monotonic() - began
                try:
                    have_spoken(VICTIM, campus, ca, listening)
                except OperationError as error:
                    raise AssertionError(f"{number}, {name}: {error}") from error
                recovered = time.monotonic() - began
            neighbour.hears(1)
            words = f"{number:2} {name}: "
            words += f"another process after {detected:.1f} s, " if fault.replaces else ""
            words += f"a new sentence after {recovered:.1f} s (bound {fault.seconds:.0f}), "
            tell(
                words
                + f"the neighbour lost {len(neighbour.lost) - lost}"
                + "".join(f"; {note}" for note in scene.notes)
            )
            scene.notes.clear()
            assert recovered <= fault.seconds, (
                f"{name}: a new sentence within {fault.seconds} s, not {recovered:.1f}"
            )
            assert len(neighbour.lost) - lost <= 1, (
                f"{name} costs the neighbour one request at most: {neighbour.lost[lost:]}"
            )
        at_last = scene.container.memory
    tell(f"the server holds {at_last / 2**20:.0f} MiB at the end; the neighbour heard {neighbour.heard}")
    grown = at_last / at_first - 1
    assert grown <= MEMORY_TOLERANCE, f"after {ROUNDS} faults it holds {grown:.0%} more than before"
