"""The sandbox's own PULUMI_HOME: the engine with its language host, and the provider plugins or stand-ins.

No provider goes on PATH, where it would shadow the user's own.
"""

import os
import platform
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import urllib3

from campus_sandbox.errors import SandboxError
from campus_sandbox.paths import Paths, give_to_owner, make_folder
from campus_sandbox.versions import Versions

_PROVIDERS: Final = ("kubernetes", "random")
_PROGRAMS: Final = ("pulumi", "pulumi-language-python", "pulumi-language-python-exec")
_EXTRAS: Final = ("pulumi-analyzer-policy-python", "pulumi-resource-pulumi-python")
_PROBE_SECONDS: Final = 3.0
_INSTALL_SECONDS: Final = 120.0
_MACHINES: Final = {"x86_64": "amd64", "aarch64": "arm64"}


@dataclass(frozen=True)
class Plugin:
    """One provider plugin, pinned."""

    name: str
    version: str

    @property
    def folder(self) -> str:
        """Its folder's name below `plugins`."""
        return f"resource-{self.name}-v{self.version}"

    @property
    def executable(self) -> str:
        """Its program's name."""
        return f"pulumi-resource-{self.name}"

    @property
    def url(self) -> str:
        """Where Pulumi offers it for download (https://www.pulumi.com/docs/iac/cli/commands/pulumi_plugin_install/)."""
        machine = _MACHINES.get(platform.machine(), platform.machine())
        archive = f"{self.executable}-v{self.version}-{platform.system().lower()}-{machine}.tar.gz"
        return f"https://get.pulumi.com/releases/plugins/{archive}"


def is_offered(url: str) -> bool:
    """Whether a download can be had: one request, no retries."""
    try:
        answer = urllib3.request("HEAD", url, timeout=_PROBE_SECONDS, retries=False)
    except urllib3.exceptions.HTTPError:
        return False
    return bool(answer.status == 200)


def prepare_pulumi_home(
    paths: Paths,
    versions: Versions,
    say: Callable[[str], None],
    offered: Callable[[str], bool] = is_offered,
    python: Path | None = None,
) -> None:
    """Make PULUMI_HOME complete; what is there already stays, but for a stand-in of another interpreter.

    Args:
        paths: where it is, and where the built programs are.
        versions: the pins.
        say: told in one line which provider plugins are used.
        offered: whether a URL can be downloaded.
        python: interpreter of the stand-ins (default: the running one).

    Raises:
        SandboxError: the engine or its language host is not built yet.
    """
    make_folder(paths.pulumi_backend, paths.owner)
    plugins = make_folder(paths.pulumi_home / "plugins", paths.owner)
    _place_programs(paths)
    wanted = [Plugin(name, versions.of("pulumi", f"provider-{name}")) for name in _PROVIDERS]
    missing = [plugin for plugin in wanted if not (plugins / plugin.folder / plugin.executable).exists()]
    launchers = {plugin: _launcher(plugin, python or Path(sys.executable)) for plugin in wanted}
    for plugin in missing:
        if not _link_installed(plugin, plugins, paths) and not _download(plugin, paths, offered):
            _place_stand_in(plugin, plugins, launchers[plugin])
    for plugin in wanted:
        executable = plugins / plugin.folder / plugin.executable
        # Another checkout, or a moved one, has another interpreter.
        if _is_stand_in(executable) and executable.read_text(encoding="utf-8") != launchers[plugin]:
            _place_stand_in(plugin, plugins, launchers[plugin])
    give_to_owner(paths.pulumi_home, paths.owner)
    _tell(wanted, plugins, say)


def _place_programs(paths: Paths) -> None:
    """Put the engine's programs into one folder, as real files.

    Through the links of the cache the language host does not find its executor, and the engine warns on every
    command that its host is not beside it.
    """
    make_folder(paths.pulumi_bin, paths.owner)
    for name in (*_PROGRAMS, *_EXTRAS):
        source, copy = (paths.bin / name).resolve(), paths.pulumi_bin / name
        if name in _PROGRAMS and not source.exists():
            raise SandboxError(
                f"{paths.bin / name} is missing",
                "Pulumi runs Python programs with it",
                "run `campus-sandbox build`",
            )
        if source.exists() and not _is_copy(copy, source):
            copy.unlink(missing_ok=True)
            _link_or_copy(source, copy)


def _is_copy(copy: Path, source: Path) -> bool:
    if not copy.exists():
        return False
    old, new = copy.stat(), source.stat()
    return (old.st_size, old.st_mtime_ns) == (new.st_size, new.st_mtime_ns)


def _link_or_copy(source: Path, copy: Path) -> None:
    try:
        copy.hardlink_to(source)
    except OSError:
        # Another file system, or a file of another user.
        shutil.copy2(source, copy)


def _link_installed(plugin: Plugin, plugins: Path, paths: Paths) -> bool:
    """Use the official plugin of the user's own Pulumi, if it is there."""
    installed = paths.owner.home / ".pulumi" / "plugins" / plugin.folder
    if not (installed / plugin.executable).is_file():
        return False
    # The engine looks only into real folders.
    folder = plugins / plugin.folder
    folder.mkdir(exist_ok=True)
    for file in sorted(installed.iterdir()):
        _link(folder / file.name, file)
    return True


def _download(plugin: Plugin, paths: Paths, offered: Callable[[str], bool]) -> bool:
    if not offered(plugin.url):
        return False
    command = [str(paths.bin / "pulumi"), "plugin", "install", "resource", plugin.name, f"v{plugin.version}"]
    environment = {**os.environ, "PULUMI_HOME": str(paths.pulumi_home), "PULUMI_SKIP_UPDATE_CHECK": "true"}
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, timeout=_INSTALL_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def _launcher(plugin: Plugin, python: Path) -> str:
    command = [str(python), "-I", "-m", f"campus_sandbox.providers.{plugin.name}", plugin.version]
    return f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n'


def _place_stand_in(plugin: Plugin, plugins: Path, text: str) -> None:
    folder = plugins / plugin.folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    launcher = folder / plugin.executable
    launcher.write_text(text, encoding="utf-8")
    launcher.chmod(0o755)


def _tell(wanted: Sequence[Plugin], plugins: Path, say: Callable[[str], None]) -> None:
    stand_ins = [plugin for plugin in wanted if _is_stand_in(plugins / plugin.folder / plugin.executable)]
    if stand_ins:
        names = " and ".join(f"{plugin.name} {plugin.version}" for plugin in stand_ins)
        say(
            f"Pulumi providers: the sandbox's stand-ins for {names}, "
            "because the official plugins are neither installed nor downloadable here"
        )
    else:
        say("Pulumi providers: the official plugins")


def _is_stand_in(executable: Path) -> bool:
    with executable.open("rb") as file:
        return file.read(2) == b"#!"


def _link(link: Path, target: Path) -> None:
    if link.is_symlink() and link.readlink() == target:
        return
    link.unlink(missing_ok=True)
    link.symlink_to(target)
