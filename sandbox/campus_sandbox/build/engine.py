"""The Pulumi engine: the machine's own where it has the official Kubernetes plugin, else a compiled one."""

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from campus_sandbox.build.keys import key_of
from campus_sandbox.build.programs import Compiler, Program
from campus_sandbox.build.store import Store
from campus_sandbox.commands import read
from campus_sandbox.paths import Owner
from campus_sandbox.steps import StepContext
from campus_sandbox.versions import Versions

SDK: Final = "github.com/pulumi/pulumi/sdk/v3"
# The host starts programs through the first; the engine looks for the others beside itself.
SCRIPTS: Final = (
    "python/cmd/pulumi-language-python-exec",
    "python/dist/pulumi-analyzer-policy-python",
    "python/dist/pulumi-resource-pulumi-python",
)
_FROM_MACHINE: Final = ("pulumi", "pulumi-language-python", "pulumi-language-python-exec")


@dataclass(frozen=True)
class Engine:
    """Where `pulumi` and what it needs beside it come from.

    Attributes:
        program: the compiled engine, whose go.mod also pins the scripts.
    """

    owner: Owner
    versions: Versions
    store: Store
    compiler: Compiler
    program: Program

    @cached_property
    def machine(self) -> Mapping[str, Path] | None:
        """The machine's own engine and Python host by name, when they may be used; else None.

        Inside `campus-sandbox exec` the sandbox's own are on PATH, and PULUMI_HOME is the sandbox's with its
        stand-ins: neither is the machine's.
        """
        own = {folder.resolve() for folder in (self.compiler.paths.bin, self.compiler.paths.pulumi_bin)}
        folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
        search = os.pathsep.join(folder for folder in folders if Path(folder).resolve() not in own)
        found = {name: Path(path) for name in _FROM_MACHINE if (path := shutil.which(name, path=search))}
        if len(found) < len(_FROM_MACHINE):
            return None
        users = {"PULUMI_HOME": str(self.owner.home / ".pulumi"), "PATH": search}
        version = read([found["pulumi"], "version"], self.owner, users)
        plugins = read([found["pulumi"], "plugin", "ls", "--json"], self.owner, users)
        oldest = self.versions.of("pulumi", "engine")
        return found if _is_new_enough(version, oldest) and _has_kubernetes(plugins) else None

    def scripts(self) -> Path:
        """The store's entry of the scripts beside the compiled host."""
        return self.store.entry("pulumi-scripts", self._key())

    def has_scripts(self) -> bool:
        """Whether they are there."""
        return self.scripts().is_dir()

    def make_scripts(self, context: StepContext) -> None:
        """Take them from the SDK's Go module.

        Raises:
            SandboxError: the Go module proxy does not answer.
        """

        def fill(folder: Path) -> None:
            sdk = self.compiler.module_folder(context, self.program, SDK)
            for script in SCRIPTS:
                copy = folder / Path(script).name
                shutil.copyfile(sdk / script, copy)
                copy.chmod(0o755)

        self.store.make("pulumi-scripts", self._key(), fill)

    def _key(self) -> str:
        return key_of(self.versions.of("pulumi", "engine"), *SCRIPTS)


def _is_new_enough(version: str, oldest: str) -> bool:
    def numbers(text: str) -> list[int]:
        return [int(part) for part in text.removeprefix("v").split("-")[0].split(".") if part.isdigit()]

    return numbers(version) >= numbers(oldest)


def _has_kubernetes(plugins: str) -> bool:
    try:
        return any(
            plugin["kind"] == "resource" and plugin["name"] == "kubernetes" for plugin in json.loads(plugins)
        )
    except (ValueError, TypeError, KeyError):
        # No list, no plugin: then the engine is compiled.
        return False
