"""Upstream manifests, taken from the Go modules of the pinned releases."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from campus_sandbox.build.keys import key_of, sha256_of
from campus_sandbox.build.programs import Compiler, Program
from campus_sandbox.build.store import Store
from campus_sandbox.commands import run
from campus_sandbox.errors import SandboxError
from campus_sandbox.paths import Owner
from campus_sandbox.steps import StepContext
from campus_sandbox.versions import Versions

NAMESPACE: Final = "cert-manager"


@dataclass(frozen=True)
class Manifests:
    """The folder `manifests`: what is installed, and the schemas that the tests compare with.

    It holds `contour/01-crds.yaml`, `cert-manager/{crds/*.yaml,cert-manager.yaml}` and
    `keda/scaledobjects.yaml`.

    Attributes:
        contour: the program whose go.mod pins Contour.
        cert_manager: the program whose go.mod pins cert-manager.
        renderer: the chart renderer.
    """

    owner: Owner
    versions: Versions
    store: Store
    compiler: Compiler
    contour: Program
    cert_manager: Program
    renderer: Program

    def key(self) -> str:
        """What the folder depends on."""
        return key_of(
            self.versions.of("contour"),
            self.versions.of("contour-crds", "sha256"),
            self.versions.of("cert-manager"),
            self.versions.of("keda"),
            self.versions.of("keda", "scaledobjects-sha256"),
            self.compiler.key(self.renderer),
            Path(__file__),
        )

    def entry(self) -> Path:
        """The store's entry of the folder."""
        return self.store.entry("manifests", self.key())

    def is_there(self) -> bool:
        """Whether it is made."""
        return self.entry().is_dir()

    def make(self, context: StepContext) -> None:
        """Make it.

        Raises:
            SandboxError: the Go module proxy does not answer, or Contour's file is not the pinned one.
        """
        self.store.make("manifests", self.key(), lambda folder: self._fill(context, folder))

    def _fill(self, context: StepContext, folder: Path) -> None:
        contour = self.compiler.module_folder(context, self.contour, "github.com/projectcontour/contour")
        definitions = folder / "contour" / "01-crds.yaml"
        definitions.parent.mkdir()
        shutil.copyfile(contour / "examples/contour/01-crds.yaml", definitions)
        _check(
            definitions, f"Contour {self.versions.of('contour')}", self.versions.of("contour-crds", "sha256")
        )
        self._add_keda(context, folder)
        certificates = self.compiler.module_folder(
            context, self.cert_manager, "github.com/cert-manager/cert-manager"
        )
        own = folder / "cert-manager"
        (own / "crds").mkdir(parents=True)
        for file in sorted((certificates / "deploy/crds").glob("*.yaml")):
            shutil.copyfile(file, own / "crds" / file.name)
        values = own / "values.yaml"
        values.write_text(yaml.safe_dump(chart_values(self.versions.of("cert-manager"))), encoding="utf-8")
        chart = certificates / "deploy/charts/cert-manager"
        run(
            [self.compiler.file(self.renderer), chart, NAMESPACE, NAMESPACE, values],
            context,
            self.owner,
            output=own / "cert-manager.yaml",
        )

    def _add_keda(self, context: StepContext, folder: Path) -> None:
        """Add the definition of KEDA's ScaledObject; KEDA itself does not run in the sandbox."""
        version = self.versions.of("keda")
        module = self.compiler.module_at(context, "github.com/kedacore/keda/v2", version)
        definition = folder / "keda" / "scaledobjects.yaml"
        definition.parent.mkdir()
        shutil.copyfile(module / "config/crd/bases/keda.sh_scaledobjects.yaml", definition)
        _check(definition, f"KEDA {version}", self.versions.of("keda", "scaledobjects-sha256"))


def _check(file: Path, release: str, pinned: str) -> None:
    if (found := sha256_of(file)) != pinned:
        raise SandboxError(
            f"{release}'s {file.name} has the SHA-256 {found}",
            f"versions.toml pins {pinned}",
            "do not use it; correct the pin when the version was changed on purpose",
        )


def chart_values(version: str) -> dict[str, Any]:
    """The values of cert-manager's chart.

    The chart in the module is the development one, of version v0.0.0, so images are named in full. Its
    definitions are applied apart, its start-up check is a Job the sandbox has its own probe for, and its
    webhook would be looked at only after five seconds.
    """
    tag = {"image": {"tag": f"v{version}"}}
    return {
        "global": {"leaderElection": {"namespace": NAMESPACE}},
        "crds": {"enabled": False},
        "startupapicheck": {"enabled": False},
        **tag,
        "resources": _requests("20m"),
        "webhook": {**tag, "readinessProbe": {"initialDelaySeconds": 1}, "resources": _requests("20m")},
        "cainjector": {**tag, "resources": _requests("20m")},
        "acmesolver": tag,
    }


def _requests(cpu: str) -> dict[str, Any]:
    # With no request at all a pod gets next to nothing while synthesis takes both cores.
    return {"requests": {"cpu": cpu}}
