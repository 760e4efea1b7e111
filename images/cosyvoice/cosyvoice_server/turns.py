"""Whose request is spoken next: one bounded queue a campus, served in turn, over a few slots.

Everything here belongs to the event loop's thread; only the counts may be read from another.
"""

import asyncio
import math
import time
from collections import Counter
from collections.abc import Callable
from types import TracebackType
from typing import Self

from cosyvoice_server.engines.base import SpeechError

USUAL_SECONDS = 5.0
"""How long a turn is taken to last until one has."""
NEWEST_WEIGHS = 0.2
LONGEST_RETRY_SECONDS = 60


class BusyError(SpeechError):
    """The campus's queue is full."""

    def __init__(self, waiting: int, retry_after: int) -> None:
        """Say so; ``retry_after`` is the number of seconds after which a place should be free."""
        super().__init__(
            f"排队的请求已满（{waiting} 个），请在 {retry_after} 秒后再试。"
            f" The queue is full: {waiting} requests of this campus wait already. Try again in {retry_after} s."
        )
        self.retry_after = retry_after


class Turn:
    """A place in a campus's queue, and then a slot: ``async with turn`` waits for the slot and gives it back."""

    def __init__(self, turns: "Turns", campus: str) -> None:
        self.campus = campus
        self.granted: asyncio.Event = asyncio.Event()
        self.entered = False
        self._turns = turns

    @property
    def crowded(self) -> bool:
        """Whether others of its campus wait, too."""
        return self._turns.waiting()[self.campus] > 0

    async def __aenter__(self) -> Self:
        self._turns.enter(self)
        try:
            await self.granted.wait()
        except asyncio.CancelledError:
            self._turns.leave(self)
            raise
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._turns.leave(self)

    def abandon(self) -> None:
        """Give the place back, if nobody has begun to wait in it."""
        if not self.entered:
            self._turns.leave(self)


class Turns:
    """The queues of all campuses and the slots that they share."""

    def __init__(self, slots: int, waiting_per_campus: int, *, shared: bool = False, clock: Callable[[], float] = time.monotonic) -> None:
        """Let ``slots`` requests run at once and ``waiting_per_campus`` wait in each campus's queue.

        With ``shared``, one slot is always left to the other campuses (where there is more than one), so that nobody waits
        for the end of somebody else's long text.
        """
        self.slots = slots
        self._waiting = waiting_per_campus
        self._most = max(1, slots - 1) if shared else slots
        self._clock = clock
        self._places: list[Turn] = []
        self._began: dict[Turn, float] = {}
        self._served: Counter[str] = Counter()
        self._count = 0
        self._usual = USUAL_SECONDS

    @property
    def running(self) -> int:
        """Slots that are taken."""
        return len(self._began)

    def waiting(self) -> Counter[str]:
        """Count the places taken in each campus's queue."""
        return Counter(turn.campus for turn in tuple(self._places))

    def running_by_campus(self) -> Counter[str]:
        """Count the slots that each campus has."""
        return Counter(turn.campus for turn in tuple(self._began))

    def campuses(self) -> list[str]:
        """Name the campuses that have been served."""
        return sorted(self._served)

    def reserve(self, campus: str) -> Turn:
        """Take a place in the campus's queue; it must be entered or abandoned.

        Raises:
            BusyError: the queue is full, and no slot is free either.
        """
        free = min(self.slots - self.running, self._most - self.running_by_campus()[campus])
        if self.waiting()[campus] >= self._waiting + free:
            raise BusyError(self._waiting, min(LONGEST_RETRY_SECONDS, math.ceil(self._usual)))
        turn = Turn(self, campus)
        self._places.append(turn)
        return turn

    def enter(self, turn: Turn) -> None:
        """Begin to wait: only who waits is given a slot, so that no reservation blocks one."""
        turn.entered = True
        self._grant()

    def leave(self, turn: Turn) -> None:
        """Give back the place or the slot, whichever it is by now."""
        if turn in self._places:
            self._places.remove(turn)
        began = self._began.pop(turn, None)
        if began is not None:
            self._usual += NEWEST_WEIGHS * (self._clock() - began - self._usual)
        self._grant()

    def _grant(self) -> None:
        """Give free slots to the campuses that have gone longest without one, each campus's oldest request first."""
        while self.running < self.slots:
            running = self.running_by_campus()
            ready = [turn for turn in self._places if turn.entered and running[turn.campus] < self._most]
            if not ready:
                return
            turn = min(ready, key=lambda one: self._served[one.campus])
            self._places.remove(turn)
            self._began[turn] = self._clock()
            self._count += 1
            self._served[turn.campus] = self._count
            turn.granted.set()
