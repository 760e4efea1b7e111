"""How the user sees the steps go: a live display on a terminal, plain lines anywhere else."""

import json
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Self, TextIO

from rich.console import Console, Group
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from campus_sandbox.paths import Owner, give_to_owner, make_folder


class Durations:
    """How long each step usually takes, in seconds, kept from run to run."""

    def __init__(self, file: Path, owner: Owner) -> None:
        self._file = file
        self._owner = owner
        self._seconds = self._read()

    def usual(self, title: str) -> float | None:
        """Seconds the step took when it last did its work; None when it never did."""
        return self._seconds.get(title)

    def record(self, title: str, seconds: float) -> None:
        """Remember that the step has just taken `seconds`."""
        self._seconds = {**self._read(), title: round(seconds, 1)}
        make_folder(self._file.parent, self._owner)
        fresh = self._file.with_suffix(".new")
        fresh.write_text(json.dumps(self._seconds, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        give_to_owner(fresh, self._owner)
        fresh.replace(self._file)

    def _read(self) -> dict[str, float]:
        try:
            known = json.loads(self._file.read_text(encoding="utf-8"))
            return {str(title): float(seconds) for title, seconds in known.items()}
        except (FileNotFoundError, ValueError, TypeError, AttributeError):
            # Only a hint for the user: a damaged file is as good as none.
            return {}


def line(mark: str, title: str, seconds: float, usual: float | None) -> str:
    """One finished step as text, for example `✓ etcd   31 s  (usually 30 s)`."""
    hint = f"  (usually {_seconds(usual)})" if usual is not None else ""
    return f"{mark} {title:<44} {_seconds(seconds):>8}{hint}"


def _seconds(value: float) -> str:
    return f"{value:.1f} s" if value < 10 else f"{value:.0f} s"


class PlainProgress:
    """One line when a step ends, and one for each thing a step says."""

    def __init__(self, durations: Durations, stream: TextIO) -> None:
        self._durations = durations
        self._stream = stream
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def started(self, title: str) -> None:
        """Say so only for a step that usually takes long, so that a log that stands still explains itself."""
        usual = self._durations.usual(title)
        if usual is None or usual >= 10:
            hint = f" (usually {_seconds(usual)})" if usual is not None else ""
            self._print(f"· {title} ...{hint}")

    def finished(self, title: str, seconds: float) -> None:
        usual = self._durations.usual(title)
        with self._lock:
            self._durations.record(title, seconds)
        self._print(line("✓", title, seconds, usual))

    def failed(self, title: str, seconds: float) -> None:
        self._print(line("✗", title, seconds, None))

    def said(self, title: str, line: str) -> None:
        self._print(f"  {title}: {line}")

    def _print(self, text: str) -> None:
        with self._lock:
            print(text, file=self._stream, flush=True)


class LiveProgress:
    """Finished steps above, running ones below with a spinner and a clock."""

    def __init__(self, durations: Durations, console: Console) -> None:
        self._durations = durations
        self._running: dict[str, float] = {}
        self._lock = threading.Lock()
        self._spinner = Spinner("dots")
        self._live = Live(console=console, get_renderable=self._draw, refresh_per_second=8, transient=True)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def started(self, title: str) -> None:
        with self._lock:
            self._running[title] = monotonic()

    def finished(self, title: str, seconds: float) -> None:
        usual = self._durations.usual(title)
        with self._lock:
            self._running.pop(title, None)
            self._durations.record(title, seconds)
        self._live.console.print(Text(line("✓", title, seconds, usual), style="green"))

    def failed(self, title: str, seconds: float) -> None:
        with self._lock:
            self._running.pop(title, None)
        self._live.console.print(Text(line("✗", title, seconds, None), style="red"))

    def said(self, title: str, line: str) -> None:
        self._live.console.print(Text(f"  {title}: {line}", style="dim"))

    def _draw(self) -> Group:
        now = monotonic()
        with self._lock:
            running = dict(self._running)
        spin = self._spinner.render(now)
        return Group(
            *(
                Text.assemble(
                    spin if isinstance(spin, Text) else "·",
                    line("", title, now - begun, self._durations.usual(title)),
                )
                for title, begun in running.items()
            )
        )


def show_progress(
    durations: Durations,
    stream: TextIO | None = None,
    make_console: Callable[[TextIO], Console] = lambda stream: Console(file=stream, highlight=False),
) -> PlainProgress | LiveProgress:
    """The display that fits the stream (default: standard error), a context manager around `run_steps`."""
    target = sys.stderr if stream is None else stream
    console = make_console(target)
    return LiveProgress(durations, console) if console.is_terminal else PlainProgress(durations, target)
