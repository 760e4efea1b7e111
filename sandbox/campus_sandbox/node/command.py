"""The subcommands that start, end and show the node."""

import argparse
import json
import shutil
import sys
from typing import Any

from campus_sandbox.command import Command
from campus_sandbox.errors import SandboxError
from campus_sandbox.node.layout import Layout
from campus_sandbox.node.lock import locked
from campus_sandbox.node.network import FORWARDED_PORTS, OTHER_CLUSTER
from campus_sandbox.node.node import Node, NodeState
from campus_sandbox.node.ports import check_free
from campus_sandbox.node.root import Root
from campus_sandbox.node.unpacked import clear_unpacking
from campus_sandbox.paths import Paths
from campus_sandbox.versions import Versions


def _node(paths: Paths) -> Node:
    return Node(paths, Versions.read(paths.repository), Root(paths))


def check_machine(node: Node, root: Root) -> None:
    """See that the node can be started here, before time is spent on building; asks for root if it must be.

    Raises:
        SandboxError: not Linux, a missing tool, no root, or a port that is taken.
    """
    _check_system()
    if shutil.which("nsenter") is None:
        raise SandboxError(
            "`nsenter` is not on PATH",
            "the sandbox enters its node with it",
            "install the package util-linux",
        )
    if node.state() is NodeState.STOPPED:
        check_free(FORWARDED_PORTS)
    if not node.is_up_to_date():
        root.ask()


def _check_system() -> None:
    if sys.platform != "linux":
        raise SandboxError(
            f"the sandbox does not run on {sys.platform}",
            "its node is made of Linux namespaces",
            OTHER_CLUSTER,
        )


def _down(paths: Paths, options: argparse.Namespace) -> int:
    _check_system()
    if not paths.state.exists() and not _node(paths).has_group():
        print("There is no sandbox.", file=sys.stderr)
        return 0
    with locked(paths, "down"):
        clear_unpacking(paths)
        _node(paths).remove()
        _remove_links(paths)
        paths.lock.unlink()
        paths.state.rmdir()
    print("The sandbox is gone.", file=sys.stderr)
    return 0


def _remove_links(paths: Paths) -> None:
    """Remove from the checkout what speaks of this cluster; the links into the cache still lead somewhere.

    A kubeconfig link of another sandbox stays, and with it the authorities that sandbox's campuses trust.
    """
    link = paths.repository_links / "kubeconfig"
    if link.is_symlink() and link.readlink() == paths.kubeconfig:
        link.unlink()
        for authority in paths.repository_links.glob("*-ca.crt"):
            authority.unlink()


def _status(paths: Paths, options: argparse.Namespace) -> int:
    _check_system()
    node = _node(paths)
    state = node.state()
    told: dict[str, Any] = {
        "state": state.value,
        "components": {one.name: one.state for one in node.components()},
        "kubeconfig": str(paths.kubeconfig) if paths.kubeconfig.exists() else None,
        "cache": str(paths.cache),
        "cgroup": Layout(paths).cgroup,
        "log": str(paths.logs),
    }
    if options.json:
        print(json.dumps(told, indent=2))
    else:
        print(f"The sandbox is {state.value}.")
        for one in node.components():
            print(f"  {one.name:<24} {one.state} {one.detail}".rstrip())
    return 0 if state is NodeState.RUNNING else 1


def _kubeconfig(paths: Paths, options: argparse.Namespace) -> int:
    if not paths.kubeconfig.exists():
        raise SandboxError("there is no sandbox", way_out="start it with `campus-sandbox up`")
    print(paths.kubeconfig)
    return 0


def _logs(paths: Paths, options: argparse.Namespace) -> int:
    known = {file.stem: file for file in sorted(paths.logs.glob("*.log"))}
    if options.name is None:
        for name, file in known.items():
            print(f"{name:<24} {file}")
        return 0
    if options.name not in known:
        raise SandboxError(
            f"there is no log of {options.name!r}", way_out=f"name one of: {', '.join(known) or 'none yet'}"
        )
    with known[options.name].open(encoding="utf-8", errors="replace") as stream:
        shutil.copyfileobj(stream, sys.stdout)
    return 0


def _add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="for programs")


def _add_name(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", help="a daemon of the node; without it, which logs there are")


DOWN = Command("down", "end the sandbox and remove all of it but the cache", _down)
STATUS = Command("status", "tell what runs", _status, _add_json)
KUBECONFIG = Command("kubeconfig", "print the path of the sandbox's kubeconfig", _kubeconfig)
LOGS = Command("logs", "print a daemon's log", _logs, _add_name)
