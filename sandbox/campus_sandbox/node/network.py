"""The addresses inside the node and the ports of the machine that lead to them.

The node has a network of its own, so none of these can clash with the machine's addresses.
"""

from dataclasses import dataclass
from typing import Final

NODE_NAME: Final = "campus-voice"
NODE_ADDRESS: Final = "10.250.0.1"
POD_RANGE: Final = "10.244.0.0/16"
NODE_POD_RANGE: Final = "10.244.0.0/24"
SERVICE_RANGE: Final = "10.96.0.0/16"
API_SERVICE_ADDRESS: Final = "10.96.0.1"
DNS_SERVICE_ADDRESS: Final = "10.96.0.10"
API_PORT: Final = 6443
ETCD_CLIENT_URL: Final = "http://127.0.0.1:2379"
ETCD_PEER_URL: Final = "http://127.0.0.1:2380"


@dataclass(frozen=True)
class ForwardedPort:
    """A port of the machine's 127.0.0.1 and what answers there."""

    port: int
    purpose: str


# What a user whose machine cannot run the sandbox does instead.
OTHER_CLUSTER: Final = "use an existing cluster: name its context as `kubernetes:context` in the stack file"

FORWARDED_PORTS: Final = (
    ForwardedPort(80, "HTTP to the gateway"),
    ForwardedPort(443, "HTTPS to the gateway"),
    ForwardedPort(API_PORT, "the Kubernetes API"),
)
