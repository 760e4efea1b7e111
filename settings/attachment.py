"""Whether a campus's own stack fits the platform's stack that it is attached to."""

from collections.abc import Iterator, Mapping
from typing import Any

from .models import CampusStackSettings
from .rule import Broken, Rule

NEEDED = ("campuses", "domain", "gateway", "tls")
"""Outputs of a platform's stack that a campus's stack builds on."""


def unattachable(
    settings: CampusStackSettings, project: str, platform: Mapping[str, Any]
) -> Iterator[Broken]:
    """What keeps the campus from being attached; `platform` holds the outputs of the platform's stack."""
    if not set(NEEDED) <= set(platform):
        yield Broken(
            (f"{project}:platform",),
            settings.platform,
            Rule(
                "it must be a platform's stack that has been deployed",
                f"the campus builds on its outputs {', '.join(NEEDED)}",
                f"Deploy the platform's stack first: `pulumi up -s {settings.platform}`, or name another.",
            ),
        )
        return
    campus = settings.campus.id
    entry = platform["campuses"].get(campus)
    if entry is None or entry.get("backend") is not None:
        listed = ", ".join(sorted(platform["campuses"]))
        yield Broken(
            (f"{project}:campus", "id"),
            campus,
            Rule(
                f"it must be a campus that {settings.platform} leaves to a stack of its own",
                f"that stack owns every host name and certificate; its campuses are {listed}",
                f"Add `- {{id: {campus}, ownStack: true}}` to its campuses and run `pulumi up` for it first.",
            ),
        )
    bound = platform["gateway"].get("longestRequestSeconds")
    if bound is not None and settings.longest_request_seconds > bound:
        yield Broken(
            (f"{project}:longestRequestSeconds",),
            settings.longest_request_seconds,
            Rule(
                f"it must be at most the {int(bound)} of {settings.platform}",
                "a roll-out of the gateway waits that long for a request, and would cut a longer one",
                "Lower it, or raise it there and run `pulumi up` for that stack first.",
            ),
        )
