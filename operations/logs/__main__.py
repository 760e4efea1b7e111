"""`make logs [CAMPUS=id] [COMPONENT=envoy|contour|server]`: the last lines of the logs, and every new one."""

import argparse
import sys
import threading
from collections.abc import Sequence

from operations.cluster import Cluster, connect
from operations.command import carry_out
from operations.errors import OperationError
from operations.logs.selection import Component, Source, sources
from operations.stack import read_stack


def follow(cluster: Cluster, source: Source, tail: int) -> None:
    """Print a log as it grows; ends when its container does."""
    try:
        for line in cluster.follow(source.pod, source.container, tail):
            show(source, line)
    except OperationError as error:
        print(error, file=sys.stderr)


def show(source: Source, line: str) -> None:
    """Print one line, with the pod it is from, if it is to be shown."""
    if source.shown(line):
        print(f"{source.pod.name}  {line}", flush=True)


def main(arguments: Sequence[str]) -> int:
    """Print the logs until every container ended or a person stops it."""
    parser = argparse.ArgumentParser(prog="python -m operations.logs", description=__doc__)
    parser.add_argument("--stack", default="dev", help="the Pulumi stack (default: dev)")
    parser.add_argument("--campus", help="only what belongs to this campus")
    parser.add_argument("--component", type=Component, choices=list(Component), help="only this component")
    parser.add_argument(
        "--tail", type=int, default=100, help="lines of the past to begin with (default: 100)"
    )
    parser.add_argument("--once", action="store_true", help="end after these instead of waiting for new ones")
    given = parser.parse_args(arguments)
    stack = read_stack(given.stack)
    cluster = connect(stack.kubeconfig, stack.context)
    chosen = sources(stack.outputs, cluster, given.component, given.campus)
    if given.once:
        for source in chosen:
            for line in cluster.tail(source.pod, source.container, given.tail):
                show(source, line)
        return 0
    threads = [
        threading.Thread(target=follow, args=(cluster, source, given.tail), daemon=True) for source in chosen
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return 0


if __name__ == "__main__":
    sys.exit(carry_out(main))
