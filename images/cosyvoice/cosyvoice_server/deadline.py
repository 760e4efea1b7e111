"""How long a request may take, whatever it waits for."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from cosyvoice_server.engines.base import SpeechError

Awaited = TypeVar("Awaited")


class DeadlineError(SpeechError):
    """The request has taken longer than any may."""

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"朗读超过了 {seconds:g} 秒的时限，请缩短文本或稍后再试。"
            f" The request was not finished within {seconds:g} s: send a shorter text, or try again when it is less busy."
        )


class Deadline:
    """The moment at which a request ends, finished or not. It belongs to the event loop's thread."""

    def __init__(self, seconds: float) -> None:
        """End ``seconds`` from now."""
        self.at = asyncio.get_running_loop().time() + seconds
        """By the event loop's clock."""
        self._seconds = seconds

    async def wait(self, what: Awaitable[Awaited]) -> Awaited:
        """Wait for something, until the deadline.

        Raises:
            DeadlineError: it has passed.
        """
        try:
            async with asyncio.timeout_at(self.at) as limit:
                return await what
        except TimeoutError:
            if limit.expired():
                raise self.missed() from None
            raise  # its own

    def missed(self) -> DeadlineError:
        """Say that it has passed."""
        return DeadlineError(self._seconds)
