"""What the node is made of, in the words of `sandbox-node` (tools/node/plan.go)."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final

from campus_sandbox.node.cgroups import Cgroup
from campus_sandbox.node.components import Component
from campus_sandbox.node.layout import BIN, ETC, PROGRAMS, STATUS, Layout
from campus_sandbox.node.network import NODE_ADDRESS, NODE_NAME, SERVICE_RANGE

# Settings of the node's own network. Forwarding is what a node does; answers of a service may come in by
# another link than the one that leads to their sender, hence the loose check.
SYSCTLS: Final = {
    "net.ipv4.ip_forward": "1",
    "net.ipv4.conf.all.rp_filter": "2",
}

# The kubelet insists on these values and they belong to the whole machine, so it is shown files with them;
# see setupKernelTunables in
# https://github.com/kubernetes/kubernetes/blob/v1.34.4/pkg/kubelet/cm/container_manager_linux.go.
PRETENDED_SYSCTLS: Final = {
    "vm.overcommit_memory": "1",
    "vm.panic_on_oom": "0",
    "kernel.panic": "10",
    "kernel.panic_on_oops": "1",
    "kernel.keys.root_maxkeys": "1000000",
    "kernel.keys.root_maxbytes": "25000000",
}

# Debian's packages make these by a script on installation, and ours are only unpacked.
SYMLINKS: Final = {
    f"/usr/sbin/{name}": "xtables-nft-multi"
    for family in ("iptables", "ip6tables")
    for name in (family, f"{family}-save", f"{family}-restore")
}

# Made by scripts of packages too. The kubelet looks itself up; containers have users of their own.
FILES: Final = {
    "/etc/passwd": "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/usr/sbin/nologin\n",
    "/etc/group": "root:x:0:\nnogroup:x:65534:\n",
    "/etc/hosts": f"127.0.0.1 localhost\n{NODE_ADDRESS} {NODE_NAME}\n",
}

# The node's address is on a link without a wire; the services' range is routed to it so that the node's own
# programs (the API server calling a webhook) reach services. There is no other route: nothing leaves the
# machine.
SETUP: Final = (
    ("ip", "link", "set", "lo", "up"),
    ("ip", "link", "add", "node", "type", "bridge"),
    ("ip", "address", "add", f"{NODE_ADDRESS}/24", "dev", "node"),
    ("ip", "link", "set", "node", "up"),
    ("ip", "route", "add", SERVICE_RANGE, "dev", "node"),
)

ENVIRONMENT: Final = (
    f"PATH={BIN}:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME=/root",
    "LANG=C.UTF-8",
)


def plan(layout: Layout, cgroup: Cgroup, daemons: Sequence[Component]) -> dict[str, Any]:
    """The whole plan as plain values.

    Args:
        layout: the node's files on the machine.
        cgroup: the sandbox's own, to be joined before the namespaces are made.
        daemons: what runs in it.
    """
    return {
        "name": NODE_NAME,
        "pid_file": str(layout.pid),
        "setup_log": str(layout.setup_log),
        "cgroup_procs": [str(folder / "cgroup.procs") for folder in cgroup.folders()],
        "cgroup_version": cgroup.version,
        "cgroup_hierarchies": {tree.mount.name: tree.options for tree in cgroup.trees if tree.version == 1},
        "lower": str(layout.paths.rootfs.resolve()),
        "root": str(layout.root),
        "binds": _binds(layout),
        "symlinks": SYMLINKS,
        "files": FILES,
        "pretended_sysctls": PRETENDED_SYSCTLS,
        "sysctls": SYSCTLS,
        "setup": SETUP,
        "environment": ENVIRONMENT,
        "components": [asdict(daemon) | {"log": daemon.log} for daemon in daemons],
        "status_file": str(STATUS),
    }


def _binds(layout: Layout) -> Sequence[dict[str, Any]]:
    programs = [(layout.paths.bin / name, BIN / name, True) for name in PROGRAMS]
    data = [(folder, target, False) for target, folder in layout.data.items()]
    return [
        {"source": str(source.resolve()), "target": str(target), "read_only": read_only}
        for source, target, read_only in [*programs, (layout.etc, ETC, True), *data]
    ]


def plan_text(layout: Layout, cgroup: Cgroup, daemons: Sequence[Component]) -> str:
    """The plan as the file that `sandbox-node` reads."""
    return json.dumps(plan(layout, cgroup, daemons), indent=2) + "\n"
