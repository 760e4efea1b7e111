"""The command `campus-sandbox`."""

import argparse
import os
import sys
from collections.abc import Sequence

from campus_sandbox.build.command import BUILD, LOCK_DEBIAN, MANIFESTS
from campus_sandbox.command import Command
from campus_sandbox.engine import ENGINE
from campus_sandbox.environment import ENV, EXEC, STEP
from campus_sandbox.errors import SandboxError, from_system
from campus_sandbox.node.command import DOWN, KUBECONFIG, LOGS, STATUS
from campus_sandbox.paths import Paths
from campus_sandbox.up import UP


def commands() -> tuple[Command, ...]:
    """Every subcommand, in the order `--help` lists them."""
    return (BUILD, MANIFESTS, ENGINE, LOCK_DEBIAN, UP, DOWN, STATUS, KUBECONFIG, ENV, EXEC, STEP, LOGS)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a subcommand; a failure is one sentence on standard error and exit code 1."""
    parser = argparse.ArgumentParser(prog="campus-sandbox", description=__doc__)
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    known = {command.name: command for command in commands()}
    for command in known.values():
        command.arguments(subparsers.add_parser(command.name, help=command.summary))
    options = parser.parse_args(arguments)
    try:
        code = known[options.command].run(Paths.from_environment(), options)
        sys.stdout.flush()
    except SandboxError as error:
        print(f"campus-sandbox: {error.sentence()}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # Whoever read the output has seen enough; Python must not try to write the rest at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        print(f"campus-sandbox: {from_system(error).sentence()}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("campus-sandbox: interrupted.", file=sys.stderr)
        return 130
    return code
