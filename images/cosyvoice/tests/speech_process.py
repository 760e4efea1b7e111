"""Starting the speech server as a process, and talking to it as a browser or an API client does."""

import array
import contextlib
import json
import math
import os
import socket
import subprocess
import sys
import threading
import time
import wave
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import imageio_ffmpeg

PRESET, ZERO_SHOT = "预训练音色", "3s极速复刻"
NORTH = {"X-Campus-Id": "north"}
CLONING = NORTH | {"X-Campus-Voice-Cloning": "enabled"}


def wait_until(condition: Callable[[], Any], rule: str, seconds: float = 180) -> Any:
    """Return the condition's first true value; fail with the rule when the deadline passes."""
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        pause.wait(0.05)
    raise AssertionError(rule)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class SpeechServer:
    """A server's process, addresses and folder."""

    process: subprocess.Popen[bytes]
    folder: Path
    port: int
    metrics_port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text()

    def strangers(self) -> list[str]:
        """List the addresses outside this machine that any of the server's sockets is connected to."""
        process = Path(f"/proc/{self.process.pid}")
        own = {str(file.readlink()) for file in (process / "fd").iterdir() if file.is_symlink()}
        rows = [line.split() for name in ("tcp", "tcp6") for line in (process / "net" / name).read_text().splitlines()[1:]]
        remote = [row[2].partition(":")[0] for row in rows if f"socket:[{row[9]}]" in own]
        return [address for address in remote if address.strip("0") and not address.endswith("0100007F")]

    def operations(self, path: str) -> httpx.Response:
        return httpx.get(f"http://127.0.0.1:{self.metrics_port}{path}", timeout=10)

    def ready(self) -> bool:
        try:
            return self.operations("/readyz").status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    def metric(self, line: str) -> float:
        values = [text.rpartition(" ")[2] for text in self.operations("/metrics").text.splitlines() if text.startswith(line + " ")]
        return float(values[0]) if values else 0.0

    def refusal(self) -> str:
        """Ask for a little thing, and return why it was refused, or nothing."""
        answer = httpx.post(f"{self.url}/gradio_api/call/generate_seed", json={"data": []}, headers=NORTH, timeout=120)
        return "" if answer.is_success else f"{answer.status_code} {answer.json()['detail']}"

    def ask(self, text: str, headers: dict[str, str] | None = None, **changes: Any) -> httpx.Response:
        """Ask for a text to be spoken; the reply names the event to listen to."""
        arguments = {
            "tts_text": text, "mode_checkbox_group": PRESET, "sft_dropdown": "中文女", "prompt_text": "", "prompt_wav_upload": None,
            "prompt_wav_record": None, "instruct_text": "", "seed": 0, "stream": True, "speed": 1.0,
        } | changes  # fmt: skip
        body = {"data": list(arguments.values())}
        return httpx.post(
            f"{self.url}/gradio_api/call/generate_audio", json=body, headers=NORTH if headers is None else headers, timeout=120
        )

    def listening(self, event_id: str, headers: dict[str, str] | None = None) -> contextlib.AbstractContextManager[httpx.Response]:
        """Open the connection on which a reply comes."""
        address = f"{self.url}/gradio_api/call/generate_audio/{event_id}"
        return httpx.stream("GET", address, headers=NORTH if headers is None else headers, timeout=120)

    def events(self, event_id: str, headers: dict[str, str] | None = None) -> Generator[tuple[str, Any], None, None]:
        """Listen to a reply: pairs of the event's name and its data, without heartbeats."""
        with self.listening(event_id, headers) as stream:
            name = ""
            for line in stream.iter_lines():
                if line.startswith("event: "):
                    name = line.removeprefix("event: ")
                elif line.startswith("data: ") and name != "heartbeat":
                    yield name, json.loads(line.removeprefix("data: "))

    def hear(self, text: str, headers: dict[str, str] | None = None, **changes: Any) -> list[tuple[str, Any]]:
        """Have a text spoken and return every event of the reply."""
        return list(self.events(self.ask(text, headers, **changes).json()["event_id"], headers))

    def recordings(self, campus: str) -> list[Path]:
        return sorted((self.folder / "outputs" / campus).glob("*.wav"))


@contextlib.contextmanager
def launched(command: list[str], folder: Path, **environment: str) -> Iterator[SpeechServer]:
    """Start a server as the image does, with all it writes in ``folder``, and end it afterwards."""
    port, metrics_port = free_port(), free_port()
    settings = {
        "COSYVOICE_OUTPUTS_DIR": str(folder / "outputs"),
        "COSYVOICE_PORT": str(port),
        "COSYVOICE_METRICS_PORT": str(metrics_port),
        "GRADIO_TEMP_DIR": str(folder / "tmp"),
        "HOME": str(folder / "home"),
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, env=os.environ | settings | environment, stdout=log, stderr=subprocess.STDOUT)
    try:
        yield SpeechServer(process, folder, port, metrics_port)
    finally:
        process.kill()
        process.wait()


@contextlib.contextmanager
def running(command: list[str], folder: Path, **environment: str) -> Iterator[SpeechServer]:
    """Start a server and wait until it is ready."""
    with launched(command, folder, **environment) as server:
        wait_until(lambda: server.ready() or server.process.poll() is not None, "the server gets ready")
        assert server.process.poll() is None, f"the server starts, but it said: {server.log}"
        yield server


@dataclass(frozen=True)
class Sound:
    """What an ear would notice of a recording."""

    rate: int
    seconds: float
    loudness: float
    """Root mean square, 1 is full scale."""


def heard(samples: bytes, rate: int) -> Sound:
    values = array.array("h", samples)
    return Sound(rate, len(values) / rate, math.sqrt(sum(value * value for value in values) / len(values)) / 32768)


def recording(path: Path) -> Sound:
    with wave.open(str(path)) as file:
        return heard(file.readframes(file.getnframes()), file.getframerate())


def decoded(streamed: bytes) -> Sound:
    """Decode what a browser's player would have fetched."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", "pipe:0", "-f", "s16le", "-ac", "1", "-ar", "24000", "pipe:1"]
    done = subprocess.run(command, input=streamed, capture_output=True, check=True)
    return heard(done.stdout, 24000)
