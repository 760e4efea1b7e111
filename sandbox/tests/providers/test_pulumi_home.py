"""PULUMI_HOME of the sandbox: the official plugins where they can be had, stand-ins where not."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from campus_sandbox.errors import SandboxError
from campus_sandbox.paths import Owner, Paths
from campus_sandbox.pulumi_home import prepare_pulumi_home
from campus_sandbox.versions import Versions

VERSIONS = Versions(
    {
        "pulumi": {
            "language-host-python": "3.57.1",
            "provider-kubernetes": "4.34.2",
            "provider-random": "4.21.4",
        }
    }
)
PLUGIN = "plugins/resource-kubernetes-v4.34.2/pulumi-resource-kubernetes"


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    made = Paths(
        tmp_path,
        tmp_path / "cache",
        tmp_path / "state",
        Owner(os.getuid(), os.getgid(), tmp_path),
        tmp_path / "links",
    )
    made.bin.mkdir(parents=True)
    for name in ("pulumi", "pulumi-language-python", "pulumi-language-python-exec"):
        stored = tmp_path / "store" / name / name
        stored.parent.mkdir(parents=True)
        stored.touch()
        (made.bin / name).symlink_to(stored)
    return made


def refuse(url: str) -> bool:
    raise AssertionError(f"{url} must not be asked for")


def test_without_the_official_plugins_the_stand_ins_are_placed_and_said_so_in_one_line(paths: Paths) -> None:
    said: list[str] = []
    asked: list[str] = []

    def offered(url: str) -> bool:
        asked.append(url)
        return False

    prepare_pulumi_home(paths, VERSIONS, said.append, offered)
    assert len(asked) == 2, "each official plugin is looked for once"
    assert said == [
        "Pulumi providers: the sandbox's stand-ins for kubernetes 4.34.2 and random 4.21.4, "
        "because the official plugins are neither installed nor downloadable here"
    ]
    launcher = paths.pulumi_home / PLUGIN
    done = subprocess.Popen([launcher], stdout=subprocess.PIPE, text=True)
    try:
        assert done.stdout is not None
        assert int(done.stdout.readline()) > 0, "a plugin prints the port it listens on"
    finally:
        done.kill()
        done.wait()
        if done.stdout:
            done.stdout.close()


def test_a_second_start_asks_nobody_and_changes_nothing(paths: Paths) -> None:
    prepare_pulumi_home(paths, VERSIONS, lambda _: None, lambda _: False, Path(sys.executable))
    before = (paths.pulumi_home / PLUGIN).stat().st_mtime_ns
    prepare_pulumi_home(paths, VERSIONS, lambda _: None, refuse)
    assert (paths.pulumi_home / PLUGIN).stat().st_mtime_ns == before


def test_the_users_own_official_plugin_is_preferred(paths: Paths) -> None:
    for folder, program in (
        ("resource-kubernetes-v4.34.2", "pulumi-resource-kubernetes"),
        ("resource-random-v4.21.4", "pulumi-resource-random"),
    ):
        installed = paths.owner.home / ".pulumi" / "plugins" / folder
        installed.mkdir(parents=True)
        (installed / program).write_bytes(b"\x7fELF")
    said: list[str] = []
    prepare_pulumi_home(paths, VERSIONS, said.append, refuse)
    assert said == ["Pulumi providers: the official plugins"]
    assert (paths.pulumi_home / PLUGIN).read_bytes() == b"\x7fELF"


def test_a_missing_language_host_is_told_with_the_way_out(paths: Paths) -> None:
    (paths.bin / "pulumi-language-python-exec").unlink()
    with pytest.raises(
        SandboxError, match=r"pulumi-language-python-exec is missing.*run `campus-sandbox build`"
    ):
        prepare_pulumi_home(paths, VERSIONS, lambda _: None, refuse)


def test_the_engine_and_its_host_lie_side_by_side_and_follow_a_new_build(paths: Paths) -> None:
    prepare_pulumi_home(paths, VERSIONS, lambda _: None, lambda _: False)
    placed = {file.name for file in paths.pulumi_bin.iterdir() if not file.is_symlink()}
    assert placed == {"pulumi", "pulumi-language-python", "pulumi-language-python-exec"}
    newer = paths.repository / "store" / "newer"
    newer.write_text("another build")
    (paths.bin / "pulumi").unlink()
    (paths.bin / "pulumi").symlink_to(newer)
    prepare_pulumi_home(paths, VERSIONS, lambda _: None, refuse)
    assert (paths.pulumi_bin / "pulumi").read_text() == "another build"
