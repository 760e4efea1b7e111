"""Measure what a listener waits for: ``benchmark.py http://127.0.0.1:7860``, or a campus's own address.

Asks ``POST /v1/audio/speech`` for raw samples, which come while they are spoken, and prints a table of medians: the wait for
the first sound, for the whole, and the real-time factor, which is the whole wait per second of audio.
"""

import argparse
import ssl
import statistics
import sys
import time
from dataclasses import astuple, dataclass

import httpx

RATE, BYTES_A_SAMPLE = 24_000, 2
TEXTS = {
    "Chinese, a sentence": ("中文女", "收到好友从远方寄来的生日礼物，心中充满了快乐。"),
    "Chinese, five sentences": (
        "中文女",
        "春天来了，校园里的樱花开了。同学们在树下读书。老师走过来，轻轻地问好。风把花瓣吹到书页上。大家都笑了。",
    ),
    "English, a sentence": ("英文女", "The sun rises in the east and sets in the west."),
    "English, five sentences": (
        "英文女",
        "Spring has come. The cherry trees are in bloom. The pupils read below. A teacher says hello. Petals fall on the pages.",
    ),
}
"""What is read, each with its voice."""


@dataclass(frozen=True)
class Wait:
    """One reply: seconds until its first sound and its end, and seconds of audio."""

    first: float
    whole: float
    audio: float


def listened(client: httpx.Client, voice: str, text: str) -> Wait:
    """Have a text read, as it is spoken.

    Raises:
        httpx.HTTPError: the server does not answer with speech.
    """
    body = {"model": "cosyvoice", "input": text, "voice": voice, "response_format": "pcm"}
    began = time.perf_counter()
    first, size = 0.0, 0
    with client.stream("POST", "/v1/audio/speech", json=body) as reply:
        reply.raise_for_status()
        for piece in reply.iter_raw():
            first = first or time.perf_counter() - began
            size += len(piece)
    return Wait(first, time.perf_counter() - began, size / RATE / BYTES_A_SAMPLE)


def table(client: httpx.Client, times: int) -> list[str]:
    """Read every text so often, and write the medians as the rows of a Markdown table."""
    rows = ["| what is read | audio, s | first sound, s | whole, s | real-time factor |", "|---|---|---|---|---|"]
    for name, (voice, text) in TEXTS.items():
        waits = [listened(client, voice, text) for _ in range(times)]
        first, whole, audio = (statistics.median(values) for values in zip(*map(astuple, waits), strict=True))
        rows.append(f"| {name} | {audio:.1f} | {first:.2f} | {whole:.2f} | {whole / audio:.2f} |")
    return rows


def main() -> int:
    """Measure one server, and print the table."""
    arguments = argparse.ArgumentParser(description="Measure what a listener waits for.")
    arguments.add_argument("url", help="the server's address or a campus's")
    arguments.add_argument("--campus", default="north", help="the campus to ask for, where no gateway names it")
    arguments.add_argument("--ca", help="a file of certificates to trust, for a gateway with its own authority")
    arguments.add_argument("--times", type=int, default=5, help="how often each text is read")
    given = arguments.parse_args()
    trust = ssl.create_default_context(cafile=given.ca)
    try:
        with httpx.Client(base_url=given.url, headers={"X-Campus-Id": given.campus}, timeout=600, verify=trust) as client:
            print("\n".join(table(client, given.times)))
    except httpx.HTTPError as error:
        print(f"{given.url} does not speak ({error}): name a running server, or for a gateway its certificates with --ca", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
