"""Which campus a request comes from and what it may do: the gateway sets these headers, and no client can (it overwrites them)."""

import re
from collections.abc import Mapping

HEADER = "x-campus-id"
CLONING_HEADER = "x-campus-voice-cloning"
ALONE = "local"
"""The campus of a request without the header, on a server that only one campus uses."""
RULE = re.compile(r"[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?")


class CampusError(Exception):
    """The request does not say which campus it comes from; the text says what is wrong and what to do."""


def campus_of(headers: Mapping[str, str], *, shared: bool) -> str:
    """Tell the campus a request comes from.

    Args:
        headers: the request's headers, with names in lower case.
        shared: whether several campuses use this server, so that the header is needed.

    Raises:
        CampusError: the header is missing on a shared server, or is no campus id (a DNS label).
    """
    campus = headers.get(HEADER)
    if campus is None:
        if not shared:
            return ALONE
        message = (
            "This server speaks for several campuses and the request has no X-Campus-Id header: send it through the campus's own address."
        )
        raise CampusError(message)
    if not RULE.fullmatch(campus):
        message = "The X-Campus-Id header is no campus id (lower-case letters, digits, inner hyphens): correct the gateway's route."
        raise CampusError(message)
    return campus


def may_clone(headers: Mapping[str, str], *, shared: bool) -> bool:
    """Tell whether a request may have a recording imitated: only where ``X-Campus-Voice-Cloning`` says ``enabled``.

    Without the header it may on a server of its own, whose operator decided, and may not on a shared one.
    """
    said = headers.get(CLONING_HEADER)
    return not shared if said is None else said == "enabled"
