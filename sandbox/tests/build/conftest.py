"""What the build's tests share."""

import os
import threading
from pathlib import Path

import pytest

from campus_sandbox.build.store import Store
from campus_sandbox.paths import Owner, Paths
from campus_sandbox.steps import StepContext


@pytest.fixture
def owner() -> Owner:
    return Owner(os.getuid(), os.getgid(), Path.home())


@pytest.fixture
def paths(tmp_path: Path, owner: Owner) -> Paths:
    (tmp_path / "repository").mkdir()
    return Paths(tmp_path / "repository", tmp_path / "cache", tmp_path / "state", owner, tmp_path / "links")


@pytest.fixture
def store(paths: Paths) -> Store:
    return Store(paths)


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def context(tmp_path: Path, said: list[str]) -> StepContext:
    return StepContext("a step", tmp_path / "log" / "a-step.log", threading.Event(), said.append)
