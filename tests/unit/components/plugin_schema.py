"""The schema from which Pulumi makes the components' packages for other languages."""

import json
from pathlib import Path

import campus_voice
from campus_voice.shared import versions
from pulumi.provider.experimental.component import ComponentProvider

FILE = Path(__file__).parents[3] / "components" / "schema.json"


def provider() -> ComponentProvider:
    """The plugin, in this process."""
    return ComponentProvider(
        campus_voice.COMPONENTS, campus_voice.PACKAGE, version=versions.pinned()["product"]["version"]
    )


def current() -> str:
    """The schema of today's components."""
    return json.dumps(json.loads(provider().schema or ""), indent=2, sort_keys=True) + "\n"


def write() -> None:
    """Write down today's schema."""
    FILE.write_text(current())
