"""When a server asks to be started anew."""

import pytest

from cosyvoice_server.lifecycle import Lifecycle
from cosyvoice_server.watchdog import Renewal, Watchdog


@pytest.mark.parametrize(
    ("silences", "ailment", "ceiling", "renewal", "complaint", "hopeful"),
    [
        ([], "", 0, None, "", False),
        ([3.0, 9.0], "", 0, None, "", True),
        ([3.0, 121.0], "", 0, Renewal.STALLED, "a synthesis has brought no chunk for 121 s", True),
        ([121.0], "", 0, Renewal.STALLED, "a synthesis has brought no chunk for 121 s", False),
        ([], "CUDA is lost", 0, Renewal.ENGINE, "CUDA is lost", False),
        ([3.0], "", 1, Renewal.MEMORY, "", True),
    ],
    ids=["idle", "speaking", "one of two stuck", "stuck", "a broken engine", "over the ceiling"],
)
def test_a_server_that_cannot_go_on_says_why_and_whom_it_can_still_serve(
    *, silences: list[float], ailment: str, ceiling: int, renewal: Renewal | None, complaint: str, hopeful: bool
) -> None:
    watchdog = Watchdog(Lifecycle(), stall_seconds=120, memory_ceiling=ceiling)
    watchdog.watch(lambda: silences, lambda: ailment)

    assert watchdog.renewal() is renewal, "it stops by itself when it cannot go on, and only then"
    assert watchdog.complaint() == complaint, "liveness fails for what only a new process can mend, not for its size"
    assert watchdog.hopeful() is hopeful, "who is still being spoken to is waited for, and nobody else"
