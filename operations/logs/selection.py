"""Which pods' logs to show, and which lines of them."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from operations.cluster import Cluster, Pod
from operations.errors import OperationError
from operations.outputs import Campus, StackOutputs
from operations.smoke.access_log import parse


class Component(StrEnum):
    """A part of a stack that writes a log."""

    ENVOY = "envoy"
    CONTOUR = "contour"
    SERVER = "server"


@dataclass(frozen=True)
class Source:
    """One container whose log is shown."""

    pod: Pod
    container: str
    shown: Callable[[str], bool]
    """Whether a line of it is to be shown."""


def sources(
    outputs: StackOutputs, cluster: Cluster, component: Component | None, campus_id: str | None
) -> list[Source]:
    """The logs to show: of one component or all, of one campus or all.

    A campus's part of Envoy's log are the access lines of its host; Contour's log is not told apart by
    campus, so it is left out where only a campus is asked for.

    Raises:
        OperationError: no such campus, or nothing that writes such a log is running.
    """
    campus = _campus(outputs, campus_id)
    found: list[Source] = []
    for wanted in [component] if component else Component:
        if wanted is Component.SERVER:
            found += _servers(outputs, cluster, campus)
        elif wanted is Component.ENVOY:
            selector = outputs.gateway.envoy_selector
            shown = (lambda _: True) if campus is None else access_lines_of(campus)
            found += [
                Source(pod, "envoy", shown) for pod in cluster.pods(outputs.gateway.namespace, selector)
            ]
        elif campus is None or component:
            pods = cluster.pods(outputs.gateway.namespace, outputs.gateway.contour_selector)
            found += [Source(pod, "contour", lambda _: True) for pod in pods]
    if not found:
        raise OperationError(
            f"There is no log of {component or 'this stack'} to show",
            "no such pod runs",
            "Run `make status` to see why.",
        )
    return found


def _campus(outputs: StackOutputs, campus_id: str | None) -> Campus | None:
    if campus_id is None:
        return None
    if campus_id not in outputs.campuses:
        raise OperationError(
            f"There is no campus {campus_id}",
            f"this stack has {', '.join(outputs.campuses)}",
            "Name one of these.",
        )
    return outputs.campuses[campus_id]


def _servers(outputs: StackOutputs, cluster: Cluster, campus: Campus | None) -> list[Source]:
    backends = [
        backend for name, backend in outputs.backends.items() if campus is None or name == campus.backend
    ]
    pods = [pod for backend in backends for pod in cluster.pods(backend.namespace, backend.selector)]
    return [Source(pod, pod.containers[0], lambda _: True) for pod in pods]


def access_lines_of(campus: Campus) -> Callable[[str], bool]:
    """Whether a line of Envoy's log is an access line of this campus."""

    def shown(line: str) -> bool:
        entry = parse(line)
        return entry is not None and (
            entry.authority == campus.host or entry.upstream_cluster in campus.envoy_clusters
        )

    return shown
