"""Root file systems from Debian packages: unpacked, and finished as their maintainer scripts would."""

import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from campus_sandbox.build import debian
from campus_sandbox.build.debian import Apt, Package, Selection, choose, read_lock, unpack
from campus_sandbox.build.keys import key_of
from campus_sandbox.build.selections import ALL
from campus_sandbox.build.store import Store, remove
from campus_sandbox.paths import Paths, give_to_owner, make_folder
from campus_sandbox.steps import StepContext

USED = "packages.json"


@dataclass(frozen=True)
class RootFileSystems:
    """The unpacked selections in the store: `debian-<selection>/<key>/{root/,packages.json}`."""

    paths: Paths
    store: Store

    @property
    def lock(self) -> Path:
        """The pinned packages, written by `campus-sandbox lock-debian`."""
        return self.paths.repository / "sandbox" / "debian.lock"

    def entry(self, selection: Selection) -> Path:
        """The store's entry of a selection."""
        return self.store.entry(f"debian-{selection.name}", self._key(selection))

    def root(self, selection: Selection) -> Path:
        """The unpacked root file system of a selection."""
        return self.entry(selection) / "root"

    def used(self, selection: Selection) -> str:
        """What was really unpacked, which may differ from the lock; part of the key of what is made of it."""
        return (self.entry(selection) / USED).read_text(encoding="utf-8")

    def are_there(self) -> bool:
        """Whether all selections are unpacked."""
        return all(self.entry(selection).is_dir() for selection in ALL)

    def make(self, context: StepContext) -> None:
        """Fetch and unpack every selection that is not there.

        Raises:
            SandboxError: Debian's archive does not answer, or a package is not the pinned one.
        """
        debian.require_debian_tools()
        pinned = read_lock(self.lock)
        folder = Path(tempfile.mkdtemp(prefix=".apt-", dir=make_folder(self.paths.cache, self.paths.owner)))
        give_to_owner(folder, self.paths.owner)
        try:
            apt = Apt(folder, self.paths.owner)
            apt.update(context)
            for selection in ALL:
                fill = partial(self._fill, context, apt, selection, pinned.get(selection.name, []))
                self.store.make(f"debian-{selection.name}", self._key(selection), fill)
        finally:
            remove(folder)

    def _key(self, selection: Selection) -> str:
        pinned = [str(package) for package in read_lock(self.lock).get(selection.name, [])]
        return key_of(repr(selection), *pinned, Path(__file__), Path(debian.__file__))

    def _fill(
        self,
        context: StepContext,
        apt: Apt,
        selection: Selection,
        pinned: Sequence[Package],
        entry: Path,
    ) -> None:
        packages = choose(apt, context, selection, pinned)
        downloads, root = entry / "downloads", entry / "root"
        for folder in (downloads, root):
            folder.mkdir()
            give_to_owner(folder, self.paths.owner)
        unpack(context, self.paths.owner, apt.download(context, packages, downloads), root)
        shutil.rmtree(downloads)
        finish(root)
        (entry / USED).write_text(
            json.dumps([vars(package) for package in packages], indent=1) + "\n", encoding="utf-8"
        )


def finish(root: Path) -> None:
    """Make the files that maintainer scripts make on installation, for the packages that are in `root`."""
    for name in ("passwd", "group"):
        master = root / "usr/share/base-passwd" / f"{name}.master"
        if master.exists():
            shutil.copyfile(master, root / "etc" / name)
    authorities = sorted((root / "usr/share/ca-certificates/mozilla").glob("*.crt"))
    if authorities:
        bundle = root / "etc/ssl/certs/ca-certificates.crt"
        bundle.parent.mkdir(parents=True, exist_ok=True)
        bundle.write_bytes(b"".join(authority.read_bytes() for authority in authorities))
    for name, target in _alternatives(root).items():
        link = root / name
        if not link.exists() and not link.is_symlink():
            link.symlink_to(target)


def _alternatives(root: Path) -> Mapping[str, str]:
    found = {}
    if (root / "usr/sbin/xtables-nft-multi").exists():
        for family in ("iptables", "ip6tables"):
            for tool in ("", "-save", "-restore"):
                found[f"usr/sbin/{family}{tool}"] = f"{family}-nft{tool}"
    if (root / "usr/bin/mawk").exists():
        found["usr/bin/awk"] = "mawk"
    return found
