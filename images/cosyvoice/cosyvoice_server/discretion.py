"""Logs that tell where something went wrong, but not what a person asked to be read.

An exception's message may quote a request; the places in its traceback quote only source code.
"""

import logging
import traceback
from types import TracebackType


class DiscreetFormatter(logging.Formatter):
    """Writes exceptions without their messages."""

    def formatException(self, ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]) -> str:
        """Write the exception of a log record."""
        return without_message(ei[1]) if ei[1] else ""


def log_discreetly() -> None:
    """Log everything of this process to standard error, exceptions without their messages."""
    handler = logging.StreamHandler()
    handler.setFormatter(DiscreetFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(handlers=[handler], level=logging.INFO)
    logging.getLogger("httpx").setLevel(logging.WARNING)


def without_message(error: BaseException) -> str:
    """Write an error's type and places, but not its message."""
    places = "; ".join(f"{frame.filename}:{frame.lineno} in {frame.name}" for frame in traceback.extract_tb(error.__traceback__))
    return f"{type(error).__name__} at {places}"
