"""The servers that the tests talk to: the real one, with Kokoro, and one whose engine the test holds in its hand."""

import contextlib
import fcntl
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from browser import Room, started
from playwright.sync_api import Browser
from speech_process import SpeechServer, running

import fetch_assets
import fetch_browser

SERVER = [sys.executable, "-m", "cosyvoice_server"]
HELD_SERVER = [sys.executable, str(Path(__file__).with_name("held_server.py"))]


def cached(name: str, fetch: Callable[[Path, str], None]) -> Path:
    """A folder of the sandbox's cache, filled by the first process that needs it while the others wait."""
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "campus-voice" / name
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        fetch(folder, os.environ.get("UV") or shutil.which("uv") or "uv")
    finally:
        os.close(descriptor)
    return folder


@pytest.fixture(scope="session")
def kokoro() -> Path:
    """The model folder."""
    return cached("kokoro", fetch_assets.fetch)


@pytest.fixture(scope="session")
def server(kokoro: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SpeechServer]:
    """The real server, shared by several campuses."""
    with running(SERVER, tmp_path_factory.mktemp("server"), COSYVOICE_MODEL_DIR=str(kokoro), COSYVOICE_SHARED="true") as started:
        yield started


@pytest.fixture(scope="session")
def held_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SpeechServer]:
    """The shared server whose engine waits for its permission."""
    folder = tmp_path_factory.mktemp("held")
    with running([*HELD_SERVER, str(folder / "permission")], folder, COSYVOICE_MODEL_DIR=str(folder), COSYVOICE_SHARED="true") as started:
        yield started


@pytest.fixture
def permission(held_server: SpeechServer) -> Iterator[Path]:
    """The file that lets the held engine speak; absent when a test starts."""
    file = held_server.folder / "permission"
    file.unlink(missing_ok=True)
    yield file
    file.touch()


@pytest.fixture(scope="session")
def browser_folder() -> Path:
    """The browser's folder."""
    return cached("browser", fetch_browser.fetch)


@pytest.fixture(scope="module")
def browser(browser_folder: Path) -> Iterator[Browser]:
    """A real browser; its driver keeps the thread's event loop, which other tests need, until it ends."""
    with started(browser_folder) as one:
        yield one


@pytest.fixture
def room(browser: Browser, browser_folder: Path) -> Iterator[Callable[..., Room]]:
    """Opens the reading room in windows of its own, which are closed after the test."""
    with contextlib.ExitStack() as windows:

        def opened(server: SpeechServer, **window: Any) -> Room:
            one = Room(browser, server, browser_folder / fetch_browser.CHECKER, **window)
            windows.callback(one.context.close)
            return one

        yield opened
