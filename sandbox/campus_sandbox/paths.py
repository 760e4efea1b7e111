"""Where the sandbox keeps things: one frozen object that every part is given."""

import os
import pwd
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PRODUCT = "campus-voice"
REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Owner:
    """The user whose folders are used: the one who called sudo, else the one who runs the process."""

    uid: int
    gid: int
    home: Path


@dataclass(frozen=True)
class Paths:
    """Every folder and file the sandbox reads or writes.

    The cache holds what can be built again and outlives `down`, which removes the state.
    """

    repository: Path
    cache: Path
    state: Path
    owner: Owner
    repository_links: Path
    """The git-ignored folder in the checkout that holds links into cache and state."""

    @classmethod
    def from_environment(
        cls, environment: Mapping[str, str] | None = None, repository: Path = REPOSITORY
    ) -> "Paths":
        """Follow the XDG base directory specification; under sudo use the invoking user's folders.

        `CAMPUS_VOICE_LINKS` names another folder for the links than the checkout's `.sandbox`: a second
        sandbox beside the user's must not turn theirs.

        Args:
            environment: variables to read (default: the process's own).
            repository: the checkout whose pins and sources are used.
        """
        variables = os.environ if environment is None else environment
        owner = _owner(variables)
        cache_home = variables.get("XDG_CACHE_HOME") or str(owner.home / ".cache")
        state_home = variables.get("XDG_STATE_HOME") or str(owner.home / ".local" / "state")
        links = variables.get("CAMPUS_VOICE_LINKS") or str(repository / ".sandbox")
        return cls(repository, Path(cache_home) / PRODUCT, Path(state_home) / PRODUCT, owner, Path(links))

    @property
    def store(self) -> Path:
        """Keyed builds: `store/<name>/<key>/`."""
        return self.cache / "store"

    @property
    def bin(self) -> Path:
        """Links to the programs of the current pins."""
        return self.cache / "bin"

    @property
    def rootfs(self) -> Path:
        """Link to the node's unpacked Debian root file system."""
        return self.cache / "rootfs"

    @property
    def images_dir(self) -> Path:
        """Links to the packed images, one `<name>.tar` each."""
        return self.cache / "images"

    @property
    def manifests(self) -> Path:
        """Link to the upstream manifests of the current pins."""
        return self.cache / "manifests"

    @property
    def durations(self) -> Path:
        """How long each step took lately, for "usually N s"."""
        return self.cache / "durations.json"

    @property
    def build_log(self) -> Path:
        """What the commands of the build printed, one file a step; outlives `down`."""
        return self.cache / "log"

    @property
    def kubeconfig(self) -> Path:
        """The cluster administrator's kubeconfig."""
        return self.state / "kubeconfig"

    @property
    def pulumi_home(self) -> Path:
        """PULUMI_HOME of the sandbox, with the provider stand-ins as plugins."""
        return self.state / "pulumi"

    @property
    def pulumi_bin(self) -> Path:
        """The engine and its language host side by side, which is where the one looks for the other."""
        return self.pulumi_home / "bin"

    @property
    def pulumi_backend(self) -> Path:
        """Folder of the file backend."""
        return self.state / "stacks"

    @property
    def logs(self) -> Path:
        """Logs of the node's daemons."""
        return self.state / "log"

    @property
    def lock(self) -> Path:
        """Held by the run that changes the sandbox."""
        return self.state / "lock"

    @property
    def node_state(self) -> Path:
        """The node's own files: keys, etcd, container layers."""
        return self.state / "node"

    @property
    def volumes(self) -> Path:
        """What persistent volumes hold."""
        return self.state / "volumes"


def _owner(environment: Mapping[str, str]) -> Owner:
    caller = environment.get("SUDO_UID") if os.geteuid() == 0 else None
    user = pwd.getpwuid(int(caller)) if caller else pwd.getpwuid(os.geteuid())
    home = Path(environment["HOME"]) if not caller and environment.get("HOME") else Path(user.pw_dir)
    return Owner(user.pw_uid, user.pw_gid, home)


def give_to_owner(path: Path, owner: Owner) -> None:
    """Make `path` and all below it the owner's, when the process is root on someone else's behalf."""
    if os.geteuid() != 0 or owner.uid == 0:
        return
    os.lchown(path, owner.uid, owner.gid)
    if path.is_dir() and not path.is_symlink():
        for folder, folders, files in os.walk(path):
            for name in folders + files:
                os.lchown(Path(folder) / name, owner.uid, owner.gid)


def make_folder(path: Path, owner: Owner) -> Path:
    """Make `path` with its parents, each new one the owner's; returns `path`."""
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    path.mkdir(parents=True, exist_ok=True)
    for folder in missing:
        give_to_owner(folder, owner)
    return path
