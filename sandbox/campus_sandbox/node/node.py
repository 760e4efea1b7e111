"""The node as one thing: is it running, start it, run something in it."""

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import IO, Final

from campus_sandbox.build.images import pause_image
from campus_sandbox.errors import SandboxError
from campus_sandbox.node.cgroups import Cgroup
from campus_sandbox.node.components import components
from campus_sandbox.node.config import configuration_files
from campus_sandbox.node.kubeconfig import kubeconfig, write_kubeconfig
from campus_sandbox.node.layout import Layout
from campus_sandbox.node.machine import first_process
from campus_sandbox.node.network import API_PORT, NODE_ADDRESS
from campus_sandbox.node.pki import ensure_pki
from campus_sandbox.node.plan import plan_text
from campus_sandbox.node.ports import LOOPBACK
from campus_sandbox.node.root import Root
from campus_sandbox.paths import Paths, give_to_owner, make_folder
from campus_sandbox.versions import Versions

DAEMON_IDENTITIES: Final = ("controller-manager", "scheduler", "proxy", "kubelet", "netpol")
NAMESPACES: Final = ("--mount", "--net", "--pid", "--uts", "--ipc", "--cgroup")


class NodeState(Enum):
    """How the node is."""

    STOPPED = "stopped"
    DAMAGED = "damaged"
    RUNNING = "running"


@dataclass(frozen=True)
class ComponentState:
    """One daemon: `waiting`, `running` or `ended`, and how it ended."""

    name: str
    state: str
    detail: str


class Node:
    """The sandbox's node."""

    def __init__(self, paths: Paths, versions: Versions, root: Root) -> None:
        self._paths = paths
        self._versions = versions
        self._root = root
        self._layout = Layout(paths)

    def state(self) -> NodeState:
        """Stopped, running, or damaged: running without one of its daemons."""
        if self._first_process() is None:
            return NodeState.STOPPED
        if any(component.state == "ended" for component in self.components()):
            return NodeState.DAMAGED
        return NodeState.RUNNING

    def components(self) -> tuple[ComponentState, ...]:
        """The daemons as the node's first process last told; empty when it runs not."""
        if self._first_process() is None or not self._layout.status.exists():
            return ()
        told = json.loads(self._layout.status.read_text(encoding="utf-8"))
        return tuple(ComponentState(one["name"], one["state"], one["detail"]) for one in told)

    def is_up_to_date(self) -> bool:
        """Whether it runs whole and is made of what it would be made of now."""
        if self.state() is not NodeState.RUNNING:
            return False
        wanted = plan_text(self._layout, Cgroup.of_this_machine(self._layout.cgroup), components())
        return self._layout.plan.read_text(encoding="utf-8") == wanted and all(
            (self._layout.etc / name).read_text(encoding="utf-8") == text
            for name, text in self._files().items()
        )

    def start(self) -> None:
        """Start the node from whatever state it is in; what is left of an earlier run is ended first.

        Raises:
            SandboxError: no root, a port taken, or the kernel refuses what a node needs.
        """
        owner = self._paths.owner
        for folder in (self._paths.state, self._paths.node_state, self._paths.logs, self._layout.etc):
            make_folder(folder, owner)
        pki = self._layout.etc / "pki"
        ensure_pki(pki)
        for name, text in self._files().items():
            file = self._layout.etc / name
            file.parent.mkdir(exist_ok=True)
            file.write_text(text, encoding="utf-8")
        inside = f"https://{NODE_ADDRESS}:{API_PORT}"
        for identity in DAEMON_IDENTITIES:
            write_kubeconfig(self._layout.etc / f"{identity}.kubeconfig", kubeconfig(pki, identity, inside))
        outside = f"https://{LOOPBACK}:{API_PORT}"
        write_kubeconfig(self._paths.kubeconfig, kubeconfig(pki, "admin", outside))
        give_to_owner(self._layout.etc, owner)
        give_to_owner(self._paths.kubeconfig, owner)
        self._root.do("start")

    def start_runtime(self) -> None:
        """Start nothing but the container runtime, to give it images; no port of the machine is opened.

        Raises:
            SandboxError: no root, or the kernel refuses what a node needs.
        """
        for folder in (self._paths.state, self._paths.node_state, self._paths.logs, self._layout.etc):
            make_folder(folder, self._paths.owner)
        for name, text in self._files().items():
            file = self._layout.etc / name
            make_folder(file.parent, self._paths.owner)
            file.write_text(text, encoding="utf-8")
        self._root.do("start-runtime")

    def has_group(self) -> bool:
        """Whether there is a cgroup of the node's, and so perhaps processes, whatever became of its files."""
        return any(folder.exists() for folder in Cgroup.of_this_machine(self._layout.cgroup).folders())

    def remove(self) -> None:
        """End the node and remove the sandbox's state but for the lock."""
        self._root.do("remove")

    def run(
        self, argv: list[str], stdin: IO[bytes] | int = subprocess.DEVNULL
    ) -> subprocess.CompletedProcess[str]:
        """Run a program of the node's root file system in the node, as root.

        Raises:
            SandboxError: the node does not run.
        """
        first = self._first_process()
        if first is None:
            raise SandboxError("the sandbox does not run", way_out="start it with `campus-sandbox up`")
        return self._root.run(["nsenter", "--target", str(first), *NAMESPACES, "--", *argv], stdin)

    def started_at(self) -> float:
        """When the running node was started, in seconds since the epoch; 0 when it does not run."""
        return self._layout.pid.stat().st_mtime if self._first_process() is not None else 0.0

    def check_daemons(self) -> None:
        """See that all runs that should.

        Raises:
            SandboxError: a daemon or the whole node ended, naming its log.
        """
        for component in self.components():
            if component.state == "ended":
                raise SandboxError(
                    f"{component.name} ended ({component.detail})",
                    way_out=f"see why in {self._paths.logs / component.name}.log, then run "
                    "`campus-sandbox up`, after `campus-sandbox down` if its data is damaged",
                )
        if self.state() is NodeState.STOPPED:
            raise SandboxError("the node ended", way_out=f"see why in {self._layout.setup_log}")

    def _files(self) -> Mapping[str, str]:
        return configuration_files(pause_image(self._versions))

    def _first_process(self) -> int | None:
        return first_process(self._layout, Cgroup.of_this_machine(self._layout.cgroup))
