"""Telling a registry that does not answer from one that refuses, without naming its host."""

import re
from enum import Enum
from typing import Final

from campus_sandbox.commands import CommandFailedError
from campus_sandbox.errors import SandboxError


class Registry(Enum):
    """The kinds of package registry the sandbox is built from, as the user knows them."""

    GO = "the Go module proxy"
    PYPI = "PyPI"
    NPM = "the npm registry"
    DEBIAN = "Debian's package archive"


_SILENT = re.compile(
    r"no such host|connection refused|connection reset|network is unreachable|i/o timeout|timed? ?out"
    r"|handshake|could not resolve|temporary failure|name resolution|could not connect|cannot initiate"
    r"|dns error|error sending request|enotfound|econnrefused|etimedout|eai_again|unable to connect",
    re.IGNORECASE,
)
_REFUSED = re.compile(
    r"\b40[0-9] |\b410 |\b403\b|\b404\b|forbidden|not found|no matching distribution|no solution found"
    r"|unknown revision|unable to locate package|has no installation candidate",
    re.IGNORECASE,
)
FULL_DISK: Final = re.compile(
    r"no space left|enospc|disk quota exceeded|edquot|not enough space", re.IGNORECASE
)
_CHANGED = re.compile(
    r"checksum mismatch|hash mismatch|hashes? .*(do|does) not match|hash sum mismatch", re.IGNORECASE
)


def registry_error(registry: Registry, wanted: str, failure: CommandFailedError) -> SandboxError:
    """The user's sentence for a client of a registry that failed.

    Args:
        registry: whom it asked.
        wanted: what it asked for, as the user would name it.
        failure: how the client ended; its output decides the sentence.
    """
    name = registry.value
    if FULL_DISK.search(failure.output):
        return SandboxError(
            f"the disk filled up while {wanted} was fetched",
            way_out=f"make room and run the command again (which disk is in {failure.log})",
        )
    if _CHANGED.search(failure.output):
        return SandboxError(
            f"{wanted} from {name} is not the one that is pinned",
            "its checksum differs",
            f"do not use it; the details are in {failure.log}",
        )
    if _SILENT.search(failure.output):
        return SandboxError(
            f"{name} does not answer, so {wanted} cannot be fetched",
            way_out=f"check this machine's network and proxy settings and run the command again "
            f"(what is built already is kept; details in {failure.log})",
        )
    if _REFUSED.search(failure.output):
        return SandboxError(
            f"{name} does not serve {wanted}",
            way_out=f"the answer is in {failure.log}; another version can be pinned in versions.toml",
        )
    return SandboxError(
        f"{wanted} could not be fetched from {name}", way_out=f"the reason is in {failure.log}"
    )
