"""Headers that the gateway sets, overwrites or removes on every route that leads to a backend."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from campus_voice.shared.fields import Fields
from campus_voice.shared.manifests import Manifest

CAMPUS = "X-Campus-Id"
"""Tells a shared backend whose request it is."""

VOICE_CLONING = "X-Campus-Voice-Cloning"
"""Tells the backend whether the campus may imitate a recording: `enabled` or `disabled`."""

AUDIBLE_LABEL = "X-Campus-Audible-Label"
"""Tells the backend whether each reply has to say first that a machine speaks: `enabled` or `disabled`."""

_SPOOFS = ("X-Forwarded-Host", "X-Gradio-Server")
"""Gradio believes them before `Host` and sends the page's own requests where they say
(https://github.com/gradio-app/gradio/blob/gradio%406.31.0/gradio/route_utils.py, `get_request_origin`)."""

_ORIGIN = re.compile(r"https://(\*\.)?[a-z0-9]([-a-z0-9.]*[a-z0-9])?(:[0-9]{1,5})?")


@dataclass(frozen=True)
class Headers:
    """What the answers of a campus say to browsers."""

    hsts_seconds: int
    frame_ancestors: Sequence[str]


def read(fields: Fields) -> Headers:
    """Read the arguments about headers."""
    ancestors = tuple(fields.given("frame_ancestors") or ())
    for origin in ancestors:
        if not isinstance(origin, str) or not _ORIGIN.fullmatch(origin):
            fields.refuse(
                "frame_ancestors",
                f"every entry has to be an https:// origin without a path ({origin!r} is none)",
                "browsers compare it with the address of the page around",
                "Write origins such as https://learn.example.org or https://*.example.org.",
            )
    return Headers(
        hsts_seconds=fields.integer(
            "hsts_seconds", 0, 0, 63072000, "browsers remember it that long, at most two years here"
        ),
        frame_ancestors=ancestors,
    )


def request(campus: str, *, voice_cloning: bool, audible_label: bool) -> Manifest:
    """Render what a request tells the backend, whatever its sender wrote.

    `X-Forwarded-For` is overwritten too: Envoy appends to what it is sent, and servers that trust the
    header, uvicorn among them, take its first entry.
    """
    return {
        "remove": list(_SPOOFS),
        "set": [
            {"name": CAMPUS, "value": campus},
            {"name": VOICE_CLONING, "value": _switch(on=voice_cloning)},
            {"name": AUDIBLE_LABEL, "value": _switch(on=audible_label)},
            {"name": "X-Forwarded-For", "value": "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%"},
        ],
    }


def _switch(*, on: bool) -> str:
    return "enabled" if on else "disabled"


def response(headers: Headers) -> Manifest:
    """Render what an answer tells the browser."""
    made = {"Referrer-Policy": "same-origin", "X-Content-Type-Options": "nosniff"}
    if headers.frame_ancestors:
        around = " ".join(["'self'", *headers.frame_ancestors])
        made["Content-Security-Policy"] = f"frame-ancestors {around}"
    else:
        made["X-Frame-Options"] = "SAMEORIGIN"
    if headers.hsts_seconds:
        made["Strict-Transport-Security"] = f"max-age={headers.hsts_seconds}"
    return {"set": [{"name": name, "value": made[name]} for name in sorted(made)]}
