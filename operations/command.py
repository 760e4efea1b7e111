"""How every operation starts and ends as a command."""

import sys
from collections.abc import Callable, Sequence

from operations.errors import OperationError

INTERRUPTED = 130
"""Exit code of a program that a person stopped, as shells have it."""


def carry_out(main: Callable[[Sequence[str]], int]) -> int:
    """The exit code of `main`, given the command line; what a person must solve is said in a sentence."""
    try:
        return main(sys.argv[1:])
    except OperationError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
