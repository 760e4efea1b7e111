"""`make smoke`: proves that every campus speaks, with a fresh sentence through its own HTTPS address."""

import argparse
import json
import random
import sys
from collections.abc import Sequence
from pathlib import Path

from operations.cluster import connect
from operations.command import carry_out
from operations.smoke.proof import Listening
from operations.smoke.report import line, summary
from operations.smoke.run import Outcome, chosen, exit_code, smoke
from operations.stack import read_stack


def options(arguments: Sequence[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m operations.smoke", description=__doc__)
    parser.add_argument("--stack", default="dev", help="the Pulumi stack (default: dev)")
    parser.add_argument("--campus", action="append", default=[], help="only this campus; may be given again")
    parser.add_argument("--output", type=Path, default=Path("smoke-output"), help="folder for the WAV files")
    parser.add_argument("--address", help="connect to this address instead of where the campuses' names lead")
    parser.add_argument(
        "--timeout", type=float, default=120.0, help="seconds a sentence may take (default: 120)"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of lines")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str]) -> int:
    """Run the proof; 0 when all campuses with a voice spoke, 1 when one did not, 3 when none has a voice."""
    given = options(arguments)
    stack = read_stack(given.stack)
    campuses = chosen(stack.outputs, given.campus)
    listening = Listening(random.SystemRandom(), given.output, given.address, given.timeout)
    outcomes: list[Outcome] = []
    for outcome in smoke(stack.outputs, campuses, connect(stack.kubeconfig, stack.context), listening):
        outcomes.append(outcome)
        if not given.json:
            print(line(outcome), flush=True)
    if given.json:
        print(json.dumps(summary(stack.name, outcomes), ensure_ascii=False, indent=2))
    return exit_code(outcomes)


if __name__ == "__main__":
    sys.exit(carry_out(main))
