"""The server around an engine that speaks only while the file named by the first argument is there."""

import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from cosyvoice_server.__main__ import run
from cosyvoice_server.config import settings_from
from cosyvoice_server.discretion import log_discreetly
from cosyvoice_server.engines.base import Samples, SpeechRequest


class HeldEngine:
    """Speaks a tenth of a second for each request; a text may begin with "fail", "break", "hang", "grow", "endless"
    or "first".
    """

    sample_rate = 24_000

    def __init__(self, permission: Path) -> None:
        self._permission = permission
        self._kept: list[bytearray] = []

    def load(self) -> None:
        pass

    def voices(self) -> tuple[str, ...]:
        return ("中文女",)

    def ailment(self) -> str:
        return ""

    def notices(self, request: SpeechRequest) -> list[str]:
        return []

    def synthesize(self, request: SpeechRequest) -> Iterator[Samples]:
        chunk = np.full(2400, 0.1, np.float32)
        match request.text.partition(" ")[0]:
            case "fail":
                raise RuntimeError(request.text)
            case "break":
                yield chunk
                raise RuntimeError(request.text)
            case "hang":
                threading.Event().wait()
            case "grow":
                self._kept.append(bytearray(b"x") * 600_000_000)
            case "endless":
                while True:
                    yield chunk
            case "first":
                yield chunk
        pause = threading.Event()
        while not self._permission.exists():
            pause.wait(0.02)
        yield chunk


if __name__ == "__main__":
    log_discreetly()
    sys.exit(run(settings_from(os.environ), HeldEngine(Path(sys.argv[1]))))
