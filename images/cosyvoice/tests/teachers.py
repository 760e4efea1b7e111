"""A teacher who enrols: recordings and forms."""

import json
import math
import secrets
import struct
from typing import Any

import httpx
import numpy as np
from speech_process import CLONING, SpeechServer

CONSENT = {
    "name": "王老师",
    "transcript": "今天我们一起读一篇课文。",
    "consent_given_by": "王小红",
    "consent_scope": "Reading lessons aloud to the pupils of the north campus",
    "consent_given_on": "2026-01-02",
}


def wav_file(
    *,
    rate: int = 24_000,
    seconds: float = 4,
    loudness: float = 0.2,
    bits: int = 16,
    kind: int = 1,
    channels: int = 1,
    extensible: bool = False,
    pitch: float = 220,
) -> bytes:
    """Write a recording as a WAV file of any kind: a tone, which is as good as a voice to all who do not imitate it."""
    tone = loudness * np.sin(2 * math.pi * pitch * np.arange(int(rate * seconds)) / rate)
    both = np.repeat(tone, channels)
    if kind == 3:
        data = both.astype("<f4").tobytes()
    elif bits == 8:
        data = (both * 127 + 128).astype(np.uint8).tobytes()
    elif bits == 24:
        data = (both * 2**31).astype("<i4").view(np.uint8).reshape(-1, 4)[:, 1:].tobytes()
    else:
        data = (both * (2 ** (bits - 1) - 1)).astype(f"<i{bits // 8}").tobytes()
    width = bits // 8 * channels
    layout = struct.pack("<HHIIHH", 0xFFFE if extensible else kind, channels, rate, rate * width, width, bits)
    if extensible:
        layout += struct.pack("<HHIH", 22, bits, 0, kind) + bytes.fromhex("000000001000800000aa00389b71")
    chunks = b"WAVEfmt " + struct.pack("<I", len(layout)) + layout + b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(chunks)) + chunks


def key_of(server: SpeechServer, campus: str) -> str:
    """Give a campus an enrolment key, as the operator does with a Secret."""
    file = server.folder / "enrolment" / campus
    if not file.exists():
        file.parent.mkdir(exist_ok=True)
        file.write_text(secrets.token_urlsafe(24) + "\n")
    return file.read_text().strip()


def permitted(server: SpeechServer, campus: str = "north") -> dict[str, str]:
    """The headers of somebody who may enrol on a campus."""
    return CLONING | {"X-Campus-Id": campus, "Authorization": f"Bearer {key_of(server, campus)}"}


def enrolled(server: SpeechServer, headers: dict[str, str] | None = None, recording: bytes | None = None, **changes: str) -> httpx.Response:
    """Send an enrolment as curl does."""
    fields = CONSENT | {"consent_expires_on": "2028-12-31"} | changes
    file = {"recording": ("teacher.wav", wav_file() if recording is None else recording, "audio/wav")}
    return httpx.post(f"{server.url}/v1/voices", data=fields, files=file, headers=headers or permitted(server), timeout=60)


def withdrawn(server: SpeechServer, name: str, headers: dict[str, str] | None = None) -> httpx.Response:
    return httpx.delete(f"{server.url}/v1/voices/{name}", headers=headers or permitted(server), timeout=60)


def listed(server: SpeechServer, headers: dict[str, str]) -> list[str]:
    """Open the page as a browser does, and return the names in its list of voices."""
    config = httpx.get(f"{server.url}/config", headers=headers, timeout=60).json()
    (load,) = (one["id"] for one in config["dependencies"] if [event for _, event in one["targets"]] == ["load"])
    session = secrets.token_hex(4)
    body = {"data": [], "fn_index": load, "session_hash": session}
    httpx.post(f"{server.url}/gradio_api/queue/join", json=body, headers=headers, timeout=60).raise_for_status()
    with httpx.stream("GET", f"{server.url}/gradio_api/queue/data?session_hash={session}", headers=headers, timeout=60) as stream:
        events: list[Any] = [json.loads(line.removeprefix("data:")) for line in stream.iter_lines() if line.startswith("data:")]
    (done,) = (event for event in events if event["msg"] == "process_completed")
    return [value for _, value in done["output"]["data"][0]["choices"]]
