"""Freeing the streamed replies that Gradio keeps in memory.

Gradio holds every audio segment of a streamed reply in ``Blocks.pending_streams`` until the browser's heartbeat closes;
a client without one (any API client) would leave its audio there for good.
"""

import threading
import time
from collections.abc import Callable

from gradio import Blocks

KEPT_SECONDS = 900.0
"""How long a reply stays fetchable after the last request of its session."""


class StreamedReplies:
    """Forgets the replies of sessions that have asked for nothing in a while."""

    def __init__(self, blocks: Blocks, clock: Callable[[], float] = time.monotonic) -> None:
        self._blocks = blocks
        self._clock = clock
        self._last_asked: dict[str, float] = {}
        self._lock = threading.Lock()

    def asked(self, session: str) -> None:
        """Note a request of a session, and forget the sessions whose time is over."""
        now = self._clock()
        with self._lock:
            self._last_asked[session] = now
            over = [name for name, then in self._last_asked.items() if now - then > KEPT_SECONDS]
            for name in over:
                del self._last_asked[name]
                self._blocks.pending_streams.pop(name, None)
