"""The server around an engine that speaks only while the file named by the first argument is there."""

import ast
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from plain_engine import PlainEngine

from cosyvoice_server.__main__ import run
from cosyvoice_server.config import settings_from
from cosyvoice_server.container import alone
from cosyvoice_server.discretion import log_discreetly
from cosyvoice_server.engines.base import Samples, SpeechRequest


class HeldEngine(PlainEngine):
    """Speaks a tenth of a second for each request; a text may begin with "fail", "break", "hang", "grow", "endless",
    "slow", which takes half a second, or "first", which speaks a second that waits for no permission.
    """

    def __init__(self, permission: Path) -> None:
        self._permission = permission
        self._kept: list[bytearray] = []

    def synthesize(self, request: SpeechRequest) -> Iterator[Samples]:
        chunk, pause = np.full(2400, 0.1, np.float32), threading.Event()
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
                    pause.wait(0.5)
            case "first":
                yield np.full(self.sample_rate, 0.1, np.float32)
            case "slow":
                pause.wait(0.5)
        while not self._permission.exists():
            pause.wait(0.02)
        yield chunk


if __name__ == "__main__":
    ast.get_source_segment = lambda *_, **__: sys.exit("Gradio parsed the source of a component")
    log_discreetly()
    settings = settings_from(os.environ)
    sys.exit(run(settings, HeldEngine(Path(sys.argv[1])), alone(settings)))
