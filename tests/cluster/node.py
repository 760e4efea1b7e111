"""The sandbox's node from the inside, where its processes can be hurt."""

import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path


class Node:
    """The processes of the sandbox's one node."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._state = Path(environment["XDG_STATE_HOME"]) / "campus-voice" / "node"

    def kill(self, program: str) -> None:
        """End every process with this name, containers' included, without a warning."""
        self._inside("pkill", "-KILL", "-x", program)

    @contextmanager
    def frozen(self, component: str) -> Iterator[None]:
        """Hold a daemon of the node still."""
        running = json.loads((self._state / "run" / "components.json").read_text())
        (pid,) = (str(daemon["pid"]) for daemon in running if daemon["name"] == component)
        self._inside("kill", "-STOP", pid)
        try:
            yield
        finally:
            self._inside("kill", "-CONT", pid)

    def _inside(self, *command: str) -> None:
        first = (self._state / "pid").read_text().strip()
        enter = ["nsenter", "--target", first, "--mount", "--net", "--pid", "--"]
        subprocess.run([*enter, *command], capture_output=True, text=True, check=True)
