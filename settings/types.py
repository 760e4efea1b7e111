"""The kinds of values that settings have, each with its rule in words."""

import ipaddress
from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, Field, StringConstraints

from .rule import Rule

_LABEL = r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
_NAME = rf"{_LABEL}(\.{_LABEL})*"


def _network(text: str) -> str:
    ipaddress.ip_network(text)
    return text


CampusId: TypeAlias = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z]([-a-z0-9]{0,18}[a-z0-9])?$"),
    Rule(
        "it must be at most 20 lower-case letters, digits and inner hyphens, starting with a letter",
        "it becomes the first part of the campus's host name and part of its Kubernetes names",
        "Write an id such as north or west-2.",
    ),
]

Domain: TypeAlias = Annotated[
    str,
    StringConstraints(pattern=rf"^{_NAME}$", max_length=200),
    Rule(
        "it must be a domain name in lower case, without scheme, port or wildcard",
        "every campus is served at https://<campus>.<domain>",
        "Write a domain whose subdomains point at the gateway, such as voice.example.org.",
    ),
]

Quantity: TypeAlias = Annotated[
    str,
    StringConstraints(pattern=r"^[1-9][0-9]*(\.[0-9]+)?(Ki|Mi|Gi|Ti|k|M|G|T)$"),
    Rule(
        "it must be a Kubernetes quantity of bytes with its unit",
        "it is the size of a volume",
        "Write a size such as 20Gi.",
    ),
]

Cpus: TypeAlias = Annotated[
    int,
    Field(ge=1, le=64),
    Rule(
        "it must be a whole number from 1 to 64",
        "each becomes one worker of Envoy",
        "Leave it out for 2.",
    ),
]

Memory: TypeAlias = Annotated[
    str,
    StringConstraints(pattern=r"^[1-9][0-9]*(\.[0-9]+)?(Ki|Mi|Gi|Ti|k|M|G|T)$"),
    Rule(
        "it must be a Kubernetes quantity of bytes with its unit",
        "it is the memory at which a pod is killed",
        "Write an amount such as 1Gi.",
    ),
]

Seconds: TypeAlias = Annotated[
    int,
    Field(ge=30, le=3600),
    Rule(
        "it must be a whole number of seconds from 30 to 3600",
        "no sentence takes longer, and a roll-out waits that long for the last one",
        "Leave it out for 600.",
    ),
]

Image: TypeAlias = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z0-9][-a-z0-9._/:]*(:[A-Za-z0-9._-]+)?(@sha256:[0-9a-f]{64})?$"),
    Rule(
        "it must be the reference of a container image",
        "the nodes pull it by that name",
        "Write registry/name:tag, better with @sha256:<digest>.",
    ),
]

ObjectName: TypeAlias = Annotated[
    str,
    StringConstraints(pattern=rf"^{_NAME}$", max_length=253),
    Rule(
        "it must be the name of a Kubernetes object",
        "Kubernetes accepts lower-case letters, digits, hyphens and dots only",
        "Write the name that kubectl shows.",
    ),
]

Labels: TypeAlias = Annotated[
    dict[str, str],
    Rule(
        "it must be a block of label names with values that are text",
        "the scheduler compares labels as text",
        'Quote values that YAML would read as something else, as in "true".',
    ),
]

Networks: TypeAlias = Annotated[
    tuple[Annotated[str, AfterValidator(_network)], ...],
    Rule(
        "it must be a list of networks in CIDR notation, without host bits",
        "the gateway compares the caller's address with them",
        "Write networks such as 10.20.0.0/16 or 2001:db8::/48.",
    ),
]

TaintEffect: TypeAlias = Annotated[
    Literal["NoSchedule", "PreferNoSchedule", "NoExecute"],
    Rule(
        "it must be one of NoSchedule, PreferNoSchedule, NoExecute",
        "taints have no other effects",
        "Leave it out for every effect.",
    ),
]

TaintOperator: TypeAlias = Annotated[
    Literal["Exists", "Equal"],
    Rule("it must be Exists or Equal", "taints are compared in no other way", "Leave it out for Equal."),
]

DrainDelay: TypeAlias = Annotated[
    int,
    Field(ge=0, le=600),
    Rule(
        "it must be a whole number of seconds from 0 to 600",
        "a stopping Envoy serves on until the load balancer has seen that it stops",
        "Write the interval of the load balancer's health checks times its threshold, or leave it out.",
    ),
]

GraceSeconds: TypeAlias = Annotated[
    int,
    Field(ge=1, le=90000),
    Rule(
        "it must be a whole number of seconds",
        "it is how long the cluster lets a stopping Envoy take",
        "Leave it out, unless something such as the cluster autoscaler bounds it.",
    ),
]

Addresses: TypeAlias = Annotated[
    tuple[Annotated[str, StringConstraints(pattern=rf"^({_NAME}|[0-9a-f:.]+)$")], ...],
    Rule(
        "it must be a list of IP addresses, or of one host name",
        "the campuses' DNS records lead there",
        'Write `[192.0.2.10, "2001:db8::10"]` or `[edge.example.org]`.',
    ),
]

Email: TypeAlias = Annotated[
    str,
    StringConstraints(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$"),
    Rule(
        "it must be an e-mail address",
        "the certificate authority writes there when a certificate is about to run out",
        "Write the address of a mailbox that somebody reads.",
    ),
]

Url: TypeAlias = Annotated[
    str,
    StringConstraints(pattern=r"^https://[^\s/]+(/\S*)?$"),
    Rule(
        "it must be an https:// address",
        "the account's key is only as safe as the connection",
        "Write the directory URL that the authority's documentation names.",
    ),
]

Folder: TypeAlias = Annotated[
    str,
    StringConstraints(min_length=1),
    Rule(
        "it must be the path of a folder",
        "the upstream manifests are read from there",
        "Write a path from the project's folder, or leave it out to fetch the pinned release.",
    ),
]

StackName: TypeAlias = Annotated[
    str,
    StringConstraints(pattern=r"^[^/\s]+/[^/\s]+/[^/\s]+$"),
    Rule(
        "it must be the full name of a stack",
        "the campus is attached to the gateway of that stack",
        "Write <organization>/campus-voice/<stack>, with the word organization on a backend of your own.",
    ),
]

Text: TypeAlias = Annotated[
    str,
    StringConstraints(min_length=1),
    Rule("it must be text", "people read it", "Quote it, or leave it out."),
]

Switch: TypeAlias = Annotated[
    bool,
    Rule("it must be true or false", "there is nothing in between", "Write true or false without quotes."),
]
