"""Every test of the settings gets a folder of its own."""

from pathlib import Path

import pytest

from tests.unit.settings.stack_file import Folder


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)
