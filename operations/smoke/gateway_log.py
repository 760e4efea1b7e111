"""The proof that a sentence went through the gateway to its own campus's cluster."""

import math
from collections.abc import Callable, Iterable

from operations.cluster import Cluster
from operations.errors import OperationError
from operations.outputs import Gateway
from operations.smoke.access_log import Expected, entries_of, misled, shows_synthesis
from operations.waiting import wait_until

DEADLINE = 30.0
"""Seconds the log may take to show a finished request: by default Envoy writes its buffer every 10 s
(https://www.envoyproxy.io/docs/envoy/v1.38.0/operations/cli, --file-flush-interval-msec)."""

CONTAINER = "envoy"
SLACK = 30
"""Seconds the node's clock may be off, looked back on top of the time since the sentence began."""


def envoy_lines(cluster: Cluster, gateway: Gateway, elapsed: float) -> Iterable[str]:
    """What every Envoy of the gateway wrote in the last `elapsed` seconds and some more."""
    since = math.ceil(elapsed) + SLACK
    for pod in cluster.pods(gateway.namespace, gateway.envoy_selector):
        yield from cluster.log(pod, CONTAINER, since)


def seen_by_envoy(
    expected: Expected, lines: Callable[[], Iterable[str]], *, deadline: float = DEADLINE
) -> str:
    """The Envoy cluster to which the log says the sentence went; `lines` reads the log as it is by now.

    Raises:
        OperationError: the log shows another cluster or name, or shows nothing before the deadline.
    """

    def found() -> str | None:
        entries = entries_of(expected.request_id, lines())
        if why := misled(expected, entries):
            raise OperationError(
                f"{expected.host} did not speak through its own cluster",
                why,
                "Run `make status` to see its routes, and `pulumi up` to put them right.",
            )
        return entries[0].upstream_cluster if shows_synthesis(expected, entries) else None

    seen = wait_until(found, deadline=deadline)
    if seen is None:
        raise OperationError(
            f"Envoy's log does not show the sentence of {expected.host}",
            f"no line with request id {expected.request_id} came within {deadline:.0f} s",
            "See that Contour's `accesslog-format` is json, and run `make logs COMPONENT=envoy`.",
        )
    return seen
