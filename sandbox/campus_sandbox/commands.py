"""Running other people's programs for a step: logged, endable, as the owner of the cache."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from campus_sandbox.paths import Owner, give_to_owner, make_folder
from campus_sandbox.steps import StepCancelledError, StepContext

_TAIL = 4000
_CANCEL_CHECK_SECONDS = 0.2


class CommandFailedError(Exception):
    """A command ended with an exit code other than 0.

    Attributes:
        command: the argument list.
        code: the exit code.
        output: the last part of what it printed on both streams.
        log: the file with all it printed.
    """

    def __init__(self, command: Sequence[str], code: int, output: str, log: Path) -> None:
        self.command = tuple(command)
        self.code = code
        self.output = output
        self.log = log
        super().__init__(f"{command[0]} ended with exit code {code}; its output is in {log}")


def run(
    command: Sequence[str | Path],
    context: StepContext,
    owner: Owner,
    *,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    output: Path | None = None,
) -> None:
    """Run a command to its end, or to the end of the run.

    Args:
        command: program and arguments.
        context: the step it works for; what it prints is appended to the step's log.
        owner: the user it runs as when the process is root on that user's behalf.
        environment: variables on top of the process's own.
        folder: working folder.
        output: file for its standard output (default: the log, with standard error).

    Raises:
        CommandFailedError: its exit code is not 0.
        StepCancelledError: another step failed meanwhile, or the user pressed Ctrl-C.
    """
    arguments = [str(part) for part in command]
    make_folder(context.log.parent, owner)
    with context.log.open("ab") as log:
        begin = log.tell()
        log.write(f"$ {' '.join(arguments)}\n".encode())
        log.flush()
        with (output or Path(os.devnull)).open("wb") as out:
            process = subprocess.Popen(
                arguments,
                stdin=subprocess.DEVNULL,
                stdout=log if output is None else out,
                stderr=log,
                cwd=folder,
                env={**os.environ, **identity(owner), **(environment or {})},
                start_new_session=True,
                user=_other_user(owner),
                group=_other_group(owner),
            )
            code = _wait(process, context)
    give_to_owner(context.log, owner)
    if context.cancelled.is_set() and code != 0:
        raise StepCancelledError
    if code != 0:
        raise CommandFailedError(arguments, code, _tail(context.log, begin), context.log)


def read(command: Sequence[str | Path], owner: Owner, environment: Mapping[str, str] | None = None) -> str:
    """What a quick command prints on standard output, stripped; empty when it fails or is not there."""
    try:
        done = subprocess.run(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, **identity(owner), **(environment or {})},
            user=_other_user(owner),
            group=_other_group(owner),
        )
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def identity(owner: Owner) -> dict[str, str]:
    """Variables that make a program use the owner's folders, and print in a language we can read."""
    return {"HOME": str(owner.home), "LC_ALL": "C.UTF-8"}


def _other_user(owner: Owner) -> int | None:
    return owner.uid if os.geteuid() == 0 != owner.uid else None


def _other_group(owner: Owner) -> int | None:
    return owner.gid if os.geteuid() == 0 != owner.uid else None


def _wait(process: subprocess.Popen[bytes], context: StepContext) -> int:
    while True:
        try:
            return process.wait(_CANCEL_CHECK_SECONDS)
        except subprocess.TimeoutExpired:
            if context.cancelled.is_set():
                os.killpg(process.pid, 15)
                return process.wait()


def _tail(log: Path, begin: int) -> str:
    with log.open("rb") as text:
        text.seek(max(begin, log.stat().st_size - _TAIL))
        return text.read().decode("utf-8", "replace")
