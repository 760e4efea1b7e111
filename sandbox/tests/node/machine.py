"""What a machine looks like from outside the sandbox: all that the sandbox must leave alone."""

import ctypes
import fcntl
import os
import socket
import struct
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

CLONE_NEWNET = 0x40000000
SIOCSIFFLAGS = 0x8914
IFF_UP = 0x1
WHOLE_MACHINE_SYSCTLS = (
    "vm/overcommit_memory",
    "vm/panic_on_oom",
    "kernel/panic",
    "kernel/panic_on_oops",
    "kernel/keys/root_maxkeys",
    "kernel/keys/root_maxbytes",
    "net/ipv4/ip_forward",
    "net/ipv4/conf/all/rp_filter",
)


@contextmanager
def network_of_its_own() -> Iterator[None]:
    """Give this thread and its children a network of their own: nobody else's ports, links or rules.

    The ports of the machine's may be held by the sandbox that the developer works with.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    with Path("/proc/thread-self/ns/net").open("rb") as before:
        if libc.unshare(CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "the tests of the node need root")
        _raise_loopback()
        try:
            yield
        finally:
            if libc.setns(before.fileno(), CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), "cannot return to the machine's network")


def _raise_loopback() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh22x", b"lo", IFF_UP))


@dataclass(frozen=True)
class Machine:
    """What can be seen of the machine from outside the sandbox, but for its listeners."""

    mounts: str
    links: tuple[str, ...]
    rules: str
    sysctls: tuple[tuple[str, str], ...]
    folders: tuple[str, ...]

    @classmethod
    def seen(cls, rootfs: Path) -> "Machine":
        """Look now.

        Args:
            rootfs: a root file system with `nft`; the machine may have none.
        """
        rules = subprocess.run(
            ["chroot", rootfs, "nft", "--stateless", "list", "ruleset"],
            capture_output=True,
            text=True,
            check=True,
        )
        return cls(
            mounts=Path("/proc/self/mountinfo").read_text(),
            links=tuple(sorted(name for _, name in socket.if_nameindex())),
            rules=rules.stdout,
            sysctls=tuple((name, Path("/proc/sys", name).read_text()) for name in WHOLE_MACHINE_SYSCTLS),
            folders=tuple(sorted(str(path) for path in _shared_folders())),
        )


def _shared_folders() -> Iterator[Path]:
    """What a container runtime and a kubelet would leave in a machine's own folders."""
    for folder in ("/run", "/var/lib", "/var/log", "/etc", "/opt"):
        for name in (
            "containerd",
            "kubelet",
            "cni",
            "calico",
            "pods",
            "containers",
            "kubernetes",
            "netns",
            "etcd",
        ):
            if (path := Path(folder, name)).exists():
                yield path
                yield from path.rglob("*")


def listeners() -> set[str]:
    """Addresses that something listens on in this network, as `127.0.0.1:80`."""
    found = set()
    for table, family in (("tcp", socket.AF_INET), ("tcp6", socket.AF_INET6)):
        for line in Path("/proc/thread-self/net", table).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A":
                address, port = fields[1].split(":")
                words = struct.unpack(f">{len(address) // 8}I", bytes.fromhex(address))
                packed = struct.pack(f"={len(words)}I", *words)
                found.add(f"{socket.inet_ntop(family, packed)}:{int(port, 16)}")
    return found


def cgroups(name: str) -> list[Path]:
    """Every cgroup of the machine, at the top of a tree, whose name begins with `name`."""
    top = Path("/sys/fs/cgroup")
    found = [*top.glob(f"{name}*"), *top.glob(f"*/{name}*")]
    return sorted(path for path in found if path.is_dir())


def processes_in(groups: list[Path]) -> set[int]:
    """Process ids of all that is in the groups or below."""
    found: set[int] = set()
    for group in groups:
        for folder, _, _ in os.walk(group):
            found.update(int(pid) for pid in Path(folder, "cgroup.procs").read_text().split())
    return found


def network_namespaces(pids: set[int]) -> set[str]:
    """The network namespaces of the processes that can be looked at and have not ended meanwhile."""
    found = set()
    for pid in pids:
        try:
            found.add(str(Path(f"/proc/{pid}/ns/net").readlink()))
        except (FileNotFoundError, PermissionError):
            continue
    return found


def all_pids() -> set[int]:
    """Every process of the machine."""
    return {int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()}
