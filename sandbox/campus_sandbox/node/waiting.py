"""Waiting for a condition, with a deadline and never for a fixed time."""

import threading
from collections.abc import Callable
from time import monotonic
from typing import Final

POLL_SECONDS: Final = 0.05


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Ask `condition` every now and then until it holds; returns whether it did within `seconds`."""
    pause = threading.Event()
    deadline = monotonic() + seconds
    while not condition():
        if monotonic() >= deadline:
            return False
        pause.wait(POLL_SECONDS)
    return True
