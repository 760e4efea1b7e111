"""What a subcommand of `campus-sandbox` is."""

import argparse
from collections.abc import Callable
from dataclasses import dataclass

from campus_sandbox.paths import Paths


@dataclass(frozen=True)
class Command:
    """A subcommand.

    Attributes:
        name: as typed.
        summary: one line for `--help`.
        run: does it with the paths and the parsed arguments; returns the exit code.
        arguments: adds the subcommand's own arguments.
    """

    name: str
    summary: str
    run: Callable[[Paths, argparse.Namespace], int]
    arguments: Callable[[argparse.ArgumentParser], None] = lambda parser: None
