"""When `make forget` erases, and when it refuses to."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from operations.cluster import Cluster, Custom, Pod
from operations.errors import OperationError
from operations.execution import Ended
from operations.forget import forget
from operations.outputs import parse_outputs
from operations.stack import Stack
from tests.unit.operations.stack_values import campus, values

READY = Pod("voice", "cosyvoice-2", "sandbox", "Running", True, 0, "", ("cosyvoice",))
STARTING = Pod("voice", "cosyvoice-1", "sandbox", "Running", False, 0, "", ("cosyvoice",))
DONE = Ended("", "2 recordings and 1 voice of east are erased\n", "")


class PlayedCluster(Cluster):
    """A cluster whose speech pods answer as they are told, and which notes what is run in them."""

    def __init__(
        self, ended: Ended = DONE, pods: Sequence[Pod] = (STARTING, READY), route: str = "north"
    ) -> None:
        self.ran: list[tuple[str, str, tuple[str, ...]]] = []
        self._ended, self._pods, self._route = ended, list(pods), route

    def pods(self, namespace: str, selector: Mapping[str, str]) -> list[Pod]:
        assert (namespace, selector) == ("voice", {"app.kubernetes.io/name": "cosyvoice"})
        return self._pods

    def proxies(self, namespace: str) -> list[Custom]:
        assert namespace == "voice"
        return [Custom(self._route, {})]

    def run(self, pod: Pod, container: str, command: Sequence[str]) -> Ended:
        self.ran.append((pod.name, container, tuple(command)))
        return self._ended

    def raw(
        self, group: str, plural: str, selector: Mapping[str, str] | None = None
    ) -> list[Mapping[str, Any]]:
        assert (group, plural, selector) == ("batch", "cronjobs", None)
        step = {"name": "forget", "args": ["--keep-within-daily", "7d", "--keep-within-weekly", "45d"]}
        pod = {"initContainers": [{"name": "open"}, step], "containers": [{"name": "verify"}]}
        job = {"spec": {"jobTemplate": {"spec": {"template": {"spec": pod}}}}}
        names = [("voice", "other"), ("elsewhere", "cosyvoice-backup"), ("voice", "cosyvoice-backup")]
        return [job | {"metadata": {"namespace": place, "name": name}} for place, name in names]


def stack(**backend: object) -> Stack:
    """The stack with two campuses on its backend and one that has a stack of its own."""
    made = values()
    made["backends"]["voice"] |= backend
    return Stack("dev", parse_outputs("dev", made))


def test_a_campus_that_left_is_erased_in_one_pod_that_is_ready() -> None:
    cluster = PlayedCluster()
    assert list(forget(stack(), cluster, "east")) == ["voice: 2 recordings and 1 voice of east are erased"]
    command = ("python3.11", "-m", "cosyvoice_server", "forget", "east")
    assert cluster.ran == [("cosyvoice-2", "cosyvoice", command)], "every pod sees the same volumes"


def test_who_erases_learns_how_long_the_backups_remember() -> None:
    told = list(forget(stack(backup="cosyvoice-backup"), PlayedCluster(), "east"))
    assert told[1:] == ["voice: its backups hold what there was for up to 45 days and a run more"], (
        "the days are those of the stack's own CronJob"
    )


def test_what_a_campus_left_behind_when_it_moved_to_a_stack_of_its_own_can_be_erased() -> None:
    cluster = PlayedCluster()
    list(forget(stack(), cluster, "west"))
    assert len(cluster.ran) == 1, "the shared server does not serve it any more"


REFUSALS = {
    "North": (
        "Campus 'North' cannot be erased: the id of a campus is lower-case letters, digits and inner hyphens, which "
        "names its folders. Name it as in `make forget CAMPUS=north`."
    ),
    "north": (
        "Campus north is not erased: stack dev serves it at https://north.voice.localhost, and its people may be "
        "listening. Remove its entry from Pulumi.dev.yaml and run `make up STACK=dev`, then run this again."
    ),
    "left": (
        "Campus left is not erased: the HTTPProxy voice/left still leads to its speech server. Let `make up "
        "STACK=dev` remove it, then run this again."
    ),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_a_campus_that_is_none_or_is_still_served_is_refused_and_nothing_is_erased(name: str) -> None:
    cluster = PlayedCluster(route="left")
    with pytest.raises(OperationError) as refusal:
        list(forget(stack(), cluster, name))
    assert str(refusal.value) == REFUSALS[name]
    assert cluster.ran == [], "a refusal erases nothing"


def test_a_campus_with_a_stack_of_its_own_learns_how_its_data_goes_with_the_stack() -> None:
    made = values()
    made["campuses"] = {"west": campus("west", "campus-west")}
    alone = Stack("campus-west", parse_outputs("campus-west", made))
    with pytest.raises(OperationError, match="`campus-voice:deleteData: true` into Pulumi"):
        list(forget(alone, PlayedCluster(), "west"))


def test_a_backend_that_cannot_be_asked_is_told() -> None:
    with pytest.raises(OperationError, match="no speech pod in voice is ready, and only one has the volumes"):
        list(forget(stack(), PlayedCluster(pods=[STARTING]), "east"))
    no_server = Stack("dev", parse_outputs("dev", values() | {"backends": {}}))
    with pytest.raises(OperationError, match="stack dev has no speech server, and so no way to the volumes"):
        list(forget(no_server, PlayedCluster(), "east"))


NO_COMMAND, NOT_MENDED = "with this release's image", "Run this again once that is mended"
FAILURES = {
    "/voices: Read-only file system": NOT_MENDED,
    "the connection broke": NOT_MENDED,
    "/usr/bin/python3.11: No module named cosyvoice_server": NO_COMMAND,
    'exec: "python3.11": executable file not found in $PATH': NO_COMMAND,
    "COSYVOICE_PORT 7860 or COSYVOICE_METRICS_PORT 9090 cannot be opened (Address already in use)": NO_COMMAND,
}


@pytest.mark.parametrize("words", FAILURES)
def test_another_image_is_advised_only_where_the_command_is_missing(words: str) -> None:
    for failed in (Ended("exit code 1", "", f"a warning\n{words}\n"), Ended(words, "", "")):
        with pytest.raises(OperationError) as told:
            list(forget(stack(), PlayedCluster(failed), "east"))
        assert told.value.why == words, "the last words say why"
        assert FAILURES[words] in told.value.way_out
