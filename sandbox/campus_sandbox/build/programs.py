"""The Go programs: where each comes from, and compiling it."""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from campus_sandbox.build.keys import key_of
from campus_sandbox.build.registries import FULL_DISK, Registry, registry_error
from campus_sandbox.build.store import Store
from campus_sandbox.build.toolchain import GO_ENVIRONMENT, Toolchain
from campus_sandbox.commands import CommandFailedError, run
from campus_sandbox.errors import SandboxError
from campus_sandbox.paths import Paths
from campus_sandbox.steps import StepContext
from campus_sandbox.versions import Versions

KUBERNETES_COMPONENTS = (
    "kube-apiserver",
    "kube-controller-manager",
    "kube-proxy",
    "kube-scheduler",
    "kubectl",
    "kubelet",
)


@dataclass(frozen=True)
class Program:
    """A program built from a pinned Go module.

    Attributes:
        name: the file's name in `bin`.
        title: what the user reads when it is compiled.
        module: folder below `sandbox/tools` with its go.mod.
        package: what to compile; `./x` is our own source there.
        values: string variables that are set in the program, as the upstream release does.
        links: further names in `bin` for the same file.
        tags: build tags, as the upstream release sets them.
    """

    name: str
    title: str
    module: str
    package: str
    values: tuple[tuple[str, str], ...] = ()
    links: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()

    @property
    def linker_flags(self) -> str:
        """No symbol table and debugging data, and the values."""
        return " ".join(["-s -w", *(f"-X {name}={value}" for name, value in self.values)])


def programs(versions: Versions) -> tuple[Program, ...]:
    """All programs, in the order the start of the sandbox needs them; those of a module stand together."""
    kubernetes = versions.of("kubernetes")
    contour = versions.of("contour")
    certificates, authority = versions.of("cert-manager"), versions.of("pebble")
    engine, host = versions.of("pulumi", "engine"), versions.of("pulumi", "language-host-python")
    pulumi_version = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"
    volumes = versions.of("kubernetes", "local-path-provisioner")
    return (
        Program(
            "kube",
            f"compile Kubernetes {kubernetes}",
            "kubernetes",
            "./kube",
            _kubernetes_version(kubernetes),
            KUBERNETES_COMPONENTS,
        ),
        Program("etcd", f"compile etcd {versions.of('kubernetes', 'etcd')}", "etcd", "."),
        Program("sandbox-node", "compile the node's supervisor", "node", "."),
        Program("netpol", "compile the network policy agent", "kubernetes", "./netpol"),
        Program("pause", "compile pause", "pause", "."),
        Program(
            "coredns", f"compile CoreDNS {versions.of('kubernetes', 'coredns')}", "kubernetes", "./coredns"
        ),
        Program(
            "local-path-provisioner",
            f"compile local-path-provisioner {volumes}",
            "kubernetes",
            "github.com/rancher/local-path-provisioner",
            (("main.VERSION", f"v{volumes}"),),
        ),
        Program("helm-render", "compile the chart renderer", "kubernetes", "./helm-render"),
        Program(
            "cert-manager",
            f"compile cert-manager {certificates}",
            "cert-manager",
            ".",
            (("github.com/cert-manager/cert-manager/pkg/util.AppVersion", f"v{certificates}"),),
        ),
        Program(
            "contour",
            f"compile Contour {contour}",
            "contour",
            "github.com/projectcontour/contour/cmd/contour",
            (("github.com/projectcontour/contour/internal/build.Version", f"v{contour}"),),
        ),
        Program("login", "compile the login of examples/login", "login", "."),
        Program(
            "pebble",
            f"compile pebble {authority}",
            "pebble",
            "github.com/letsencrypt/pebble/v2/cmd/pebble",
            (("main.version", f"v{authority}"),),
        ),
        Program(
            "restic",
            f"compile restic {versions.of('restic')}",
            "restic",
            "github.com/restic/restic/cmd/restic",
            tags=("disable_grpc_modules",),
        ),
        Program(
            "rclone",
            f"compile rclone {versions.of('rclone')}",
            "rclone",
            ".",
            (("github.com/rclone/rclone/fs.Version", f"v{versions.of('rclone')}"),),
        ),
        Program(
            "pulumi",
            f"compile the Pulumi engine {engine}",
            "pulumi",
            "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
            ((pulumi_version, f"v{engine}"),),
        ),
        Program(
            "pulumi-language-python",
            f"compile Pulumi's Python host {host}",
            "pulumi-language-python",
            "github.com/pulumi/pulumi/sdk/v3/python/cmd/pulumi-language-python",
            ((pulumi_version, f"v{host}"),),
        ),
    )


def _kubernetes_version(version: str) -> tuple[tuple[str, str], ...]:
    # Without these the API server reports v0.0.0-master, and clients refuse to guess what it can do.
    major, minor, _ = version.split(".")
    return tuple(
        (f"{package}.{name}", value)
        for package in ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")
        for name, value in (
            ("gitVersion", f"v{version}"),
            ("gitMajor", major),
            ("gitMinor", minor),
            ("gitTreeState", "clean"),
            ("buildDate", "2026-01-01T00:00:00Z"),
        )
    )


@dataclass(frozen=True)
class Compiler:
    """Compiles programs into the store: `<name>/<key>/<name>`."""

    paths: Paths
    store: Store
    toolchain: Toolchain

    def key(self, program: Program) -> str:
        """Everything the program depends on: pins, checksums, our sources, flags, the compiler's version."""
        folder = self._folder(program)
        sources = [folder / "go.mod"]
        if (folder / "go.sum").exists():
            sources.append(folder / "go.sum")
        if program.package.startswith("."):
            own = folder / program.package
            sources += [file for file in sorted(own.rglob("*.go")) if not file.name.endswith("_test.go")]
        settings = [f"{name}={value}" for name, value in sorted(GO_ENVIRONMENT.items())]
        flags = (program.linker_flags, *program.tags)
        return key_of(self.toolchain.go_version, program.package, *flags, *settings, *sources)

    def entry(self, program: Program) -> Path:
        """The store's entry of the program."""
        return self.store.entry(program.name, self.key(program))

    def file(self, program: Program) -> Path:
        """The compiled program."""
        return self.entry(program) / program.name

    def is_there(self, program: Program) -> bool:
        """Whether it is compiled."""
        return self.entry(program).is_dir()

    def fetch(self, context: StepContext, module: str, packages: Sequence[str]) -> None:
        """Download the Go modules these packages are made of, and no others.

        Raises:
            SandboxError: the Go module proxy does not answer, or serves other modules than the pinned ones.
        """
        try:
            # One at a time: two programs may spell the same module's path with different capitals.
            for package in packages:
                run(
                    [self.toolchain.go, "list", "-deps", package],
                    context,
                    self.paths.owner,
                    environment=GO_ENVIRONMENT,
                    folder=self.paths.repository / "sandbox" / "tools" / module,
                    output=Path(os.devnull),
                )
        except CommandFailedError as failure:
            raise registry_error(Registry.GO, f"the modules of {module}", failure) from failure

    def compile(self, context: StepContext, program: Program) -> None:
        """Compile a program whose modules are there.

        Raises:
            SandboxError: the compiler failed.
        """

        def fill(folder: Path) -> None:
            run(
                [
                    *(self.toolchain.go, "build", "-p", "2"),
                    *("-tags", ",".join(program.tags), "-ldflags", program.linker_flags),
                    *("-o", folder / program.name, program.package),
                ],
                context,
                self.paths.owner,
                environment=self.toolchain.compiling,
                folder=self._folder(program),
            )

        try:
            self.store.make(program.name, self.key(program), fill)
        except CommandFailedError as failure:
            if FULL_DISK.search(failure.output):
                raise SandboxError(
                    f"the disk filled up during {program.title!r}", way_out="make room and run it again"
                ) from failure
            raise SandboxError(
                f"{program.title!r} failed", way_out=f"the compiler's words are in {failure.log}"
            ) from failure

    def module_folder(self, context: StepContext, program: Program, module: str) -> Path:
        """Where the Go module cache holds the sources of `module`, one of the program's dependencies.

        Raises:
            SandboxError: the Go module proxy does not answer.
        """
        answer = context.log.with_suffix(".folder")
        try:
            for command in (["mod", "download", module], ["list", "-m", "-f", "{{.Dir}}", module]):
                run(
                    [self.toolchain.go, *command],
                    context,
                    self.paths.owner,
                    environment=GO_ENVIRONMENT,
                    folder=self._folder(program),
                    output=answer,
                )
        except CommandFailedError as failure:
            raise registry_error(Registry.GO, module, failure) from failure
        return Path(answer.read_text(encoding="utf-8").strip())

    def module_at(self, context: StepContext, module: str, version: str) -> Path:
        """Where the Go module cache holds the sources of a module that no program is made of.

        No go.sum names it and no checksum database is asked: whoever takes a file compares its checksum.

        Raises:
            SandboxError: the Go module proxy does not answer.
        """
        answer = context.log.with_suffix(".folder")
        try:
            run(
                [self.toolchain.go, "mod", "download", "-json", f"{module}@v{version}"],
                context,
                self.paths.owner,
                environment={**GO_ENVIRONMENT, "GOSUMDB": "off"},
                folder=context.log.parent,
                output=answer,
            )
        except CommandFailedError as failure:
            raise registry_error(Registry.GO, module, failure) from failure
        return Path(json.loads(answer.read_text(encoding="utf-8"))["Dir"])

    def _folder(self, program: Program) -> Path:
        return self.paths.repository / "sandbox" / "tools" / program.module
