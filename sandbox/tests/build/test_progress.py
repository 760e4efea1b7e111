"""The user sees what took how long, and how long it usually takes."""

import io
from pathlib import Path
from typing import TextIO

from rich.console import Console

from campus_sandbox.paths import Owner
from campus_sandbox.progress import Durations, LiveProgress, PlainProgress, show_progress


def test_a_plain_line_names_the_step_its_time_and_the_usual_time(tmp_path: Path, owner: Owner) -> None:
    durations = Durations(tmp_path / "cache" / "durations.json", owner)
    out = io.StringIO()
    with show_progress(durations, out) as progress:
        progress.finished("compile etcd", 31.4)
        progress.finished("compile etcd", 8.04)
    first, second = out.getvalue().splitlines()
    assert first.split() == ["✓", "compile", "etcd", "31", "s"]
    assert second.split() == ["✓", "compile", "etcd", "8.0", "s", "(usually", "31", "s)"]
    assert Durations(tmp_path / "cache" / "durations.json", owner).usual("compile etcd") == 8.0


def test_a_damaged_memory_of_times_is_as_good_as_none(tmp_path: Path, owner: Owner) -> None:
    file = tmp_path / "durations.json"
    for damage in ("{", "[1]", '{"a": null}', ""):
        file.write_text(damage)
        assert Durations(file, owner).usual("a") is None, f"{damage!r} must not stop a build"


def test_a_terminal_gets_the_live_display_and_a_log_file_plain_lines(tmp_path: Path, owner: Owner) -> None:
    durations = Durations(tmp_path / "durations.json", owner)
    out = io.StringIO()

    def terminal(stream: TextIO) -> Console:
        return Console(file=out, force_terminal=True, width=100, legacy_windows=False)

    assert isinstance(show_progress(durations, out), PlainProgress)
    live = show_progress(durations, out, terminal)
    assert isinstance(live, LiveProgress)
    with live:
        live.started("compile etcd")
        live.said("compile etcd", "uses the machine's Go")
        live.finished("compile etcd", 31.0)
    shown = out.getvalue()
    assert "uses the machine's Go" in shown
    assert "✓ compile etcd" in shown
