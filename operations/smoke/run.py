"""All campuses of a stack, one after the other."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

from operations.cluster import Cluster
from operations.errors import OperationError
from operations.outputs import Campus, StackOutputs
from operations.smoke.access_log import Expected
from operations.smoke.gateway_log import envoy_lines, seen_by_envoy
from operations.smoke.proof import Listening, Spoken, have_spoken
from operations.trust import authority
from operations.voice.gradio import ENDPOINT


@dataclass(frozen=True)
class Outcome:
    """What became of one campus: `spoken` and `cluster` when all is proven, else `failure`."""

    campus: str
    url: str
    spoken: Spoken | None = None
    cluster: str | None = None
    failure: str | None = None
    own_stack: bool = False
    """The campus is spoken for by a stack of its own and was left alone."""

    @property
    def well(self) -> bool:
        """Whether nothing is wrong with it."""
        return self.failure is None


def chosen(outputs: StackOutputs, names: list[str]) -> dict[str, Campus]:
    """The campuses `names`, or all; at least one of them has its speech server here.

    Raises:
        OperationError: the stack has no such campus, or none of them can be asked here.
    """
    unknown = [name for name in names if name not in outputs.campuses]
    if unknown:
        raise OperationError(
            f"There is no campus {', '.join(unknown)}",
            f"this stack has {', '.join(outputs.campuses)}",
            "Name one of these, or none for all.",
        )
    campuses = {name: campus for name, campus in outputs.campuses.items() if not names or name in names}
    if all(campus.backend is None for campus in campuses.values()):
        stacks = ", ".join(f"`make smoke STACK=campus-{name}`" for name in campuses)
        raise OperationError(
            "No campus has been asked to speak, so nothing is proven",
            f"a stack of its own speaks for {', '.join(campuses)}",
            f"Ask there: {stacks}.",
        )
    return campuses


def smoke(
    outputs: StackOutputs, campuses: dict[str, Campus], cluster: Cluster, listening: Listening
) -> Iterator[Outcome]:
    """Put every campus to the proof; the log is read after the last one, since Envoy writes it late."""
    started = time.monotonic()
    spoken: dict[str, Spoken] = {}
    for name, campus in campuses.items():
        if campus.backend is None:
            yield Outcome(name, campus.url, own_stack=True)
            continue
        try:
            spoken[name] = have_spoken(name, campus, authority(cluster, outputs.tls[name]), listening)
        except OperationError as error:
            yield Outcome(name, campus.url, failure=str(error))
    for name, evidence in spoken.items():
        campus = campuses[name]
        expected = Expected(evidence.request_id, campus.host, campus.envoy_clusters, f"{ENDPOINT}/")
        try:
            seen = seen_by_envoy(
                expected, lambda: envoy_lines(cluster, outputs.gateway, time.monotonic() - started)
            )
        except OperationError as error:
            yield Outcome(name, campus.url, spoken=evidence, failure=str(error))
        else:
            yield Outcome(name, campus.url, spoken=evidence, cluster=seen)
