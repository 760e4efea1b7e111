"""The subcommand `up`: from whatever there is to a cluster that serves."""

import argparse
import sys

from campus_sandbox.addons.cert_manager import NAME as CERT_MANAGER
from campus_sandbox.build.build import build
from campus_sandbox.command import Command
from campus_sandbox.node.command import check_machine
from campus_sandbox.node.lock import locked
from campus_sandbox.node.node import Node
from campus_sandbox.node.root import Root
from campus_sandbox.node.up import Cluster
from campus_sandbox.paths import Paths
from campus_sandbox.progress import Durations, show_progress
from campus_sandbox.pulumi_home import prepare_pulumi_home
from campus_sandbox.steps import run_steps
from campus_sandbox.versions import Versions


def _up(paths: Paths, options: argparse.Namespace) -> int:
    versions = Versions.read(paths.repository)
    root = Root(paths)
    node = Node(paths, versions, root)
    check_machine(node, root)
    with locked(paths, "up"):
        worked = build(paths)
        with show_progress(Durations(paths.durations, paths.owner)) as progress:
            worked += run_steps(
                Cluster(paths, versions, node, options.without).steps(), progress, paths.build_log
            )
        prepare_pulumi_home(paths, versions, lambda line: print(line, file=sys.stderr))
    if worked == 0:
        print("The sandbox runs; there was nothing to do.", file=sys.stderr)
    return 0


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--without",
        action="append",
        choices=(CERT_MANAGER,),
        default=[],
        help="leave out what a stack is going to install itself",
    )


UP = Command("up", "build what is missing and start the sandbox, or mend it", _up, _arguments)
