"""The steps from built artefacts to a cluster that serves."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from campus_sandbox.addons.addon import Addon
from campus_sandbox.addons.cert_manager import NAME as CERT_MANAGER
from campus_sandbox.addons.cert_manager import cert_manager, wait_for_webhook
from campus_sandbox.addons.coredns import coredns
from campus_sandbox.addons.install import apply, is_applied, missing, wait_available
from campus_sandbox.addons.local_path import local_path
from campus_sandbox.addons.policy_agent import policy_agent
from campus_sandbox.build.images import busybox_image
from campus_sandbox.node.api import Api
from campus_sandbox.node.images import import_images, missing_images
from campus_sandbox.node.layout import Layout
from campus_sandbox.node.node import Node
from campus_sandbox.node.outdated import image_ids, outdated_pods, restart_outdated
from campus_sandbox.node.readiness import unready, wait_ready, wait_serving
from campus_sandbox.node.unpacked import UnpackedImages
from campus_sandbox.paths import Paths
from campus_sandbox.steps import Lane, Step
from campus_sandbox.versions import Versions

UNPACK: Final = "unpack the images"
PLACE: Final = "give the node its images"
START: Final = "start the node"
OWN_IMAGES: Final = "load the cluster's images"
READY: Final = "node ready"
ADDONS: Final = "install DNS, volumes, certificates"
PRODUCT_IMAGES: Final = "load the product's images"
SERVING: Final = "DNS, volumes, certificates ready"
RENEW: Final = "restart what runs on changed images"

# Archives of what the cluster itself runs, the smallest first: pods start while the others are still loaded.
OWN_ARCHIVES: Final = ("pause", "busybox", "coredns", "local-path-provisioner", "cert-manager")


@dataclass(frozen=True)
class Cluster:
    """The node and what is done on it, as steps for `run_steps`."""

    paths: Paths
    versions: Versions
    node: Node
    without: Collection[str] = ()
    """Names of the addons that are left out, for a test that installs one itself."""

    def steps(self) -> list[Step]:
        """All steps in their order; a step whose work is done already is not shown."""
        archives = [*self._archives(own=True), *self._archives(own=False)]
        unpacked = UnpackedImages(self.paths, self.versions, archives)
        return [
            Step(UNPACK, unpacked.make, done=lambda: unpacked.is_placed(self.node) or unpacked.is_made()),
            Step(PLACE, lambda _: unpacked.place(), (UNPACK,), done=lambda: unpacked.is_placed(self.node)),
            Step(START, lambda _: self.node.start(), (PLACE,), done=self.node.is_up_to_date),
            self._load(OWN_IMAGES, START, own=True),
            Step(READY, lambda _: wait_ready(self.node, self.paths), (OWN_IMAGES,), done=self._is_ready),
            Step(ADDONS, lambda _: self._install(), (START,), Lane.COMPILE, done=self._is_installed),
            self._load(PRODUCT_IMAGES, READY, own=False),
            Step(SERVING, lambda _: self._wait(), (ADDONS, PRODUCT_IMAGES), done=self._serves),
            Step(RENEW, lambda _: self._renew(archives), (SERVING,), done=lambda: self._is_renewed(archives)),
        ]

    def addons(self) -> list[Addon]:
        """What the cluster itself runs, in the order it is applied.

        Raises:
            SandboxError: cert-manager's manifests are not built.
        """
        of = self.versions.of
        every = [
            policy_agent(),
            coredns(of("kubernetes", "coredns")),
            local_path(of("kubernetes", "local-path-provisioner"), busybox_image(self.versions)),
            cert_manager(self.paths.manifests),
        ]
        return [addon for addon in every if addon.name not in self.without]

    def _load(self, title: str, need: str, own: bool) -> Step:
        layout = Layout(self.paths)
        return Step(
            title,
            lambda _: import_images(self.node, layout, self._archives(own)),
            (need,),
            done=lambda: not missing_images(layout, self._archives(own)),
        )

    def _archives(self, own: bool) -> list[Path]:
        archives = {archive.stem: archive for archive in sorted(self.paths.images_dir.glob("*.tar"))}
        if own:
            return [archives[name] for name in OWN_ARCHIVES if name in archives]
        return [archive for name, archive in archives.items() if name not in OWN_ARCHIVES]

    def _is_ready(self) -> bool:
        return not unready(Api(self.paths.kubeconfig), self.node.started_at())

    def _install(self) -> None:
        wait_serving(self.node, self.paths)
        for addon in self.addons():
            apply(self.paths, addon)

    def _is_installed(self) -> bool:
        return all(is_applied(self.paths, addon) for addon in self.addons())

    def _serves(self) -> bool:
        return not missing(Api(self.paths.kubeconfig), self.addons())

    def _is_renewed(self, archives: Sequence[Path]) -> bool:
        return not outdated_pods(Api(self.paths.kubeconfig), image_ids(archives))

    def _renew(self, archives: Sequence[Path]) -> None:
        restart_outdated(Api(self.paths.kubeconfig), image_ids(archives))

    def _wait(self) -> None:
        api = Api(self.paths.kubeconfig)
        wait_available(api, self.addons())
        if CERT_MANAGER not in self.without:
            wait_for_webhook(api)
