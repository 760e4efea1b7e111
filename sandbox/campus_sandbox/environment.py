"""The environment in which the Pulumi program and its clients use the sandbox."""

import argparse
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from time import monotonic

from campus_sandbox.command import Command
from campus_sandbox.errors import SandboxError
from campus_sandbox.paths import Paths
from campus_sandbox.progress import Durations, PlainProgress
from campus_sandbox.recovery import mend_stacks


def environment(paths: Paths, path: str) -> Mapping[str, str]:
    """What is set on top of the caller's variables.

    Args:
        paths: whose sandbox.
        path: the caller's PATH, searched after the sandbox's programs.
    """
    return {
        "KUBECONFIG": str(paths.kubeconfig),
        "PATH": os.pathsep.join(filter(None, (str(paths.pulumi_bin), str(paths.bin), path))),
        "PULUMI_HOME": str(paths.pulumi_home),
        "PULUMI_BACKEND_URL": f"file://{paths.pulumi_backend}",
        # Guards nothing: the sandbox's secrets end with the sandbox.
        "PULUMI_CONFIG_PASSPHRASE": "sandbox",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        # Else each plugin that is not there costs the engine five attempts to download it.
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
    }


def _variables(paths: Paths) -> dict[str, str]:
    return {**os.environ, **environment(paths, os.environ.get("PATH", ""))}


def _env(paths: Paths, options: argparse.Namespace) -> int:
    for name, value in environment(paths, os.environ.get("PATH", "")).items():
        print(f"{name}={value}")
    return 0


def _run(paths: Paths, command: list[str]) -> int:
    """Run `command` and return its exit code; one that a signal ended counts as a shell counts it.

    What killed updates left is mended first, so that no command of the user stumbles over it.

    A Ctrl-C reaches the command too, and it is waited for: Pulumi ends the update it is in and lets go of the
    stack's lock, which it cannot when it is killed.
    """
    program, variables = _words(command), _variables(paths)
    mend_stacks(paths, variables, lambda line: print(line, file=sys.stderr))
    # Not SIG_IGN, which the command would inherit.
    before = signal.signal(signal.SIGINT, lambda number, frame: None)
    try:
        with subprocess.Popen(program, env=variables) as process:
            code = process.wait()
    except (FileNotFoundError, PermissionError) as failure:
        raise SandboxError(
            f"{program[0]!r} cannot be run ({failure.strerror})", way_out="give a program that is on PATH"
        ) from failure
    finally:
        signal.signal(signal.SIGINT, before)
    return code if code >= 0 else 128 - code


def _words(command: list[str]) -> list[str]:
    words = command[1:] if command[:1] == ["--"] else command
    if not words:
        raise SandboxError("no command was given", way_out="write it after `--`")
    return words


def _exec(paths: Paths, options: argparse.Namespace) -> int:
    return _run(paths, options.words)


def _step(paths: Paths, options: argparse.Namespace) -> int:
    progress = PlainProgress(Durations(paths.durations, paths.owner), sys.stderr)
    progress.started(options.title)
    begun = monotonic()
    code = _run(paths, options.words)
    outcome = progress.finished if code == 0 else progress.failed
    outcome(options.title, monotonic() - begun)
    return code


def _add_command(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("words", nargs=argparse.REMAINDER, metavar="-- COMMAND", help="program and arguments")


def _add_title_and_command(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("title", help="what the user reads")
    _add_command(parser)


ENV = Command("env", "print the environment of the sandbox as KEY=VALUE lines", _env)
EXEC = Command("exec", "run a command in the environment of the sandbox", _exec, _add_command)
STEP = Command("step", "as exec, with a line that tells how long it took", _step, _add_title_and_command)
