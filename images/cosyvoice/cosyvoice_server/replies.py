"""Freeing the streamed replies that Gradio keeps in memory, and in a file each once somebody has fetched one as a whole.

Gradio holds every audio segment of a streamed reply in ``Blocks.pending_streams`` until the browser's heartbeat closes;
a client without one (any API client) would leave its audio there for good.
"""

import threading
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from gradio import Blocks

KEPT_SECONDS = 900.0
"""How long a reply stays fetchable after the last request of its session."""


class StreamedReplies:
    """Forgets the replies of sessions that have asked for nothing in a while, and of voices that were withdrawn."""

    def __init__(self, blocks: Blocks, clock: Callable[[], float] = time.monotonic) -> None:
        self._blocks = blocks
        self._clock = clock
        self._last_asked: dict[str, float] = {}
        self._voices: defaultdict[str, set[str]] = defaultdict(set)
        self._lock = threading.Lock()

    def asked(self, session: str, voice_id: str = "") -> None:
        """Note a request of a session, for a teacher's voice if it has an id, and forget the sessions whose time is over."""
        now = self._clock()
        with self._lock:
            self._last_asked[session] = now
            if voice_id:
                self._voices[session].add(voice_id)
            self._forget_old(now)

    def withdrawn(self, voice_ids: frozenset[str]) -> None:
        """Forget the replies of every session that has listened to one of these voices, and of those whose time is over."""
        with self._lock:
            for name in [name for name, used in self._voices.items() if used & voice_ids]:
                self._forget(name)
            self._forget_old(self._clock())

    def _forget_old(self, now: float) -> None:
        """Forget the sessions whose time is over."""
        for name in [name for name, then in self._last_asked.items() if now - then > KEPT_SECONDS]:
            self._forget(name)

    def _forget(self, session: str) -> None:
        """Drop a session's replies, and the files that were made of them."""
        self._last_asked.pop(session, None)
        self._voices.pop(session, None)
        for run in self._blocks.pending_streams.pop(session, {}).values():
            for stream in run.values():
                if stream.combined_file:
                    Path(stream.combined_file).unlink(missing_ok=True)
