"""Where the node's files are, as the machine sees them and as the node sees them."""

import hashlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from campus_sandbox.paths import Paths

# As the node sees them.
BIN: Final = PurePosixPath("/usr/local/bin")
ETC: Final = PurePosixPath("/etc/campus-voice")
LOG: Final = PurePosixPath("/var/log")
VOLUMES: Final = PurePosixPath("/var/lib/volumes")
VOLUME_PLUGINS: Final = "/var/lib/kubelet/volume-plugins"
CONTAINERD_SOCKET: Final = PurePosixPath("/run/containerd/containerd.sock")
STATUS: Final = PurePosixPath("/run/campus-voice/components.json")

PROGRAMS: Final = ("kube", "etcd", "netpol", "sandbox-node")


@dataclass(frozen=True)
class Layout:
    """The node's files as the machine sees them; all below the sandbox's state."""

    paths: Paths

    @property
    def etc(self) -> Path:
        """Configuration, keys and the daemons' kubeconfigs."""
        return self.paths.node_state / "etc"

    @property
    def run(self) -> Path:
        """What the running node tells the machine."""
        return self.paths.node_state / "run"

    @property
    def status(self) -> Path:
        """Which components run, written by the node's first process."""
        return self.run / STATUS.name

    @property
    def pid(self) -> Path:
        """Process id of the node's first process, in the machine's numbers."""
        return self.paths.node_state / "pid"

    @property
    def plan(self) -> Path:
        """What the node is made of, for `sandbox-node`."""
        return self.paths.node_state / "plan.json"

    @property
    def root(self) -> Path:
        """Empty folder that the node's root file system is assembled on, in its own mount namespace."""
        return self.paths.node_state / "root"

    @property
    def imported(self) -> Path:
        """Which image archives the node's container runtime has."""
        return self.paths.node_state / "imported.json"

    @property
    def setup_log(self) -> Path:
        """What the node's first process says."""
        return self.paths.logs / "node.log"

    @property
    def data(self) -> dict[str, Path]:
        """Folders on the machine's disk for the daemons' data, by the node's path for them."""
        node = self.paths.node_state
        return {
            "/var/lib/etcd": node / "etcd",
            "/var/lib/kubelet": node / "kubelet",
            "/var/lib/containerd": node / "containerd",
            str(VOLUMES): self.paths.volumes,
            str(LOG): self.paths.logs,
            str(STATUS.parent): self.run,
        }

    @property
    def cgroup(self) -> str:
        """Name of the sandbox's own cgroup: another state folder is another sandbox."""
        return "campus-voice-" + hashlib.sha256(str(self.paths.state).encode()).hexdigest()[:8]
