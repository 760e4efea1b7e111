"""One run of the engine, in a thread of its own, a chunk ahead of its listener.

The thread is the only place that calls the engine: one that never returns holds its slot, but neither the event loop nor the
answer, and, being a daemon, not the end of the process.
"""

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Iterator

from cosyvoice_server.engines.base import Samples
from cosyvoice_server.keeping import Copy
from cosyvoice_server.turns import Turn

AHEAD = 1
"""Chunks that are spoken before the listener asks for them."""


class Synthesis:
    """A request's way through the engine: it waits for its turn, speaks, and keeps a copy."""

    def __init__(self, speak: Callable[[], Iterator[Samples]], copy: Copy, turn: Turn, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin to wait for the turn, in a task of its own; when it comes, ``speak`` has the engine do its work."""
        self.began: float | None = None
        """When the turn came."""
        self.engine_seconds = 0.0
        """Time spent in the engine, without the waits for the listener."""
        self._say = speak
        self._copy = copy
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._chunks: asyncio.Queue[Samples | None] = asyncio.Queue()
        self._room = threading.Semaphore(AHEAD)
        self._stopped = threading.Event()
        self._entered_engine: float | None = None
        self._error: Exception | None = None
        self.task = asyncio.create_task(self._run(turn))
        self.task.add_done_callback(lambda _: turn.abandon())  # a task that is cancelled before its first step enters nothing

    async def next(self) -> Samples | None:
        """Wait for the next chunk; there is none after the last.

        Raises:
            Exception: whatever the engine raised.
        """
        chunk = await self._chunks.get()
        self._room.release()
        if chunk is None and self._error is not None:
            raise self._error
        return chunk

    def stop(self) -> None:
        """End it: at once while it waits for its turn, else when the engine next comes up with a chunk."""
        self._stopped.set()
        self._room.release()
        if self.began is None:
            self.task.cancel()

    @property
    def stopped(self) -> bool:
        """Whether nobody wants it any more."""
        return self._stopped.is_set()

    def silent_seconds(self) -> float:
        """Tell how long the engine has been at work on the present chunk; 0 when it is not. Any thread may ask."""
        entered = self._entered_engine
        return 0.0 if entered is None else self._clock() - entered

    async def _run(self, turn: Turn) -> None:
        """Hold a slot for as long as the thread lasts, however early the listener leaves."""
        async with turn:
            self.began = self._clock()
            ended = asyncio.Event()
            threading.Thread(target=self._work, args=(ended,), name="synthesis", daemon=True).start()
            await ended.wait()

    def _work(self, ended: asyncio.Event) -> None:
        """Speak, and whatever happens tell the event loop of the end."""
        try:
            self._speak()
        except Exception as error:
            self._error = error
        finally:
            self._copy.discard()
            self._tell(lambda: self._chunks.put_nowait(None))
            self._tell(ended.set)

    def _speak(self) -> None:
        """Hand over chunk after chunk, each to the copy first."""
        self._entered_engine = self._clock()
        try:
            for chunk in self._say():
                self._left_engine()
                if self._stopped.is_set():
                    return
                self._copy.add(chunk)
                self._hand_over(chunk)
                del chunk  # it is the listener's now, and long ones are large
                self._room.acquire()
                if self._stopped.is_set():
                    return
                self._entered_engine = self._clock()
        finally:
            self._left_engine()
        self._copy.finish()

    def _left_engine(self) -> None:
        """Count the time that the engine took."""
        if self._entered_engine is not None:
            self.engine_seconds += self._clock() - self._entered_engine
            self._entered_engine = None

    def _hand_over(self, chunk: Samples) -> None:
        self._tell(lambda: self._chunks.put_nowait(chunk))

    def _tell(self, what: Callable[[], None]) -> None:
        """Have the event loop do something; once it has closed nobody listens any more."""
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(what)
