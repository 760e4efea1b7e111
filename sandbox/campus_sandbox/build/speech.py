"""The speech server's image: the list in `images/cosyvoice/README.md`, one layer for each rate of change.

Each layer is packed once and kept, so that a change of the server's code packs a few kilobytes and copies
the rest.
"""

import json
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from campus_sandbox.build import archive, layers
from campus_sandbox.build.archive import Image, write_archive
from campus_sandbox.build.keys import key_of
from campus_sandbox.build.layers import Blob, Layer, pack
from campus_sandbox.build.registries import Registry, registry_error
from campus_sandbox.build.rootfs import RootFileSystems
from campus_sandbox.build.selections import SPEECH
from campus_sandbox.build.store import Store
from campus_sandbox.build.toolchain import Toolchain
from campus_sandbox.commands import CommandFailedError, run
from campus_sandbox.errors import SandboxError
from campus_sandbox.paths import Paths, give_to_owner
from campus_sandbox.steps import StepContext
from campus_sandbox.versions import Versions

USER: Final = (10001, 10001)
LIBRARIES: Final = "opt/cosyvoice/lib"
OUTPUTS: Final = "root/CosyVoice/outputs"
MODEL: Final = "opt/kokoro"
PYTHON: Final = "3.11"
# Neither is read by a running server, and they are a fifth of the packages.
_UNREAD: Final = ("usr/share/doc", "usr/share/man", "usr/share/locale", "usr/share/info", "usr/share/lintian")


@dataclass(frozen=True)
class SpeechImage:
    """Makes `ghcr.io/campus-voice/cosyvoice:<version>-cpu`; its layers are at `speech-<layer>/<key>/`."""

    paths: Paths
    versions: Versions
    store: Store
    toolchain: Toolchain
    roots: RootFileSystems

    @property
    def source(self) -> Path:
        """The server's project folder."""
        return self.paths.repository / "images" / "cosyvoice"

    def system_key(self) -> str:
        """Key of the layer of Debian packages."""
        return self._layer_key("system", self.roots.used(SPEECH))

    def wheels_key(self) -> str:
        """Key of the layer of Python packages; compiled by the Python of the Debian layer."""
        return self._layer_key("wheels", self.system_key(), self.source / "uv.lock")

    def model_key(self) -> str:
        """Key of the layer with the model and its voices."""
        pins = json.dumps(self.versions.tables.get("speech"), sort_keys=True)
        return self._layer_key("model", pins, self.source / "fetch_assets.py")

    def code_key(self) -> str:
        """Key of the layer of the server's own code."""
        return self._layer_key("code", self.system_key(), self.source / "cosyvoice_server")

    def key(self) -> str:
        """Key of the whole archive."""
        keys = (self.system_key(), self.wheels_key(), self.model_key(), self.code_key())
        return key_of(*keys, repr(self.image()), Path(str(archive.__file__)))

    def entry(self) -> Path:
        """The store's entry of the archive."""
        return self.store.entry("image-cosyvoice", self.key())

    def layer_entries(self) -> tuple[Path, ...]:
        """The store's entries of the layers."""
        return tuple(self.store.entry(f"speech-{name}", key) for name, key in self._layers())

    def has(self, layer: str) -> bool:
        """Whether a layer is packed."""
        return self.store.has(f"speech-{layer}", dict(self._layers())[layer])

    def is_there(self) -> bool:
        """Whether the archive is packed."""
        return self.entry().is_dir()

    def image(self) -> Image:
        """How the server runs."""
        return Image(
            f"ghcr.io/campus-voice/cosyvoice:{self.versions.of('product')}-cpu",
            (f"/usr/bin/python{PYTHON}", "-m", "cosyvoice_server"),
            user=f"{USER[0]}:{USER[1]}",
            folder="/tmp",
            ports=(7860, 9464),
            environment={
                "COSYVOICE_ENGINE": "kokoro",
                "COSYVOICE_MODEL_DIR": f"/{MODEL}",
                "COSYVOICE_OUTPUTS_DIR": f"/{OUTPUTS}",
                "GRADIO_ANALYTICS_ENABLED": "False",
                "GRADIO_TEMP_DIR": "/tmp/gradio",
                "HF_HUB_OFFLINE": "1",
                "HOME": "/tmp",
                "LANG": "C.UTF-8",
                "MALLOC_ARENA_MAX": "2",
                "ORT_DISABLE_TELEMETRY": "1",
                "PYTHONDONTWRITEBYTECODE": "1",
                "PYTHONPATH": f"/{LIBRARIES}",
                "PYTHONUNBUFFERED": "1",
            },
        )

    def make_system(self, context: StepContext) -> None:
        """Pack the Debian packages, with compiled bytecode, users and folders."""

        def fill(scratch: Path) -> Layer:
            shutil.copytree(self.roots.root(SPEECH), scratch, symlinks=True, dirs_exist_ok=True)
            self._compile(context, scratch / f"usr/lib/python{PYTHON}", scratch)
            layer = Layer().tree(scratch, leave_out=lambda path: path in _UNREAD)
            user = f"cosyvoice:x:{USER[0]}:{USER[1]}::/tmp:/usr/sbin/nologin\n"
            return (
                layer.text("etc/passwd", "root:x:0:0:root:/root:/usr/sbin/nologin\n" + user)
                .text("etc/group", f"root:x:0:\ncosyvoice:x:{USER[1]}:\n")
                .text("etc/nsswitch.conf", "hosts: files dns\n")
                .folder("tmp", 0o1777)
                .folder("root")
                .folder(OUTPUTS, 0o750, USER)
            )

        self._make("system", self.system_key(), fill)

    def make_wheels(self, context: StepContext) -> None:
        """Pack the locked Python packages.

        Raises:
            SandboxError: PyPI does not answer, or a package is not the locked one.
        """

        def fill(scratch: Path) -> Layer:
            requirements, folder = scratch.with_name("requirements.txt"), scratch / LIBRARIES
            uv = str(self.toolchain.uv)
            export = [uv, "export", "--quiet", "--project", str(self.source), "--locked", "--no-dev"]
            install = [uv, "pip", "install", "--quiet", "--require-hashes", "--only-binary", ":all:"]
            install += ["--python", sys.executable, "--python-version", PYTHON, "--target", str(folder)]
            try:
                run(
                    [*export, "--no-emit-project", "--extra", "kokoro", "--output-file", str(requirements)],
                    context,
                    self.paths.owner,
                )
                run([*install, "--requirement", str(requirements)], context, self.paths.owner)
            except CommandFailedError as failure:
                raise registry_error(Registry.PYPI, "the speech server's packages", failure) from failure
            self._compile(context, folder, scratch)
            return Layer().tree(scratch)

        self._make("wheels", self.wheels_key(), fill)

    def make_model(self, context: StepContext) -> None:
        """Pack the model and its voices.

        Raises:
            SandboxError: a registry does not answer, or a file is not the pinned one.
        """

        def fill(scratch: Path) -> Layer:
            command = [sys.executable, str(self.source / "fetch_assets.py"), str(scratch / MODEL)]
            try:
                run([*command, "--uv", str(self.toolchain.uv)], context, self.paths.owner)
            except CommandFailedError as failure:
                raise SandboxError(
                    f"the voice model could not be fetched ({failure.output.strip().splitlines()[-1]})",
                    way_out=f"see {failure.log} and run the command again",
                ) from failure
            return Layer().tree(scratch)

        self._make("model", self.model_key(), fill)

    def make_archive(self, context: StepContext) -> None:
        """Pack the server's own code, and all layers into the archive."""

        def code(scratch: Path) -> Layer:
            folder = scratch / LIBRARIES
            shutil.copytree(
                self.source / "cosyvoice_server",
                folder / "cosyvoice_server",
                ignore=shutil.ignore_patterns("__pycache__"),
            )
            self._compile(context, folder, scratch)
            return Layer().tree(scratch)

        def fill(folder: Path) -> None:
            blobs = [_blob(entry) for entry in self.layer_entries()]
            write_archive([self.image()], blobs, folder / "cosyvoice.tar")

        self._make("code", self.code_key(), code)
        self.store.make("image-cosyvoice", self.key(), fill)

    def _layers(self) -> tuple[tuple[str, str], ...]:
        return (
            ("system", self.system_key()),
            ("wheels", self.wheels_key()),
            ("model", self.model_key()),
            ("code", self.code_key()),
        )

    def _layer_key(self, name: str, *inputs: str | Path) -> str:
        return key_of(name, *inputs, Path(str(layers.__file__)), Path(__file__))

    def _make(self, name: str, key: str, fill: Callable[[Path], Layer]) -> None:
        def pack_it(folder: Path) -> None:
            scratch = folder / "scratch" / "root"
            scratch.mkdir(parents=True)
            give_to_owner(scratch.parent, self.paths.owner)
            blob = pack(fill(scratch), folder / "layer.tar")
            (folder / "layer.json").write_text(json.dumps({"sha256": blob.sha256, "size": blob.size}))
            shutil.rmtree(folder / "scratch")

        self.store.make(f"speech-{name}", key, pack_it)

    def _compile(self, context: StepContext, folder: Path, scratch: Path) -> None:
        """Compile to bytecode with the image's own Python.

        Times are zero in the image, so bytecode that is checked by time would count as stale.
        """
        give_to_owner(scratch, self.paths.owner)
        root = self.roots.root(SPEECH)
        libraries = root / "usr/lib/x86_64-linux-gnu"
        run(
            [
                *(root / "usr/lib64/ld-linux-x86-64.so.2", "--library-path", libraries),
                *(
                    root / f"usr/bin/python{PYTHON}",
                    "-B",
                    "-S",
                    "-m",
                    "compileall",
                    "-q",
                    "-j",
                    str(os.cpu_count() or 1),
                ),
                *("--invalidation-mode", "unchecked-hash", "-s", scratch, "-p", "/", folder),
            ],
            context,
            self.paths.owner,
            environment={"PYTHONHOME": str(root / "usr")},
        )


def _blob(entry: Path) -> Blob:
    known = json.loads((entry / "layer.json").read_text(encoding="utf-8"))
    return Blob(known["sha256"], known["size"], entry / "layer.tar")
