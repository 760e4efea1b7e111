"""All campuses of a stack, one after the other."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from operations.cluster import Cluster
from operations.errors import OperationError
from operations.outputs import Campus, StackOutputs
from operations.smoke.access_log import Expected
from operations.smoke.gateway_log import envoy_lines, seen_by_envoy
from operations.smoke.proof import Listening, Spoken, have_spoken
from operations.trust import authority
from operations.voice.gradio import ENDPOINT, NoVoiceError

NOTHING_PROVEN = 3
"""Exit code where no campus has a voice yet: neither is something wrong nor is anything proven."""


@dataclass(frozen=True)
class Outcome:
    """What became of one campus: `spoken` and `cluster` when all is proven, else `failure` or `no_voice`."""

    campus: str
    url: str
    spoken: Spoken | None = None
    cluster: str | None = None
    failure: str | None = None
    no_voice: str | None = None
    """The campus has no voice yet, so that nothing could be proven: what to do about it."""

    own_stack: bool = False
    """The campus is spoken for by a stack of its own and was left alone."""

    @property
    def well(self) -> bool:
        """Whether nothing is wrong with it and nothing is left to prove."""
        return self.failure is None and self.no_voice is None


def exit_code(outcomes: Sequence[Outcome]) -> int:
    """0 when every campus that has a voice spoke, 1 when one did not, NOTHING_PROVEN when none has a voice.

    A campus without a voice beside others that speak is no failure: it stays so until its first teacher
    enrols, and the proof would be red all that time, whatever happens to the others.
    """
    if any(outcome.failure is not None for outcome in outcomes):
        return 1
    return 0 if any(outcome.spoken is not None for outcome in outcomes) else NOTHING_PROVEN


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
        except NoVoiceError as error:
            yield Outcome(name, campus.url, no_voice=str(error))
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
