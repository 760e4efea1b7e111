"""One run of the engine, in a thread of its own, which never waits for its listener.

The thread is the only place that calls the engine: one that never returns holds its slot, but neither the event loop nor the
answer, and, being a daemon, not the end of the process. It does not wait for a slow listener, because a model may serve one
request at a time, and would then make all the others wait for that listener, too.
"""

import asyncio
import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial

from cosyvoice_server.engines.base import Samples, SpeechError
from cosyvoice_server.keeping import Copy
from cosyvoice_server.turns import Turn

LARGEST_BACKLOG = 256 * 1024 * 1024
"""Bytes of audio that all listeners together may be behind: three quarters of an hour."""

YIELDING = 5
"""What is added to the niceness of a synthesis that others come before: its thread gets a third of a core that it shares with one of
theirs, and all of it where there are none (https://man7.org/linux/man-pages/man7/sched.7.html, "The nice value"). The threads that an
engine has of its own are as nice as before."""


class SlowListenerError(SpeechError):
    """The listeners are too far behind."""

    def __init__(self) -> None:
        super().__init__(
            "接收音频的速度太慢，朗读已停止。"
            " The audio was not fetched as fast as it was spoken, and there is no room to keep more of it: fetch it faster."
        )


class Backlog:
    """The audio that has been spoken and not been fetched yet, of all requests together."""

    def __init__(self, largest: int = LARGEST_BACKLOG) -> None:
        self._largest = largest
        self._bytes = 0
        self._lock = threading.Lock()

    def grow(self, size: int) -> None:
        """Note audio that waits for its listener.

        Raises:
            SlowListenerError: there is no room for it.
        """
        with self._lock:
            if self._bytes + size > self._largest:
                raise SlowListenerError
            self._bytes += size

    def shrink(self, size: int) -> None:
        """Note audio that was fetched, or that nobody wants any more."""
        with self._lock:
            self._bytes -= size


class Synthesis:
    """A request's way through the engine: it waits for its turn, speaks, and keeps a copy."""

    def __init__(self, speak: Callable[[], Iterator[Samples]], copy: Copy, turn: Turn, backlog: Backlog) -> None:
        """Begin to wait for the turn, in a task of its own; when it comes, ``speak`` has the engine do its work."""
        self.began: float | None = None
        """When the turn came."""
        self.engine_seconds = 0.0
        """Time spent in the engine, without the writing of the copy."""
        self._say = speak
        self._copy = copy
        self._backlog = backlog
        self._loop = asyncio.get_running_loop()
        self._chunks: asyncio.Queue[Samples | None] = asyncio.Queue()
        self._stopped = threading.Event()
        self._last_chunk: float | None = None
        self._error: Exception | None = None
        self._yields = False
        self.task = asyncio.create_task(self._run(turn))
        self.task.add_done_callback(lambda _: turn.abandon())  # a task that is cancelled before its first step enters nothing

    async def next(self) -> Samples | None:
        """Wait for the next chunk; there is none after the last.

        Raises:
            Exception: whatever the engine raised.
        """
        chunk = await self._chunks.get()
        if chunk is not None:
            self._backlog.shrink(chunk.nbytes)
        if chunk is None and self._error is not None:
            raise self._error
        return chunk

    def stop(self) -> None:
        """End it: at once while it waits for its turn, else when the engine next comes up with a chunk."""
        self._stopped.set()
        if self.began is None:
            self.task.cancel()
        while not self._chunks.empty():
            chunk = self._chunks.get_nowait()
            self._backlog.shrink(0 if chunk is None else chunk.nbytes)
        self._chunks.put_nowait(None)

    @property
    def stopped(self) -> bool:
        """Whether nobody wants it any more."""
        return self._stopped.is_set()

    def silent_seconds(self) -> float | None:
        """Tell how long ago a running synthesis brought its last chunk; nothing when it does not run. Any thread may ask."""
        last = self._last_chunk
        return None if last is None else time.monotonic() - last

    async def _run(self, turn: Turn) -> None:
        """Hold a slot for as long as the thread lasts, however early the listener leaves."""
        async with turn:
            self.began = self._last_chunk = time.monotonic()
            ended = asyncio.Event()
            threading.Thread(target=partial(self._work, ended, crowded=turn.crowded), name="synthesis", daemon=True).start()
            await ended.wait()

    def _work(self, ended: asyncio.Event, *, crowded: bool) -> None:
        """Speak, and whatever happens tell the event loop of the end."""
        if crowded:
            self._yield()
        try:
            self._speak()
        except Exception as error:
            self._error = error
        finally:
            self._copy.discard()
            self._last_chunk = None
            self._tell(partial(self._hand_over, None))
            self._tell(ended.set)

    def _speak(self) -> None:
        """Hand over chunk after chunk, each to the copy first."""
        chunks = self._say()
        while not self._stopped.is_set():
            began = time.monotonic()
            chunk = next(chunks, None)
            self._last_chunk = time.monotonic()
            self.engine_seconds += self._last_chunk - began
            if chunk is None:
                self._copy.finish()
                return
            self._copy.add(chunk)
            self._backlog.grow(chunk.nbytes)
            self._tell(partial(self._hand_over, chunk))
            self._yield()

    def _yield(self) -> None:
        """Leave the processor to whoever is to be heard first; Linux has a niceness for each thread."""
        if not self._yields:
            self._yields = True
            os.nice(YIELDING)

    def _hand_over(self, chunk: Samples | None) -> None:
        """Put a chunk where the listener takes it, or the end; in the event loop's thread."""
        if not self._stopped.is_set():
            self._chunks.put_nowait(chunk)
        elif chunk is not None:
            self._backlog.shrink(chunk.nbytes)

    def _tell(self, what: Callable[[], None]) -> None:
        """Have the event loop do something; once it has closed nobody listens any more."""
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(what)
