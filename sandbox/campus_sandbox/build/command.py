"""The subcommands `build` and `manifests`."""

import argparse

from campus_sandbox.command import Command
from campus_sandbox.paths import Paths


def _build(paths: Paths, options: argparse.Namespace) -> int:
    return 0


def _manifests(paths: Paths, options: argparse.Namespace) -> int:
    return 0


BUILD = Command("build", "build everything the sandbox needs into the cache", _build)
MANIFESTS = Command("manifests", "prepare the upstream manifests only", _manifests)
