"""The speech server's image has the settings that its own description lists."""

import re

import pytest

from campus_sandbox.build.plan import Plan
from campus_sandbox.paths import REPOSITORY, Paths
from campus_sandbox.versions import Versions

DESCRIPTION = REPOSITORY / "images" / "cosyvoice" / "README.md"


@pytest.fixture
def row() -> str:
    """The table's row of environment variables."""
    (line,) = re.findall(r"^\| environment \|(.*)\|$", DESCRIPTION.read_text(encoding="utf-8"), re.MULTILINE)
    return str(line)


def test_the_packed_image_has_exactly_the_described_environment(row: str, paths: Paths) -> None:
    described = dict(setting.split("=", 1) for setting in re.findall(r"`([^`]+)`", row))
    packed = Plan(paths, Versions.read(REPOSITORY), {}).speech.image().environment
    assert packed == described, "an image built by the packer behaves as one built by any other builder"
