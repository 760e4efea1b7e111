"""Root's rights, asked for once."""

import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO, Final

from campus_sandbox.errors import SandboxError
from campus_sandbox.node import machine
from campus_sandbox.node.layout import Layout
from campus_sandbox.node.network import OTHER_CLUSTER
from campus_sandbox.paths import Paths

# Well below sudo's shortest usual time-out of five minutes.
REFRESH_SECONDS: Final = 60.0


def _no_root() -> SandboxError:
    return SandboxError(
        "the sandbox cannot become root",
        "making namespaces, mounts and cgroups for a Kubernetes node needs it",
        f"run it as root or through sudo, or {OTHER_CLUSTER}",
    )


def _may_already() -> bool:
    """Whether sudo runs a command without asking; that also renews the user's leave.

    `--validate` would ask for a password even where the user's own rule says NOPASSWD:
    https://www.sudo.ws/docs/man/sudoers.man/#verifypw.
    """
    probe = ["sudo", "--non-interactive", "true"]
    return subprocess.run(probe, stderr=subprocess.DEVNULL, check=False).returncode == 0


class Root:
    """Runs the few things that need root, through sudo where the process is not root's."""

    def __init__(self, paths: Paths) -> None:
        self._paths = paths
        self._asked = threading.Lock()
        self._granted = os.geteuid() == 0

    def ask(self) -> None:
        """Get the user's leave now, and keep it for as long as this process lives.

        Raises:
            SandboxError: there is no sudo, or it refuses.
        """
        with self._asked:
            if self._granted:
                return
            if shutil.which("sudo") is None:
                raise _no_root()
            if not _may_already():
                print("campus-sandbox: the Kubernetes node needs root; sudo asks once.", file=sys.stderr)
                if subprocess.run(["sudo", "--validate"], check=False).returncode != 0:
                    raise _no_root()
            self._granted = True
            threading.Thread(target=self._keep, daemon=True).start()

    def _keep(self) -> None:
        pause = threading.Event()
        while _may_already():
            pause.wait(REFRESH_SECONDS)

    def do(self, verb: str) -> None:
        """Do a verb of `campus_sandbox.node.machine`.

        Raises:
            SandboxError: the verb's own failure.
        """
        self.ask()
        if os.geteuid() == 0:
            machine.VERBS[verb](Layout(self._paths))
            return
        settings = {
            "PYTHONPATH": str(machine.module_folder()),
            "XDG_CACHE_HOME": str(self._paths.cache.parent),
            "XDG_STATE_HOME": str(self._paths.state.parent),
        }
        assignments = [f"{name}={value}" for name, value in settings.items()]
        done = self.run(["env", *assignments, sys.executable, "-m", machine.__name__, verb])
        if done.returncode != 0:
            raise SandboxError(done.stderr.strip().removesuffix("."))

    def run(
        self, argv: list[str | Path], stdin: IO[bytes] | int = subprocess.DEVNULL
    ) -> subprocess.CompletedProcess[str]:
        """Run a command as root and return its outcome with its output."""
        self.ask()
        prefix: list[str | Path] = [] if os.geteuid() == 0 else ["sudo", "--non-interactive", "--"]
        return subprocess.run([*prefix, *argv], stdin=stdin, capture_output=True, text=True, check=False)
