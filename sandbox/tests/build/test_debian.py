"""Debian packages are pinned, checked, and unpacked into a whole file system."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from campus_sandbox.build.debian import Package, Selection, choose, lock_text, read_lock, unpack
from campus_sandbox.build.rootfs import finish
from campus_sandbox.build.selections import ALL
from campus_sandbox.errors import SandboxError
from campus_sandbox.paths import REPOSITORY, Owner
from campus_sandbox.steps import StepContext

RUNC = Package("runc", "1.1.5+ds1-1", "amd64", "a" * 64)
NEWER = Package("runc", "1.1.5+ds1-2", "amd64", "b" * 64)
NODE = Selection("node", ("runc",))


class Archive:
    """Stands for apt: serves what it is given."""

    def __init__(self, *serves: Package) -> None:
        self._serves = {f"{package.name}={package.version}": package for package in serves}

    def served(self, context: StepContext, wanted: Sequence[str]) -> dict[str, Package]:
        return {spec: self._serves[spec] for spec in wanted if spec in self._serves}

    def resolve(self, context: StepContext, selection: Selection) -> list[Package]:
        return list(self._serves.values())


def test_the_lock_is_written_as_it_is_read_one_line_a_package(tmp_path: Path) -> None:
    file = tmp_path / "debian.lock"
    file.write_text(lock_text({"node": [RUNC, NEWER], "libraries": []}))
    assert read_lock(file) == {"libraries": [], "node": [RUNC, NEWER]}
    assert len([line for line in file.read_text().splitlines() if "runc" in line]) == 2


def test_the_committed_lock_pins_every_selection_and_all_it_wants() -> None:
    locked = read_lock(REPOSITORY / "sandbox" / "debian.lock")
    for selection in ALL:
        names = {package.name for package in locked[selection.name]}
        assert names >= {*selection.wanted, *selection.alone}, "run `campus-sandbox lock-debian`"


def test_a_lock_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    for damage in ("{", '{"node": [{"name": "runc"}]}', "[]"):
        (tmp_path / "debian.lock").write_text(damage)
        with pytest.raises(SandboxError, match=r"debian\.lock cannot be read"):
            read_lock(tmp_path / "debian.lock")


def test_pinned_versions_are_used_while_debian_serves_them(context: StepContext, said: list[str]) -> None:
    assert choose(Archive(RUNC, NEWER), context, NODE, [RUNC]) == [RUNC]
    assert said == []


def test_a_version_that_is_served_no_longer_is_replaced_and_told_in_one_line(
    context: StepContext, said: list[str]
) -> None:
    assert choose(Archive(NEWER), context, NODE, [RUNC]) == [NEWER]
    assert said == [
        "Debian no longer serves every pinned version; used instead: runc 1.1.5+ds1-2 (pinned: 1.1.5+ds1-1)"
    ]


def package_file(folder: Path, name: str, path: str) -> Path:
    tree = folder / name
    (tree / "DEBIAN").mkdir(parents=True)
    (tree / "DEBIAN" / "control").write_text(
        f"Package: {name}\nVersion: 1\nArchitecture: amd64\nMaintainer: A <a@b.invalid>\nDescription: x\n"
    )
    (tree / path).parent.mkdir(parents=True)
    (tree / path).write_text(name)
    subprocess.run(["dpkg-deb", "--build", tree], check=True, capture_output=True)
    return tree.with_suffix(".deb")


def test_what_a_package_puts_into_bin_and_into_usr_bin_is_in_one_folder(
    tmp_path: Path, context: StepContext, owner: Owner
) -> None:
    root = tmp_path / "root"
    root.mkdir()
    files = [package_file(tmp_path, "old", "bin/mount"), package_file(tmp_path, "new", "usr/bin/runc")]
    unpack(context, owner, files, root)
    assert (root / "bin").is_symlink(), "the links of a merged /usr must survive the unpacking"
    assert sorted(file.name for file in (root / "usr" / "bin").iterdir()) == ["mount", "runc"]


def test_what_maintainer_scripts_would_have_made_is_there(tmp_path: Path) -> None:
    for name, text in {
        "usr/share/base-passwd/passwd.master": "root:*:0:0:root:/root:/bin/bash\n",
        "usr/share/base-passwd/group.master": "root:*:0:\n",
        "usr/share/ca-certificates/mozilla/A.crt": "A\n",
        "usr/share/ca-certificates/mozilla/B.crt": "B\n",
        "usr/sbin/xtables-nft-multi": "",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "etc").mkdir()
    finish(tmp_path)
    finish(tmp_path)
    assert (tmp_path / "etc/passwd").read_text().startswith("root:")
    assert (tmp_path / "etc/ssl/certs/ca-certificates.crt").read_text() == "A\nB\n"
    assert (tmp_path / "usr/sbin/ip6tables-restore").readlink() == Path("ip6tables-nft-restore")
