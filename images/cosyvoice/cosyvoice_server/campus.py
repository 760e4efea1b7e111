"""Who asks, and what they may do: the gateway sets these headers, and no client can (it overwrites them)."""

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

HEADER = "x-campus-id"
CLONING_HEADER = "x-campus-voice-cloning"
LABEL_HEADER = "x-campus-audible-label"
AUDIT_HEADER = "x-request-id"
ALONE = "local"
"""The campus of a request without the header, on a server that only one campus uses."""
CAMPUS_RULE = re.compile(r"[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?")
AUDIT_RULE = re.compile(r"[A-Za-z0-9-]{1,64}")


class CampusError(Exception):
    """The request does not say which campus it comes from; the text says what is wrong and what to do."""


@dataclass(frozen=True)
class Caller:
    """On whose behalf a request is answered.

    Attributes:
        campus: The campus's id, a DNS label; it divides files, queues, voices and metrics.
        cloning: Whether a recording may be imitated.
        audible_label: Whether a cloned voice must first say that it is one.
        audit_id: Names this request in the log and in the reply's ``X-Request-Id``.
    """

    campus: str
    cloning: bool
    audible_label: bool
    audit_id: str


def caller_of(headers: Mapping[str, str], *, shared: bool) -> Caller:
    """Tell on whose behalf a request comes.

    Args:
        headers: the request's headers, with names in lower case or in a mapping that ignores case.
        shared: whether several campuses use this server, so that the campus must be named. Without a word of the gateway
            cloning is allowed only on a server that is not shared, whose operator decided so.

    Raises:
        CampusError: the campus is missing on a shared server, or is no DNS label.
    """
    cloning = headers.get(CLONING_HEADER)
    return Caller(
        campus=_campus(headers.get(HEADER), shared=shared),
        cloning=not shared if cloning is None else cloning == "enabled",
        audible_label=headers.get(LABEL_HEADER) == "enabled",
        audit_id=audit_id(headers.get(AUDIT_HEADER, "")),
    )


def audit_id(said: str) -> str:
    """Keep the gateway's id of a request; make one where there is none, or one that could garble a log."""
    return said if AUDIT_RULE.fullmatch(said) else str(uuid.uuid4())


def _campus(said: str | None, *, shared: bool) -> str:
    """Check the campus's id."""
    if said is None and not shared:
        return ALONE
    if said is None:
        message = (
            "This server speaks for several campuses and the request has no X-Campus-Id header: send it through the campus's own address."
        )
        raise CampusError(message)
    if not CAMPUS_RULE.fullmatch(said):
        message = "The X-Campus-Id header is no campus id (lower-case letters, digits, inner hyphens): correct the gateway's route."
        raise CampusError(message)
    return said
