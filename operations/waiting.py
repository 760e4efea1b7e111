"""Waiting for a condition, with a deadline."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_until(condition: Callable[[], T | None], *, deadline: float, every: float = 0.5) -> T | None:
    """The first answer of `condition` that is not None, or None after `deadline` seconds.

    `every` is the pause between two looks, in seconds.
    """
    end = time.monotonic() + deadline
    pause = threading.Event()
    while (answer := condition()) is None and time.monotonic() < end:
        pause.wait(every)
    return answer
