"""Mending what killed updates left in the sandbox's stacks: the next command finds nothing half-made."""

import json
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from campus_sandbox.interrupted import Resource, completed, pending_creates, pointer_of
from campus_sandbox.paths import Paths
from campus_sandbox.providers.kubernetes.apply import Cluster
from campus_sandbox.providers.kubernetes.discovery import Discovery, UnknownKindError
from campus_sandbox.providers.kubernetes.objects import Object, display
from campus_sandbox.providers.kubernetes.session import ApiError, Session, UnreachableError
from campus_sandbox.providers.kubernetes.settings import Settings
from campus_sandbox.pulumi_locks import is_locked, remove_dead_locks


class _PulumiError(Exception):
    """Pulumi refused; the message is what it said."""


def mend_stacks(paths: Paths, variables: Mapping[str, str], say: Callable[[str], None]) -> None:
    """Remove the locks of killed updates and record the objects they were making.

    A stack that is being updated is left alone, and so are all while the sandbox's API server does not
    answer: nobody can tell then what was made.

    Args:
        paths: whose stacks.
        variables: environment for Pulumi.
        say: told what is mended, one line each, or why it is not.
    """
    remove_dead_locks(paths, say)
    for file in sorted((paths.pulumi_backend / ".pulumi" / "stacks").glob("*/*.json")):
        stack = f"organization/{file.parent.name}/{file.stem}"
        if pending_creates(_latest(file)) and not is_locked(paths, stack):
            for line in _mended(paths, stack, variables):
                say(f"Pulumi stack {file.stem}: {line}")


def _latest(file: Path) -> Mapping[str, Any]:
    """A stack's deployment, for a quick look; empty when it has none."""
    try:
        content = json.loads(file.read_bytes())
    except (FileNotFoundError, ValueError):
        # Pulumi tells the user what it thinks of it.
        return {}
    return (content.get("checkpoint") or {}).get("latest") or {}


def _mended(paths: Paths, stack: str, variables: Mapping[str, str]) -> list[str]:
    """Mend one stack and tell how."""
    try:
        session = Session.open(Settings(kubeconfig=str(paths.kubeconfig)))
        cluster = Cluster(session, Discovery(session), threading.Event())
        exported = json.loads(_pulumi(paths, variables, ["stack", "export", "--stack", stack]))
        creates = pending_creates(exported["deployment"])
        if not creates:
            # The update that was making them ended meanwhile.
            return []
        made = _made(cluster, creates)
        exported["deployment"] = completed(exported["deployment"], made)
        _pulumi(paths, variables, ["stack", "import", "--stack", stack], json.dumps(exported))
    except (UnreachableError, ApiError, _PulumiError) as failure:
        return [f"what a killed update was making cannot be looked after now: {failure}"]
    return [f"a killed update made {display(live)}, the next one goes on with it" for live in made.values()]


def _made(cluster: Cluster, resources: Sequence[Resource]) -> dict[str, Object]:
    """The objects of the resources that are there, by URN."""
    found: dict[str, Object] = {}
    for resource in resources:
        pointer = pointer_of(resource)
        live = None if pointer is None else _read(cluster, pointer)
        if live is not None:
            found[resource["urn"]] = live
    return found


def _read(cluster: Cluster, pointer: Object) -> Object | None:
    try:
        return cluster.read(pointer)
    except UnknownKindError:
        return None
    except ApiError as refused:
        if refused.not_found:
            return None
        raise


def _pulumi(paths: Paths, variables: Mapping[str, str], words: Sequence[str], text: str = "") -> str:
    command = [str(paths.pulumi_bin / "pulumi"), *words, "--non-interactive", "--color", "never"]
    done = subprocess.run(command, env=variables, input=text, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise _PulumiError(done.stderr.strip() or done.stdout.strip())
    return done.stdout
