"""The server around an engine that speaks only while the file named by the first argument is there."""

import logging
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from cosyvoice_server.__main__ import run
from cosyvoice_server.config import settings_from
from cosyvoice_server.engines.base import Samples, SpeechRequest


class HeldEngine:
    """Speaks a tenth of a second for each request; a text that starts with "fail" raises, one with "break" after it has spoken."""

    sample_rate = 24_000

    def __init__(self, permission: Path) -> None:
        self._permission = permission

    def load(self) -> None:
        pass

    def voices(self) -> tuple[str, ...]:
        return ("中文女",)

    def notices(self, request: SpeechRequest) -> list[str]:
        return []

    def synthesize(self, request: SpeechRequest) -> Iterator[Samples]:
        if request.text.startswith("fail"):
            raise RuntimeError(request.text)
        pause = threading.Event()
        while not self._permission.exists():
            pause.wait(0.02)
        yield np.full(2400, 0.1, np.float32)
        if request.text.startswith("break"):
            raise RuntimeError(request.text)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    run(settings_from(os.environ), HeldEngine(Path(sys.argv[1])))
