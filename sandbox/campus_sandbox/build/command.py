"""The subcommands that build."""

import argparse
import os
import sys
import tempfile
import threading
from pathlib import Path

from campus_sandbox.build.build import build, plan_for
from campus_sandbox.build.debian import Apt, lock_text
from campus_sandbox.build.selections import ALL
from campus_sandbox.command import Command
from campus_sandbox.paths import Paths
from campus_sandbox.steps import StepContext


def _build(paths: Paths, options: argparse.Namespace) -> int:
    plan = plan_for(paths)
    go, engine = plan.toolchain.machine_go, plan.engine.machine
    print(f"Go: {f'{plan.toolchain.go} ({go})' if go else f'{plan.toolchain.go_version} from PyPI'}")
    print(f"Pulumi: {engine['pulumi'] if engine else 'compiled from its Go module'}", flush=True)
    worked = build(paths, plan)
    print(f"{worked} steps done, the rest was there" if worked else "everything was there")
    return 0


def _manifests(paths: Paths, options: argparse.Namespace) -> int:
    plan = plan_for(paths)
    build(paths, plan, plan.manifest_steps())
    print(paths.manifests)
    return 0


def _lock_debian(paths: Paths, options: argparse.Namespace) -> int:
    context = StepContext(
        "lock Debian packages",
        paths.build_log / "lock-debian.log",
        threading.Event(),
        lambda line: print(line, file=sys.stderr),
    )
    with tempfile.TemporaryDirectory() as folder:
        os.chown(folder, paths.owner.uid, paths.owner.gid)
        apt = Apt(Path(folder), paths.owner)
        apt.update(context)
        found = {selection.name: apt.resolve(context, selection) for selection in ALL}
    lock = paths.repository / "sandbox" / "debian.lock"
    lock.write_text(lock_text(found), encoding="utf-8")
    print(f"{lock}: {', '.join(f'{len(packages)} for {name}' for name, packages in found.items())}")
    return 0


BUILD = Command("build", "build everything the sandbox needs into the cache", _build)
MANIFESTS = Command("manifests", "prepare the upstream manifests only", _manifests)
LOCK_DEBIAN = Command(
    "lock-debian", "pin the Debian packages that are served now in sandbox/debian.lock", _lock_debian
)
