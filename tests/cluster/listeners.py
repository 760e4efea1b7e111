"""Pupils who listen to a long reading while something else happens."""

import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import httpx
import httpx_sse

from operations.voice import replies
from operations.voice.connection import LOOPBACK, client
from operations.voice.gradio import ENDPOINT

READING = " ".join(
    f"The {place} bell rings, and all the children of the {place} house come down the stairs."
    for place in ("first", "second", "third")
)
"""Twelve seconds of speech."""


@dataclass(frozen=True)
class Reading:
    """One event stream from its request to its end."""

    host: str
    began: float
    ended: float
    failure: str | None
    """Why it did not end with `complete`; None when it did."""


class Listeners:
    """Has one reading after the other spoken on each host while entered, and hears the last one to its end."""

    def __init__(self, authorities: Mapping[str, str], *, again: bool = True) -> None:
        """Take the hosts with their CAs; without `again` each host speaks a single reading."""
        self._authorities = dict(authorities)
        self._again = again
        self._readings: list[Reading] = []
        self._ended = threading.Event()
        self._threads = ThreadPoolExecutor(len(self._authorities), "listener")
        self._listening: list[Future[None]] = []

    def __enter__(self) -> Self:
        self._listening = [self._threads.submit(self._listen, host) for host in self._authorities]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._threads.shutdown()
        for listening in self._listening:
            listening.result()

    def of(self, host: str) -> list[Reading]:
        """The readings of one host that have ended."""
        return [reading for reading in self._readings if reading.host == host]

    def _listen(self, host: str) -> None:
        while True:
            began, failure = time.monotonic(), _read(host, self._authorities[host])
            self._readings.append(Reading(host, began, time.monotonic(), failure))
            if self._ended.is_set() or not self._again:
                return


def ask(pupil: httpx.Client, text: str, **headers: str) -> str:
    """Ask for a text to be spoken; returns the path of the event stream that reports on it."""
    info = pupil.get(f"{replies.API}/info", headers=headers).raise_for_status()
    voice = replies.preset_voice(info.text)
    assert voice is not None, "the sandbox's model has voices of its own"
    asked = pupil.post(ENDPOINT, json={"data": replies.synthesis_arguments(text, voice)}, headers=headers)
    return f"{ENDPOINT}/{asked.raise_for_status().json()['event_id']}"


def last_event(pupil: httpx.Client, stream: str, **headers: str) -> str:
    """The name of the event that a stream ends with."""
    last = ""
    with httpx_sse.connect_sse(pupil, "GET", stream, headers=headers) as source:
        source.response.raise_for_status()
        for event in source.iter_sse():
            last = event.event
    return last


def _read(host: str, ca: str) -> str | None:
    """Have the reading spoken; returns what went wrong."""
    with client(f"https://{host}", address=LOOPBACK, ca=ca, request_id="listener", silence=60) as pupil:
        try:
            last = last_event(pupil, ask(pupil, READING))
        except httpx.HTTPError as error:
            return f"{type(error).__name__} {error}"
    return None if last == "complete" else f"the stream ended with {last!r} instead of 'complete'"
