"""The kinds of values that a backend's settings have, each with its rule in words."""

import ipaddress
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, Field, StringConstraints

from .rule import Rule

_LABEL = r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
_NAME = rf"{_LABEL}(\.{_LABEL})*"
_KEY = rf"({_NAME}/)?[A-Za-z0-9][-A-Za-z0-9._]*"
_BYTES = r"[1-9][0-9]*(\.[0-9]+)?(Ki|Mi|Gi|Ti|k|M|G|T)"


def _network(text: str) -> str:
    ipaddress.ip_network(text)
    return text


GpuCount: TypeAlias = Annotated[
    int,
    Field(ge=0, le=16),
    Rule(
        "it must be a whole number from 0 to 16",
        "every speech pod asks one node for that many GPUs, and Kubernetes hands them out whole",
        "Write 0 to speak on the CPU, 1 for one GPU, or 1 with gpuResource naming a part of a GPU, such as "
        "nvidia.com/mig-1g.10gb or nvidia.com/gpu.shared.",
    ),
]

ResourceName: TypeAlias = Annotated[
    str,
    StringConstraints(pattern=rf"^{_NAME}/[A-Za-z0-9][-A-Za-z0-9._]*$"),
    Rule(
        "it must be the name of an extended resource",
        "the scheduler finds nodes with GPUs by it",
        "Write the name that the node's status shows, such as nvidia.com/gpu.",
    ),
]

Cpu: TypeAlias = Annotated[
    str,
    StringConstraints(pattern=r"^([1-9][0-9]*m?|[0-9]+\.[0-9]{1,3})$"),
    Rule(
        "it must be a Kubernetes quantity of CPUs, in quotes",
        "it is the computing power of one speech pod",
        'Write it like "2" or 500m.',
    ),
]

Memory: TypeAlias = Annotated[
    str,
    StringConstraints(pattern=rf"^{_BYTES}$"),
    Rule(
        "it must be a Kubernetes quantity of bytes with its unit",
        "Kubernetes reserves and limits memory and disk space by it",
        "Write an amount such as 16Gi.",
    ),
]

Replicas: TypeAlias = Annotated[
    int,
    Field(ge=0, le=100),
    Rule(
        "it must be a whole number from 0 to 100",
        "it is the number of speech pods",
        "Leave it out for 1; 0 stops the speech server.",
    ),
]

Days: TypeAlias = Annotated[
    int,
    Field(ge=0, le=3650),
    Rule(
        "it must be a whole number of days from 0 to 3650",
        "recordings hold what somebody wrote, and older ones are deleted",
        "Leave it out for 30; 0 keeps them all.",
    ),
]

StartSeconds: TypeAlias = Annotated[
    int,
    Field(ge=30, le=86400),
    Rule(
        "it must be a whole number of seconds from 30 to 86400",
        "an `up` fails when a speech pod is not ready by then",
        "Leave it out for 300, or 1800 with GPUs.",
    ),
]

Port: TypeAlias = Annotated[
    int,
    Field(ge=1, le=65535),
    Rule("it must be a whole number from 1 to 65535", "TCP has no other ports", "Write the port's number."),
]

Network: TypeAlias = Annotated[
    str,
    AfterValidator(_network),
    Rule(
        "it must be a network in CIDR notation, without host bits",
        "NetworkPolicies know no host names",
        "Write a network such as 198.51.100.0/24, or 0.0.0.0/0 for everywhere.",
    ),
]

Key: TypeAlias = Annotated[
    str,
    StringConstraints(pattern=rf"^{_KEY}$"),
    Rule(
        "it must be the name of a label",
        "nodes are told apart by it",
        "Write a name such as topology.kubernetes.io/zone.",
    ),
]

FolderPath: TypeAlias = Annotated[
    str,
    StringConstraints(pattern=r"^/\S*$"),
    Rule(
        "it must be the path of a folder in the container, from / on",
        "the container has no other starting point",
        "Write it like /root.",
    ),
]

Words: TypeAlias = Annotated[
    tuple[Annotated[str, StringConstraints(min_length=1)], ...],
    Rule(
        "it must be a list of texts",
        "each becomes one argument, and no shell takes them apart",
        "Write it like [bash, run.sh].",
    ),
]

Variables: TypeAlias = Annotated[
    dict[str, str],
    Rule(
        "it must be a block of names with values that are text",
        "programs know no other environment",
        'Quote values that YAML would read as something else, as in "true".',
    ),
]
