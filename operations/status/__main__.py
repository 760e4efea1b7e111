"""`make status`: what of a stack runs, where, and how healthy it is; exit code 1 when something is not."""

import argparse
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime

from rich.console import Console
from rich.table import Table
from rich.text import Text

from operations.cluster import connect
from operations.command import carry_out
from operations.stack import read_stack
from operations.status.inspection import inspect
from operations.status.rows import Row

UNBOUNDED = 240
"""Columns of a table that no terminal limits."""


def table(stack: str, rows: Sequence[Row]) -> Table:
    """The rows as people read them."""
    drawn = Table(title=f"Stack {stack}", title_justify="left", box=None, pad_edge=False)
    for heading in ("part", "name", "where", "", "state"):
        drawn.add_column(heading)
    for row in rows:
        mark = Text("ok", style="green") if row.healthy else Text("NOT WELL", style="bold red")
        drawn.add_row(Text(row.part), Text(row.name), Text(row.where), mark, Text(row.state))
    return drawn


def main(arguments: Sequence[str]) -> int:
    """Show the stack; 0 when all of it is healthy."""
    parser = argparse.ArgumentParser(prog="python -m operations.status", description=__doc__)
    parser.add_argument("--stack", default="dev", help="the Pulumi stack (default: dev)")
    given = parser.parse_args(arguments)
    stack = read_stack(given.stack)
    rows = inspect(
        stack.outputs, connect(stack.kubeconfig, stack.context), datetime.fromtimestamp(time.time(), UTC)
    )
    console = Console() if sys.stdout.isatty() else Console(width=UNBOUNDED)
    console.print(table(stack.name, rows))
    unwell = [row for row in rows if not row.healthy]
    if unwell:
        console.print(f"{len(unwell)} of {len(rows)} parts are not well.")
    return 1 if unwell else 0


if __name__ == "__main__":
    sys.exit(carry_out(main))
