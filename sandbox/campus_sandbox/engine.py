"""The subcommand `engine`: Pulumi, ready to render a stack, without a cluster."""

import argparse
import sys

from campus_sandbox.build.build import build, plan_for
from campus_sandbox.command import Command
from campus_sandbox.node.lock import locked
from campus_sandbox.paths import Paths
from campus_sandbox.pulumi_home import prepare_pulumi_home


def _engine(paths: Paths, options: argparse.Namespace) -> int:
    plan = plan_for(paths)
    with locked(paths, "engine"):
        build(paths, plan, plan.engine_steps())
        prepare_pulumi_home(paths, plan.versions, lambda line: print(line, file=sys.stderr))
    return 0


ENGINE = Command("engine", "prepare Pulumi and the upstream manifests, without a cluster", _engine)
