"""The guides of `docs/how-to`: what they tell people to type is what a test types."""

import re
from collections.abc import Mapping

from tests.cluster.framework import ROOT


def commands(guide: str, heading: str, block: int = 0, *, changes: Mapping[str, str]) -> str:
    """A block of commands below a heading of a guide, with what readers replace replaced by `changes`."""
    text = (ROOT / "docs/how-to" / guide).read_text()
    section = re.search(rf"^## {heading}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert section, f"{guide} has no section {heading!r}"
    found: str = re.findall(r"^```sh\n(.*?)^```", section[1], re.MULTILINE | re.DOTALL)[block]
    for before, after in changes.items():
        assert before in found, f"{guide} speaks of {before}: {found}"
        found = found.replace(before, after)
    return found
