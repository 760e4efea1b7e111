"""Asks campuses several times a second, as their pupils would, and keeps every answer that is not a good one."""

import threading
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from types import TracebackType
from typing import Self

import httpx

from operations.voice.connection import LOOPBACK, client
from tests.cluster.framework import wait_until

PAGE = "/robots.txt"
"""Answered by the speech server itself, at next to no cost: what is polled shall have the machine for itself."""

PAUSE_SECONDS = 0.1
PATIENCE_SECONDS = 10
"""A page that takes longer has failed for whoever waits for it."""


class Connection(StrEnum):
    """How a request travels."""

    NEW = "a new connection"
    KEPT = "a kept connection"


@dataclass(frozen=True)
class Failure:
    """One request that was not answered with 200."""

    at: float
    """When it was sent, on the monotonic clock."""

    host: str
    connection: Connection
    status: int | None
    """The status of a bad answer; None when the connection was refused, cut or not to be trusted."""

    what: str


class Poller:
    """Polls hosts while it is entered; nothing is asked twice, so that no failure is covered up.

    Each host is asked over new connections and over kept ones, by a thread each.
    """

    def __init__(self, authorities: Mapping[str, str]) -> None:
        """Take the hosts, each with the PEM text of the CA that must have signed its certificate."""
        self._authorities = dict(authorities)
        self._failures: list[Failure] = []
        self._good: Counter[tuple[str, Connection]] = Counter()
        self._since_failure: Counter[tuple[str, Connection]] = Counter()
        self._ended = threading.Event()
        self._threads = ThreadPoolExecutor(2 * len(self._authorities), "poller")
        self._asking: list[Future[None]] = []

    def __enter__(self) -> Self:
        self._asking = [
            self._threads.submit(self._poll, host, connection)
            for host in self._authorities
            for connection in Connection
        ]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._threads.shutdown()
        for asking in self._asking:
            asking.result()

    @property
    def answers(self) -> int:
        """How many good answers there were."""
        return self._good.total()

    def failures(self, hosts: Iterable[str] | None = None) -> list[Failure]:
        """What failed, of all hosts or of these, in the order of time."""
        wanted = self._authorities.keys() if hosts is None else set(hosts)
        return sorted((one for one in self._failures if one.host in wanted), key=lambda one: one.at)

    def told(self, hosts: Iterable[str] | None = None) -> str:
        """What failed, for people."""
        lines = [f"{one.at:.2f} {one.host} over {one.connection}: {one.what}" for one in self.failures(hosts)]
        return "\n".join([f"{len(lines)} requests failed, {self.answers} did not", *lines[:20]])

    def gap(self, host: str) -> float:
        """Seconds from the first failure of a host to its last; 0 without any."""
        times = [one.at for one in self.failures([host])]
        return max(times) - min(times) if times else 0.0

    def goes_on(self, *, answers: int = 10, deadline: float = 30) -> None:
        """Wait until each host has given so many more good answers of each kind."""
        before = Counter(self._good)
        wanted = self._keys()
        wait_until(
            lambda: all(self._good[key] >= before[key] + answers for key in wanted),
            deadline=deadline,
            what=f"each host is asked {answers} times; {self.told()}",
        )

    def heals(self, *, answers: int = 8, deadline: float = 60) -> None:
        """Wait until each host has given so many good answers of each kind since its last failure."""
        wait_until(
            lambda: all(self._since_failure[key] >= answers for key in self._keys()),
            deadline=deadline,
            what=f"every host answers again; {self.told()}",
        )

    def _keys(self) -> list[tuple[str, Connection]]:
        return [(host, connection) for host in self._authorities for connection in Connection]

    def _poll(self, host: str, connection: Connection) -> None:
        key = (host, connection)
        with client(
            f"https://{host}",
            address=LOOPBACK,
            ca=self._authorities[host],
            request_id=f"poller-{connection.name.lower()}",
            silence=PATIENCE_SECONDS,
        ) as pupil:
            if connection is Connection.NEW:
                pupil.headers["Connection"] = "close"
            while not self._ended.wait(PAUSE_SECONDS):
                sent = time.monotonic()
                if wrong := _ask(pupil):
                    self._failures.append(Failure(sent, host, connection, *wrong))
                    self._since_failure[key] = 0
                else:
                    self._good[key] += 1
                    self._since_failure[key] += 1


def _ask(pupil: httpx.Client) -> tuple[int | None, str] | None:
    """The status of a bad answer, if there was an answer, and what went wrong; None when nothing did."""
    try:
        answer = pupil.get(PAGE)
    except httpx.TransportError as error:
        return None, f"{type(error).__name__} {error}"
    if answer.status_code == httpx.codes.OK:
        return None
    return answer.status_code, f"{answer.status_code} {answer.text[:80]!r}"
