"""`make forget CAMPUS=id`: erases what a speech server keeps for a campus that has left it."""

import argparse
import re
import sys
from collections.abc import Iterator, Sequence

from operations.backups import kept_days
from operations.cluster import Cluster, Pod, connect
from operations.command import carry_out
from operations.errors import OperationError
from operations.outputs import Backend
from operations.stack import Stack, read_stack

CAMPUS = re.compile(r"[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?")
"""What the server takes for a campus's id."""

COMMAND = ("python3.11", "-m", "cosyvoice_server", "forget")
"""The server's own command, which takes the campus's id (images/cosyvoice/README.md)."""

NO_SUCH_COMMAND = re.compile(r"No module named|executable file .*not found|COSYVOICE_PORT .*cannot be opened")
"""What Python, a container's runtime, or a server that starts instead says where there is no such command."""


def forget(stack: Stack, cluster: Cluster, campus: str) -> Iterator[str]:
    """Erase a campus on every backend of a stack, and tell what went; one pod reaches the volumes of all.

    Raises:
        OperationError: the campus is still served, or a backend cannot be asked; what comes before is erased.
    """
    _refuse_malformed(campus)
    _refuse_served(stack, cluster, campus)
    backends = stack.outputs.backends.values()
    for backend, pod in [(backend, _pod(cluster, backend, campus)) for backend in backends]:
        ended = cluster.run(pod, pod.containers[0], (*COMMAND, campus))
        if ended.failure:
            words = ended.complained.strip().splitlines()
            raise _unfinished(backend, campus, words[-1] if words else ended.failure)
        yield f"{backend.namespace}: {ended.said.strip()}"
        if backend.backup and (days := kept_days(cluster, backend.namespace, backend.backup)):
            yield f"{backend.namespace}: its backups hold what there was for up to {days} days and a run more"


def _refuse_malformed(campus: str) -> None:
    if not CAMPUS.fullmatch(campus):
        raise OperationError(
            f"Campus {campus!r} cannot be erased",
            "the id of a campus is lower-case letters, digits and inner hyphens, which names its folders",
            "Name it as in `make forget CAMPUS=north`.",
        )


def _refuse_served(stack: Stack, cluster: Cluster, campus: str) -> None:
    """Refuse a campus whose requests reach a backend: by the outputs, or by a route that an `up` left."""
    name, served = stack.name, stack.outputs.spoken_here()
    if campus in served:
        raise OperationError(
            f"Campus {campus} is not erased",
            f"stack {name} serves it at {served[campus].url}, and its people may be listening",
            _way_out(name, own_stack=served[campus].backend == f"campus-{campus}"),
        )
    if not stack.outputs.backends:
        raise OperationError(
            f"Campus {campus} cannot be erased",
            f"stack {name} has no speech server, and so no way to the volumes that one may have left",
            "Delete those by hand (`kubectl get pvc --all-namespaces`), or name another stack with STACK=.",
        )
    for backend in stack.outputs.backends.values():
        if any(proxy.name == campus for proxy in cluster.proxies(backend.namespace)):
            raise OperationError(
                f"Campus {campus} is not erased",
                f"the HTTPProxy {backend.namespace}/{campus} still leads to its speech server",
                f"Let `make up STACK={name}` remove it, then run this again.",
            )


def _unfinished(backend: Backend, campus: str, why: str) -> OperationError:
    """What a backend's command did not do, by its last words."""
    if NO_SUCH_COMMAND.search(why):
        way_out = (
            "Bring the stack up with this release's image and run this again; a third party's server has no "
            "such command."
        )
    else:
        way_out = "Run this again once that is mended: it erases what is left."
    return OperationError(f"Campus {campus} is not erased from {backend.namespace}", why, way_out)


def _way_out(stack: str, *, own_stack: bool) -> str:
    """What to do about a campus that is served: by a stack of its own, or by one that others share."""
    file, up = f"Pulumi.{stack}.yaml", f"`make up STACK={stack}`"
    if own_stack:
        return (
            f"Write `campus-voice:deleteData: true` into {file} and run {up}: its data goes with its stack."
        )
    return f"Remove its entry from {file} and run {up}, then run this again."


def _pod(cluster: Cluster, backend: Backend, campus: str) -> Pod:
    """A pod of the backend that can be asked."""
    for pod in cluster.pods(backend.namespace, backend.selector):
        if pod.ready and pod.phase == "Running":
            return pod
    raise OperationError(
        f"Campus {campus} cannot be erased now",
        f"no speech pod in {backend.namespace} is ready, and only one has the volumes",
        "See why with `make status`; a server that is scaled to zero has to be started first.",
    )


def main(arguments: Sequence[str]) -> int:
    """Erase the campus and say what went."""
    parser = argparse.ArgumentParser(prog="python -m operations.forget", description=__doc__)
    parser.add_argument("--stack", default="dev", help="the Pulumi stack (default: dev)")
    parser.add_argument("--campus", required=True, help="the id of the campus that has left")
    given = parser.parse_args(arguments)
    stack = read_stack(given.stack)
    for line in forget(stack, connect(stack.kubeconfig, stack.context), given.campus):
        print(line)
    return 0


if __name__ == "__main__":
    sys.exit(carry_out(main))
