"""Speaking one request from start to end: checks, its turn, its deadline, the counting, and the copy on the outputs volume."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeVar

from cosyvoice_server.campus import Caller
from cosyvoice_server.checking import check
from cosyvoice_server.deadline import Deadline, DeadlineError
from cosyvoice_server.discretion import without_message
from cosyvoice_server.engines.base import Engine, EngineError, Mode, Samples, SpeechError, SpeechRequest
from cosyvoice_server.keeping import Copy
from cosyvoice_server.metrics import Metrics
from cosyvoice_server.reply import Reply
from cosyvoice_server.synthesis import Backlog, Synthesis
from cosyvoice_server.turns import BusyError, Turn, Turns
from cosyvoice_server.voices.speaking import Spoken, names_teacher, refuse_withdrawn, spoken_as, synthesized
from cosyvoice_server.voices.store import VoiceStore

LOG = logging.getLogger(__name__)
LOOKUPS = 8
"""Threads that read the voices volume for requests. One that hangs holds up them alone: preset voices need none."""
Found = TypeVar("Found")


class FailedError(SpeechError):
    """The engine failed; it may do better next time."""

    def __init__(self) -> None:
        super().__init__("朗读失败，请稍后再试。 Speaking failed: try again, and tell the operator if it fails again.")


class Speaker:
    """Speaks requests with one engine and keeps what was said. It belongs to the event loop's thread."""

    def __init__(
        self, engine: Engine, outputs: Path, metrics: Metrics, turns: Turns, deadline_seconds: float, voices: VoiceStore | None = None
    ) -> None:
        """Let a request wait and speak for ``deadline_seconds`` together; ``voices`` are the teachers', beside the engine's."""
        self.engine = engine
        self._outputs = outputs
        self._metrics = metrics
        self._turns = turns
        self._deadline = deadline_seconds
        self._voices = voices
        self._lookups = ThreadPoolExecutor(LOOKUPS, "lookup")
        self._backlog = Backlog()
        self._under_way: set[Synthesis] = set()

    def silences(self) -> list[float]:
        """Tell for each running synthesis how many seconds ago it brought its last chunk. Any thread may ask."""
        return [silence for synthesis in tuple(self._under_way) if (silence := synthesis.silent_seconds()) is not None]

    def abandoned(self) -> int:
        """Count the syntheses that hold a slot though their request has ended."""
        return sum(synthesis.stopped for synthesis in tuple(self._under_way))

    def deadline(self) -> Deadline:
        """Tell when a request that comes now has to be finished."""
        return Deadline(self._deadline)

    def reserve(self, caller: Caller) -> Turn:
        """Take a place in the queue of the caller's campus, to be handed to ``speak`` or abandoned.

        Raises:
            BusyError: the queue is full.
        """
        try:
            return self._turns.reserve(caller.campus)
        except BusyError:
            self._metrics.errors.labels(caller.campus, "busy").inc()
            LOG.info("request %s campus=%s outcome=busy", caller.audit_id, caller.campus)
            raise

    async def listed(self, voices: Callable[[], Found], caller: Caller, mode: Mode, deadline: Deadline) -> Found:
        """List a campus's voices for a request that is to be spoken next.

        Raises:
            DeadlineError: they were not found in time, which is the request's end and counted as such.
        """
        reply = Reply(self._metrics, caller, mode)
        try:
            return await self._looked_up(voices, deadline)
        except DeadlineError as error:
            reply.failed("deadline", error)
            reply.end(0.0)
            raise

    async def speak(
        self,
        request: SpeechRequest,
        caller: Caller,
        turn: Turn | None = None,
        deadline: Deadline | None = None,
        understood: Callable[[Spoken], None] = lambda _: None,
    ) -> AsyncGenerator[Samples, None]:
        """Yield the audio of a request, chunk by chunk, and keep the whole of it in the campus's outputs folder.

        Whatever happens, the request ends: it is counted once, and its slot is given back as soon as the engine lets go of it.
        Closing the iterator ends it, too.

        Args:
            request: what to speak.
            caller: on whose behalf.
            turn: a place from ``reserve``; without one it takes its own.
            deadline: when it has to be finished; without one it has all the time that a request may take.
            understood: called once before anything is spoken, with what the engine will be asked and with whose voice.

        Raises:
            BusyError: the campus's queue is full.
            DeadlineError: it was not finished in time.
            FailedError: the engine failed on it.
            SpeechError: the request cannot be spoken; the text is for the person who asked.
        """
        turn = turn or self.reserve(caller)
        reply = Reply(self._metrics, caller, request.mode)
        deadline = deadline or self.deadline()
        synthesis, alarm = None, None
        try:
            spoken = await self._understood(request, caller, deadline)
            understood(spoken)
            synthesis = self._begun(spoken, turn)
            # A listener who takes no more chunks holds nothing either.
            alarm = asyncio.get_running_loop().call_at(deadline.at, synthesis.stop)
            while (chunk := await self._next(synthesis, deadline)) is not None:
                if spoken.voice:  # the engine may be far ahead of the listener
                    await self._looked_up(partial(refuse_withdrawn, spoken), deadline)
                reply.heard(len(chunk) / self.engine.sample_rate, synthesis.began)
                yield chunk
            reply.outcome = "spoken"
        except DeadlineError as error:
            reply.failed("deadline", error)
            raise
        except EngineError as error:
            cause = error.__cause__ or error
            reply.failed("failed", cause)
            LOG.error("request %s: the model failed: %s", caller.audit_id, without_message(cause))
            raise
        except SpeechError as error:
            reply.failed("refused", error)
            raise
        except Exception as error:
            reply.failed("failed", error)
            LOG.error("request %s: synthesis failed: %s", caller.audit_id, without_message(error))
            raise FailedError from None
        finally:
            turn.abandon()
            if synthesis and alarm:
                alarm.cancel()
                synthesis.stop()
            reply.end(synthesis.engine_seconds if synthesis else 0.0)

    async def _understood(self, request: SpeechRequest, caller: Caller, deadline: Deadline) -> Spoken:
        """Find a request's voice, refuse what cannot be spoken, and have the engine say what will differ from what was asked.

        Raises:
            DeadlineError: the voice was not found in time.
            SpeechError: the request cannot be spoken.
        """

        def understand() -> Spoken:
            spoken = spoken_as(request, caller, self._voices, self.engine)
            check(spoken.request, cloning=caller.cloning)
            return replace(spoken, notices=tuple(self.engine.notices(spoken.request)))

        return await self._looked_up(understand, deadline) if names_teacher(request, self.engine) else understand()

    async def _looked_up(self, what: Callable[[], Found], deadline: Deadline) -> Found:
        """Do something that reads the voices volume: when that hangs, the event loop does not, and the request has its deadline.

        Raises:
            DeadlineError: it was not done in time.
        """
        return await deadline.wait(asyncio.get_running_loop().run_in_executor(self._lookups, what))

    def _begun(self, spoken: Spoken, turn: Turn) -> Synthesis:
        """Start a synthesis, and know of it until its thread has ended."""
        copy = Copy(self._metrics, self._outputs, spoken, self.engine.sample_rate)
        synthesis = Synthesis(partial(synthesized, self.engine, spoken), copy, turn, self._backlog)
        self._under_way.add(synthesis)
        synthesis.task.add_done_callback(lambda _: self._under_way.discard(synthesis))
        return synthesis

    @staticmethod
    async def _next(synthesis: Synthesis, deadline: Deadline) -> Samples | None:
        """Wait for the next chunk.

        Raises:
            DeadlineError: it did not come in time, or the listener did not.
        """
        chunk = await deadline.wait(synthesis.next())
        if chunk is None and synthesis.stopped:
            raise deadline.missed()
        return chunk
