"""The machine's ports: opening them, and saying who has one that is taken."""

import errno
import re
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from campus_sandbox.errors import SandboxError
from campus_sandbox.node.network import OTHER_CLUSTER, ForwardedPort

LOOPBACK: Final = "127.0.0.1"
BACKLOG: Final = 512


def open_listeners(ports: Sequence[ForwardedPort]) -> list[socket.socket]:
    """Listen on 127.0.0.1 at each port, in order, on no other address.

    Raises:
        SandboxError: a port is taken; none is left open then.
    """
    listeners: list[socket.socket] = []
    try:
        for wanted in ports:
            listeners.append(_listen(wanted))
    except BaseException:
        close(listeners)
        raise
    return listeners


def close(listeners: Sequence[socket.socket]) -> None:
    """Stop listening."""
    for listener in listeners:
        listener.close()


def _listen(wanted: ForwardedPort) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        # Connections of the last run may still be winding down.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((LOOPBACK, wanted.port))
        listener.listen(BACKLOG)
    except OSError as failure:
        listener.close()
        if failure.errno == errno.EADDRINUSE:
            raise taken(wanted) from failure
        raise
    return listener


def check_free(ports: Sequence[ForwardedPort]) -> None:
    """Say at once, before anything is built or started, that a port is taken; needs no rights.

    Raises:
        SandboxError: something listens on one of the ports, naming the port and, where visible, the program.
    """
    listening = listening_ports()
    for wanted in ports:
        if wanted.port in listening:
            raise taken(wanted)


def taken(wanted: ForwardedPort) -> SandboxError:
    """The sentence about a taken port."""
    holder = holder_of(wanted.port)
    by = f" by {holder}" if holder else ""
    return SandboxError(
        f"port {wanted.port} of {LOOPBACK} is taken{by}",
        f"the sandbox needs it for {wanted.purpose}",
        f"stop that program and try again, or {OTHER_CLUSTER}",
    )


def listening_ports(proc: Path = Path("/proc")) -> dict[int, set[int]]:
    """The sockets (inode numbers) that listen on each TCP port at an address that 127.0.0.1 clashes with."""
    ports: dict[int, set[int]] = {}
    for table in ("tcp", "tcp6"):
        file = proc / "net" / table
        for line in file.read_text().splitlines()[1:] if file.exists() else []:
            fields = line.split()
            address, _, port = fields[1].partition(":")
            # State 0A is LISTEN; see https://www.kernel.org/doc/Documentation/networking/proc_net_tcp.txt.
            if fields[3] == "0A" and _clashes(address):
                ports.setdefault(int(port, 16), set()).add(int(fields[9]))
    return ports


def _clashes(address: str) -> bool:
    """Whether the hexadecimal address is 127.0.0.1 or any; of IPv6 only `::`, which takes IPv4 too."""
    return set(address) == {"0"} or address == "0100007F"


def holder_of(port: int, proc: Path = Path("/proc")) -> str:
    """The program that listens on `port`, as `nginx (process 812)`; empty when the caller may not see it."""
    sockets = {f"socket:[{inode}]" for inode in listening_ports(proc).get(port, set())}
    for folder in sorted(
        (entry for entry in proc.iterdir() if re.fullmatch(r"\d+", entry.name)), key=_number
    ):
        try:
            links = {str(link.readlink()) for link in (folder / "fd").iterdir()}
            if links & sockets:
                return f"{(folder / 'comm').read_text().strip()} (process {folder.name})"
        except OSError:
            # Ended meanwhile, or another user's.
            continue
    return ""


def _number(folder: Path) -> int:
    return int(folder.name)
