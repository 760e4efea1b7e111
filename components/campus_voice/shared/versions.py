"""The pinned versions of everything upstream, read from the package's `versions.toml`."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

_FILE = Path(__file__).parents[1] / "versions.toml"


@cache
def pinned() -> dict[str, Any]:
    """Read every pin: a table per product, each with a `version` or several named ones."""
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))


def contour_image() -> str:
    """Name the image of Contour's pinned release."""
    return f"ghcr.io/projectcontour/contour:v{pinned()['contour']['version']}"


def envoy_image() -> str:
    """Name the image of the Envoy release pinned for production."""
    return f"docker.io/envoyproxy/envoy:distroless-v{pinned()['envoy']['production']}"


def model(pin: str) -> str:
    """Read one of the pins of the GPU image's model: `endpoint`, `repository`, `revision` or `storage`."""
    value: str = pinned()["cosyvoice3"][pin]
    return value


def cpu_speech_image() -> str:
    """Name the image of this release's speech server for a CPU."""
    return f"ghcr.io/campus-voice/cosyvoice:{pinned()['product']['version']}-cpu"


def restic_image() -> str:
    """Name the image of restic's pinned release, which has a shell."""
    return f"docker.io/restic/restic:{pinned()['restic']['version']}"
