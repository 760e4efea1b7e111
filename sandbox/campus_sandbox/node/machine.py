"""The part that needs root: making the node's namespaces and cgroup, and ending everything in them.

Runs in the sandbox's own process when that is root's, else as
`sudo python -m campus_sandbox.node.machine VERB`.
"""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Final

from campus_sandbox.errors import SandboxError, from_system
from campus_sandbox.node.cgroups import Cgroup
from campus_sandbox.node.components import RUNTIME, Component, components
from campus_sandbox.node.layout import Layout
from campus_sandbox.node.network import FORWARDED_PORTS, OTHER_CLUSTER, ForwardedPort
from campus_sandbox.node.plan import plan_text
from campus_sandbox.node.ports import close, open_listeners
from campus_sandbox.node.waiting import wait_until
from campus_sandbox.paths import Paths, make_folder

END_SECONDS: Final = 30.0


def start(layout: Layout) -> None:
    """Start the node; returns when its network and root file system stand and its daemons are being started.

    Raises:
        SandboxError: a port is taken, or the kernel refuses what the node needs; nothing runs then.
    """
    _start(layout, components(), FORWARDED_PORTS)


def start_runtime(layout: Layout) -> None:
    """Start a node of nothing but the container runtime.

    Raises:
        SandboxError: the kernel refuses what the node needs; nothing runs then.
    """
    _start(layout, [component for component in components() if component.name == RUNTIME], ())


def _start(layout: Layout, daemons: Sequence[Component], ports: Sequence[ForwardedPort]) -> None:
    end(layout)
    cgroup = Cgroup.of_this_machine(layout.cgroup)
    for folder in (*layout.data.values(), layout.root):
        make_folder(folder, layout.paths.owner)
    layout.plan.write_text(plan_text(layout, cgroup, daemons), encoding="utf-8")
    listeners = open_listeners(ports)
    try:
        cgroup.make()
        _launch(layout, [listener.fileno() for listener in listeners])
    except BaseException:
        end(layout)
        raise
    finally:
        close(listeners)


def _launch(layout: Layout, descriptors: list[int]) -> None:
    program = layout.paths.bin / "sandbox-node"
    done = subprocess.run(
        [program, "start", layout.plan, *map(str, descriptors)],
        pass_fds=descriptors,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise SandboxError(
            f"the node did not start ({done.stderr.strip()})",
            "this kernel or container refuses something a Kubernetes node needs",
            OTHER_CLUSTER,
        )


def end(layout: Layout) -> None:
    """End every process of the node and remove its cgroup; its files stay. Does nothing when there is none.

    With its first process the kernel ends all of a process namespace, and with the last of them mounts, links
    and rules.

    Raises:
        SandboxError: something does not end.
    """
    cgroup = Cgroup.of_this_machine(layout.cgroup)
    processes = cgroup.processes()
    first = first_process(layout, cgroup)
    for pid in (first,) if first is not None else sorted(processes):
        _kill(pid)
    if not wait_until(lambda: not cgroup.processes(), END_SECONDS):
        left = ", ".join(map(str, sorted(cgroup.processes())))
        raise SandboxError(
            f"the node's processes {left} do not end",
            f"the kernel has not let go of them {END_SECONDS:.0f} s after they were killed",
            "look at them with `ps`, then run `campus-sandbox down` again",
        )
    if not wait_until(cgroup.remove, END_SECONDS):
        raise SandboxError(
            f"the cgroup {layout.cgroup} cannot be removed",
            "the kernel says it is busy",
            "run `campus-sandbox down` again",
        )
    layout.pid.unlink(missing_ok=True)


def first_process(layout: Layout, cgroup: Cgroup) -> int | None:
    """The node's first process in the machine's numbers; None when it does not run.

    A number left over from another run does not count: the process must be in the sandbox's cgroup.
    """
    try:
        pid = int(layout.pid.read_text())
    except (FileNotFoundError, ValueError):
        return None
    return pid if pid in cgroup.processes() else None


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        # Ended by itself meanwhile.
        return


def remove(layout: Layout) -> None:
    """End the node and remove the sandbox's whole state but the lock, which the caller still holds."""
    end(layout)
    if not layout.paths.state.exists():
        return
    for entry in sorted(layout.paths.state.iterdir()):
        if entry == layout.paths.lock:
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()


VERBS: Final[Mapping[str, Callable[[Layout], None]]] = MappingProxyType(
    {"start": start, "start-runtime": start_runtime, "end": end, "remove": remove}
)


def main(arguments: list[str]) -> int:
    """Do the one verb for the sandbox whose paths are in the environment; a failure is one sentence."""
    try:
        VERBS[arguments[0]](Layout(Paths.from_environment()))
    except SandboxError as error:
        print(error.sentence(), file=sys.stderr)
        return 1
    except OSError as error:
        print(from_system(error).sentence(), file=sys.stderr)
        return 1
    return 0


def module_folder() -> Path:
    """The folder from which Python finds this module when root runs it."""
    return Path(__file__).resolve().parents[2]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
