"""The kinds of values that a campus's settings have, each with its rule in words."""

from typing import Annotated, TypeAlias

from campus_voice import TlsVersion
from pydantic import Field, StringConstraints

from .rule import Rule

_MOST = 1_000_000

Rate: TypeAlias = Annotated[
    int,
    Field(ge=1, le=_MOST),
    Rule(
        f"it must be a whole number from 1 to {_MOST}",
        "each Envoy counts to it by itself",
        "Leave it out for the default, which settings/campus.py names.",
    ),
]

Burst: TypeAlias = Annotated[
    int,
    Field(ge=0, le=_MOST),
    Rule(
        f"it must be a whole number from 0 to {_MOST}",
        "so many requests may come at once beyond the rate",
        "Leave it out for the default, which settings/campus.py names.",
    ),
]

Port: TypeAlias = Annotated[
    int,
    Field(ge=1, le=65535),
    Rule(
        "it must be a whole number from 1 to 65535",
        "TCP has no other ports",
        "Write the port of the Service.",
    ),
]

Weight: TypeAlias = Annotated[
    int,
    Field(ge=0, le=100),
    Rule(
        "it must be a whole number from 0 to 100",
        "requests are shared out in this proportion",
        "Leave it out to share evenly.",
    ),
]

TlsMinimum: TypeAlias = Annotated[
    TlsVersion,
    Rule(
        f"it must be one of {', '.join(TlsVersion)}, in quotes",
        "it is the oldest version of TLS that the host speaks",
        'Write "1.3", or leave it out for 1.2.',
    ),
]

Audiences: TypeAlias = Annotated[
    tuple[Annotated[str, StringConstraints(min_length=1)], ...],
    Field(min_length=1),
    Rule(
        "it must be a list with at least one audience",
        "a token that the issuer made for another service would open this one",
        "Write the audience under which this service is registered with the issuer.",
    ),
]

Origins: TypeAlias = Annotated[
    tuple[
        Annotated[
            str,
            StringConstraints(pattern=r"^https://(\*\.)?[a-z0-9]([-a-z0-9.]*[a-z0-9])?(:[0-9]{1,5})?$"),
        ],
        ...,
    ],
    Rule(
        "it must be a list of https:// origins without paths",
        "browsers compare them with the address of the page around",
        "Write origins such as https://learn.example.org or https://*.example.org.",
    ),
]

Prefix: TypeAlias = Annotated[
    str,
    StringConstraints(pattern=r"^(/|(/[A-Za-z0-9._~=-]+)+)$"),
    Rule(
        "it must be a path that begins with / and does not end with it",
        "requests are told apart by the beginning of their path",
        "Write it like /images.",
    ),
]

KeysUrl: TypeAlias = Annotated[
    str,
    StringConstraints(pattern=r"^https://[^\s/]+(/\S*)?$"),
    Rule(
        "it must be an https:// address",
        "whoever can change the keys on their way can sign any token",
        "Take jwks_uri from the issuer's /.well-known/openid-configuration.",
    ),
]

Compared: TypeAlias = Annotated[
    str,
    StringConstraints(min_length=1),
    Rule("it must be text", "requests are compared with it", "Quote it."),
]
