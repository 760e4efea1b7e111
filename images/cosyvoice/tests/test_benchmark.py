"""The benchmark measures what it says."""

import threading
from collections.abc import Iterator

import httpx

import benchmark


def test_the_table_tells_the_wait_for_the_first_sound_apart_from_the_wait_for_the_whole() -> None:
    class Spoken(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            for _ in range(2):
                threading.Event().wait(0.05)
                yield bytes(2 * 24_000)

    with httpx.Client(base_url="http://campus", transport=httpx.MockTransport(lambda _: httpx.Response(200, stream=Spoken()))) as client:
        _, _, *rows = benchmark.table(client, times=1)

    for row in rows:
        _, _, audio, first, whole, factor, _ = row.split("|")
        assert float(audio) == 2.0, "two pieces of 24 000 samples are two seconds"
        assert 0.05 <= float(first) < float(whole), "the first sound comes before the end"
        assert abs(float(factor) - float(whole) / 2) < 0.02, "the real-time factor is the wait for a second of audio"
