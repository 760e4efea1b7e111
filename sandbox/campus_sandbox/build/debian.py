"""Debian packages: resolved and fetched by apt in folders of our own, unpacked by dpkg-deb, never installed.

apt is told of an empty machine (no package installed) and keeps its lists and downloads below the cache, so
neither root nor an earlier `apt-get update` is needed, and the machine's own package state is not touched.
Which archive is used, through which proxy and which keys are trusted stays the machine's configuration.
"""

import json
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from campus_sandbox.build.keys import sha256_of
from campus_sandbox.build.registries import Registry, registry_error
from campus_sandbox.commands import CommandFailedError, run
from campus_sandbox.errors import SandboxError
from campus_sandbox.paths import Owner, give_to_owner, make_folder
from campus_sandbox.steps import StepContext


@dataclass(frozen=True)
class Package:
    """One package file: its name, exact version, architecture and SHA-256."""

    name: str
    version: str
    architecture: str
    sha256: str


@dataclass(frozen=True)
class Selection:
    """A set of packages the sandbox unpacks together.

    Attributes:
        name: its name in the lock file.
        wanted: packages that are needed.
        alone: packages taken without what they depend on, for data they carry.
    """

    name: str
    wanted: tuple[str, ...]
    alone: tuple[str, ...] = ()


# The machine's hooks would act on the machine (clear its downloads, index its software centre), and the
# unprivileged user that apt downloads as cannot enter a private folder.
_CONFIGURATION = """\
Dir::State "{state}";
Dir::State::status "{state}/status";
Dir::Cache "{cache}";
Dir::Log "{state}";
APT::Sandbox::User "";
APT::Architecture "amd64";
APT::Architectures {{ "amd64"; }};
APT::Install-Recommends "false";
APT::Get::AllowUnauthenticated "false";
Acquire::Languages "none";
Acquire::Retries "2";
Acquire::http::Timeout "30";
Debug::NoLocking "true";
#clear APT::Architectures;
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Pre-Invoke;
#clear DPkg::Post-Invoke;
#clear DPkg::Pre-Install-Pkgs;
APT::Architectures {{ "amd64"; }};
"""


class Source(Protocol):
    """Whoever knows what is served."""

    def served(self, context: StepContext, wanted: Sequence[str]) -> dict[str, Package]: ...

    def resolve(self, context: StepContext, selection: Selection) -> list[Package]: ...


class Apt:
    """apt with private state below `folder`."""

    def __init__(self, folder: Path, owner: Owner) -> None:
        self._folder = folder
        self._owner = owner

    def update(self, context: StepContext) -> None:
        """Fetch the package lists.

        Raises:
            SandboxError: the archive does not answer, or its signature is wrong.
        """
        for part in ("state/lists/partial", "cache/archives/partial"):
            make_folder(self._folder / part, self._owner)
        (self._folder / "state" / "status").write_text("")
        self._configuration.write_text(
            _CONFIGURATION.format(state=self._folder / "state", cache=self._folder / "cache")
        )
        # Without this option a list that cannot be fetched is only a warning.
        self._apt(context, "the package lists", "apt-get", "-o", "APT::Update::Error-Mode=any", "update")

    def resolve(self, context: StepContext, selection: Selection) -> list[Package]:
        """The packages of a selection and all they depend on, in the newest versions that are served."""
        urls = self._folder / "urls"
        wanted = []
        for command in (("install", *selection.wanted), ("download", *selection.alone)):
            if len(command) > 1:
                self._apt(context, selection.name, "apt-get", "-y", "--print-uris", *command, output=urls)
                found = re.findall(r"^'\S+' (\S+?)_(\S+)_\S+\.deb ", urls.read_text(), re.MULTILINE)
                wanted += [f"{name}={version.replace('%3a', ':')}" for name, version in found]
        return sorted(self.served(context, wanted).values(), key=lambda package: package.name)

    def served(self, context: StepContext, wanted: Sequence[str]) -> dict[str, Package]:
        """What the archive serves of `wanted`, given and answered by `name=version`."""
        records = self._folder / "records"
        names = sorted({spec.partition("=")[0] for spec in wanted})
        self._apt(context, "the package records", "apt-cache", "show", *names, output=records)
        known = {}
        for stanza in records.read_text(encoding="utf-8").split("\n\n"):
            fields = dict(re.findall(r"^(Package|Version|Architecture|SHA256): (\S+)$", stanza, re.MULTILINE))
            if "SHA256" in fields:
                package = Package(
                    fields["Package"], fields["Version"], fields["Architecture"], fields["SHA256"]
                )
                known[f"{package.name}={package.version}"] = package
        return {spec: known[spec] for spec in wanted if spec in known}

    def download(self, context: StepContext, packages: Sequence[Package], folder: Path) -> list[Path]:
        """Fetch exactly these packages into `folder`, in the order given, and check each.

        Raises:
            SandboxError: the archive does not answer, or a file is not the one that was asked for.
        """
        specs = [f"{package.name}={package.version}" for package in packages]
        self._apt(context, "Debian packages", "apt-get", "download", *specs, folder=folder)
        files = []
        for package in packages:
            version = package.version.replace(":", "%3a")
            file = folder / f"{package.name}_{version}_{package.architecture}.deb"
            if sha256_of(file) != package.sha256:
                raise SandboxError(
                    f"{file.name} from {Registry.DEBIAN.value} is not the one that is pinned",
                    f"its SHA-256 is not {package.sha256}",
                    "do not use it; run the command again, and report it when it stays so",
                )
            files.append(file)
        return files

    @property
    def _configuration(self) -> Path:
        return self._folder / "apt.conf"

    def _apt(
        self,
        context: StepContext,
        wanted: str,
        program: str,
        *arguments: str,
        folder: Path | None = None,
        output: Path | None = None,
    ) -> None:
        command = [program, "-q", "-c", str(self._configuration), *arguments]
        try:
            run(command, context, self._owner, folder=folder, output=output)
        except CommandFailedError as failure:
            raise registry_error(Registry.DEBIAN, wanted, failure) from failure


def read_lock(file: Path) -> Mapping[str, list[Package]]:
    """The pinned packages by selection.

    Raises:
        SandboxError: the file is missing or is not what `campus-sandbox lock-debian` writes.
    """
    try:
        return {
            name: [Package(**package) for package in packages]
            for name, packages in json.loads(file.read_text(encoding="utf-8")).items()
        }
    except (FileNotFoundError, ValueError, TypeError, AttributeError) as broken:
        raise SandboxError(
            f"{file} cannot be read ({broken})",
            way_out="restore it from git, or run `campus-sandbox lock-debian`",
        ) from broken


def lock_text(selections: Mapping[str, Sequence[Package]]) -> str:
    """The lock file's content: one package a line, so that a change shows as one line."""
    blocks = []
    for name in sorted(selections):
        lines = ",\n".join(f"    {json.dumps(vars(package))}" for package in selections[name])
        blocks.append(f"  {json.dumps(name)}: [\n{lines}\n  ]")
    return "{\n" + ",\n".join(blocks) + "\n}\n"


def choose(
    apt: Source, context: StepContext, selection: Selection, pinned: Sequence[Package]
) -> list[Package]:
    """The pinned packages; where Debian serves one no longer, what it serves now for the whole selection.

    The substitutes are verified by the archive's signature, as apt does it, and the user is told.
    """
    specs = [f"{package.name}={package.version}" for package in pinned]
    served = apt.served(context, specs)
    if all(served.get(spec) == package for spec, package in zip(specs, pinned, strict=True)):
        return list(pinned)
    fresh = apt.resolve(context, selection)
    before = {package.name: package.version for package in pinned}
    changed = [
        f"{package.name} {package.version} (pinned: {before.get(package.name, 'none')})"
        for package in fresh
        if before.get(package.name) != package.version
    ]
    context.say(f"Debian no longer serves every pinned version; used instead: {', '.join(changed)}")
    return fresh


def unpack(context: StepContext, owner: Owner, files: Sequence[Path], root: Path) -> None:
    """Unpack package files, one after the other, into a root whose /bin, /lib and /sbin lead into /usr.

    Debian 12 packages expect that layout of the system they are installed on but do not carry the links:
    https://wiki.debian.org/UsrMerge
    """
    for name in ("bin", "sbin", "lib", "lib64"):
        (root / "usr" / name).mkdir(parents=True, exist_ok=True)
        if not (root / name).is_symlink():
            (root / name).symlink_to(f"usr/{name}")
    give_to_owner(root, owner)
    content = root.with_name("content.tar")
    for file in files:
        # `dpkg-deb --extract` would replace the links by folders.
        run(["dpkg-deb", "--fsys-tarfile", file], context, owner, output=content)
        extract = [
            "tar",
            "--extract",
            "--keep-directory-symlink",
            "--preserve-permissions",
            "--no-same-owner",
        ]
        run([*extract, "--file", str(content), "--directory", str(root)], context, owner)
    content.unlink()


def require_debian_tools() -> None:
    """Refuse a machine without apt-get and dpkg-deb.

    Raises:
        SandboxError: naming what is missing, and how to do without the sandbox.
    """
    missing = [tool for tool in ("apt-get", "apt-cache", "dpkg-deb") if shutil.which(tool) is None]
    if missing:
        raise SandboxError(
            f"the sandbox cannot be built without {' and '.join(missing)}",
            "the node's programs come from Debian packages",
            "use a Debian 12 machine, or an existing cluster: name its context as `kubernetes:context` "
            "in the stack file",
        )
