"""Put the browser of the page's tests, and the accessibility checker, into a folder, from the npm registry.

Run it as ``python fetch_browser.py DESTINATION`` in this project's environment; the versions and checksums come from ``[browser]``
in the repository's ``versions.toml``. Nothing is installed. For a destination that is already complete nothing is downloaded;
else it takes 70 MB, and about half a minute on a fast line.
"""

import io
import sys
import tarfile
import tempfile
import tomllib
from pathlib import Path
from xml.sax.saxutils import escape

import brotli

from fetch_assets import VERSIONS, AssetError, command, npm_pack, require

BROWSER, LIBRARIES, CHECKER = "chromium", "lib", "axe.min.js"
COMPLETE = "complete"
FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>/usr/share/fonts</dir>
  <dir prefix="relative">fonts</dir>
  <cachedir>{folder}/fonts-cache</cachedir>
</fontconfig>
"""
"""The machine's fonts where it has some: a browser without any shows nothing."""


def fetch(destination: Path, uv: str) -> None:
    """Make ``destination`` hold the browser ``chromium``, its libraries in ``lib``, ``fonts.conf`` and ``axe.min.js``.

    Raises:
        AssetError: a registry client failed, or a package's SHA-256 is not the pinned one.
    """
    tables = tomllib.loads(VERSIONS.read_text(encoding="utf-8"))
    pinned, npm = tables["browser"], tables["speech"]["kokoro"]["npm-package"]
    packages = {pinned[f"{part}-package"]: pinned[f"{part}-sha256"] for part in ("chromium", "axe")}
    destination.mkdir(parents=True, exist_ok=True)
    mark = destination / COMPLETE
    if not (mark.is_file() and mark.read_text(encoding="utf-8") == repr(packages)):
        unpack(packages, destination, uv, npm)
        mark.write_text(repr(packages), encoding="utf-8")
    # After the unpacking, which brings a configuration for another place.
    (destination / "fonts.conf").write_text(FONTS.format(folder=escape(str(destination.absolute()))), encoding="utf-8")


def unpack(packages: dict[str, str], destination: Path, uv: str, npm: str) -> None:
    """Download both packages, and unpack what is needed of them."""
    with tempfile.TemporaryDirectory(dir=destination) as staging:
        browser, checker = (package(name, sha256, Path(staging), uv, npm) for name, sha256 in packages.items())
        unpack_browser(browser, destination)
        (destination / CHECKER).write_bytes(member(checker, f"package/{CHECKER}"))


def package(name: str, sha256: str, staging: Path, uv: str, npm: str) -> Path:
    """Download a package and check it."""
    folder = staging / sha256
    folder.mkdir()
    archive = npm_pack(name, folder, uv, npm)
    require(archive, name, sha256)
    return archive


def unpack_browser(archive: Path, destination: Path) -> None:
    """Unpack the program, which a package for small servers carries compressed, with the libraries that such servers lack."""
    program = destination / BROWSER
    program.write_bytes(brotli.decompress(member(archive, "package/bin/chromium.br")))
    program.chmod(0o755)
    for part in ("al2023", "fonts"):
        content = brotli.decompress(member(archive, f"package/bin/{part}.tar.br"))
        with tarfile.open(fileobj=io.BytesIO(content)) as inner:
            inner.extractall(destination, filter="data")


def member(archive: Path, name: str) -> bytes:
    """Read one file of a package."""
    with tarfile.open(archive) as package_file:
        file = package_file.extractfile(name)
        if file is None:
            message = f"{archive.name} has no {name}: correct [browser] in {VERSIONS.name}"
            raise AssetError(message)
        return file.read()


if __name__ == "__main__":
    sys.exit(command(__doc__, fetch))
