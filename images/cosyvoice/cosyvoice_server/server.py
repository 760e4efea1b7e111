"""Serving until a signal comes, and then draining."""

import asyncio
import logging
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from cosyvoice_server.lifecycle import Lifecycle, Phase
from cosyvoice_server.watchdog import Renewal, Watchdog

LOG = logging.getLogger(__name__)

ENDPOINT_REMOVAL_SECONDS = 2.0
"""How long new requests are still taken after the signal: the gateway learns of an endpoint's removal a moment later."""
RESULT_FETCH_SECONDS = 1.0
"""How long nothing may be under way before the server stops: a listener fetches the last segments after the reply."""
TURN_SECONDS = 0.1
KEPT_SECONDS = 2 * 60 * 60
"""How long an idle connection is kept: longer than Envoy keeps it (an hour), or Envoy would now and then send a request into
one that has just been closed (https://www.envoyproxy.io/docs/envoy/latest/faq/configuration/timeouts)."""


class Drain:
    """Decides when a server that was told to stop takes nothing new, and when it may go."""

    def __init__(self, lifecycle: Lifecycle, seconds: int, clock: Callable[[], float] = time.monotonic) -> None:
        """Wait at most ``seconds`` for what is under way."""
        self._lifecycle = lifecycle
        self._seconds = seconds
        self._clock = clock
        self._began: float | None = None
        self._busy_at = 0.0
        self.reason: Renewal | None = None
        """Why the server stops by itself; nothing when it was told to."""

    @property
    def begun(self) -> bool:
        """Whether the server is on its way out."""
        return self._began is not None

    def begin(self, reason: Renewal | None = None) -> None:
        """Start draining; a second signal changes nothing."""
        if self._began is None:
            self._began = self._busy_at = self._clock()
            self.reason = reason
            self._lifecycle.enter(Phase.DRAINING)

    def closed(self) -> bool:
        """Tell whether new syntheses are refused by now."""
        return self._began is not None and self._clock() - self._began >= ENDPOINT_REMOVAL_SECONDS

    def over(self, *, busy: bool) -> bool:
        """Tell whether the server may stop, given whether anything is under way now."""
        if self._began is None:
            return False
        now = self._clock()
        if busy:
            self._busy_at = now
        return now - self._began >= self._seconds or (self.closed() and now - self._busy_at >= RESULT_FETCH_SECONDS)


class Server(uvicorn.Server):
    """Uvicorn, but a signal starts a drain instead of an end."""

    def __init__(self, config: uvicorn.Config, drain: Drain) -> None:
        super().__init__(config)
        self._drain = drain

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Start draining (called by uvicorn's handler of SIGTERM and SIGINT)."""
        self._drain.begin()


@dataclass(frozen=True)
class Watched:
    """What decides about the end, besides signals."""

    watchdog: Watchdog
    answering: Callable[[], bool]
    """Whether a request is being answered."""
    renewed: Callable[[Renewal], None]
    """Told when the server begins to stop by itself."""

    def busy(self) -> bool:
        """Tell whether an end would cut somebody off, other than those who listen to a synthesis that is stuck."""
        return self.watchdog.hopeful() or (self.answering() and not self.watchdog.complaint())


async def serve(app: ASGIApp, listener: socket.socket, lifecycle: Lifecycle, drain: Drain, watched: Watched) -> None:
    """Serve ``app`` on ``listener`` until a signal or the watchdog has begun a drain, and it is over.

    Args:
        app: the application.
        listener: a bound socket.
        lifecycle: told when the server is ready, and at every turn of the event loop.
        drain: decides when to stop.
        watched: what the server looks at at every turn.
    """
    config = uvicorn.Config(
        app,
        log_config=None,
        log_level="warning",
        access_log=False,
        timeout_keep_alive=KEPT_SECONDS,
        proxy_headers=True,
        forwarded_allow_ips="*",  # only the gateway's Envoy can reach this port (NetworkPolicy)
        timeout_graceful_shutdown=1,  # what is left by then are heartbeats, which only a client ends
    )
    server = Server(config, drain)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    while not serving.done():
        lifecycle.turned()
        if server.started:
            lifecycle.enter(Phase.READY)
        if not drain.begun and (reason := watched.watchdog.renewal()):
            LOG.error("stopping, to be started anew: %s", watched.watchdog.complaint() or "the memory ceiling is passed")
            watched.renewed(reason)
            drain.begin(reason)
        server.should_exit = server.should_exit or drain.over(busy=watched.busy())
        await asyncio.wait([serving], timeout=TURN_SECONDS)
    await serving
