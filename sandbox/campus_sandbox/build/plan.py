"""All that is built, as steps in the order the start of the sandbox needs it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Final

from campus_sandbox.build.engine import Engine
from campus_sandbox.build.images import ImageStore, Recipe, Recipes
from campus_sandbox.build.manifests import Manifests
from campus_sandbox.build.programs import Compiler, Program, programs
from campus_sandbox.build.rootfs import RootFileSystems
from campus_sandbox.build.selections import ALL, NODE
from campus_sandbox.build.speech import SpeechImage
from campus_sandbox.build.store import DONE, Store
from campus_sandbox.build.toolchain import Toolchain
from campus_sandbox.paths import Paths
from campus_sandbox.steps import Lane, Step, StepContext
from campus_sandbox.versions import Versions

GO: Final = "fetch Go"
DEBIAN: Final = "fetch Debian packages"
MANIFESTS: Final = "prepare upstream manifests"
SCRIPTS: Final = "copy Pulumi's Python scripts"
SPEECH: Final = "pack image cosyvoice"
# Both are compiled only where the machine's own engine cannot be used.
_ENGINE: Final = ("pulumi", "pulumi-language-python")


@dataclass(frozen=True)
class Plan:
    """What is built for one checkout."""

    paths: Paths
    versions: Versions
    environment: Mapping[str, str]

    def steps(self) -> list[Step]:
        """Every step; one whose work is in the cache is done. Others can need them by their titles."""
        first, *others = self._fetch_steps(self.programs)
        return [
            self._go_step(),
            first,
            self._debian_step(),
            *others,
            *(self._compile_step(program) for program in self.programs),
            *(self._image_step(recipe) for recipe in self.recipes),
            *self._speech_steps(),
            self._manifests_step(),
            *self._script_steps(),
        ]

    def manifest_steps(self) -> list[Step]:
        """The steps for the manifests alone."""
        return self._manifests_beside([])

    def engine_steps(self) -> list[Step]:
        """The steps for Pulumi and the manifests: what a stack is rendered with, without a cluster."""
        engine = [program for program in self.programs if program.name in _ENGINE]
        return [*self._manifests_beside(engine), *self._script_steps()]

    def _manifests_beside(self, others: list[Program]) -> list[Step]:
        wanted = [*others, self.program["helm-render"]]
        return [
            self._go_step(),
            *self._fetch_steps(wanted),
            *(self._compile_step(program) for program in wanted),
            self._manifests_step(),
        ]

    def links(self) -> dict[Path, Path]:
        """What the cache's fixed names lead to, for the builds that are there."""
        found = {self.paths.bin / program.name: self.compiler.file(program) for program in self.programs}
        for program in self.programs:
            for name in program.links:
                found[self.paths.bin / name] = self.compiler.file(program)
        for name, file in (self.engine.machine or {}).items():
            found[self.paths.bin / name] = file
        if self.engine.machine is None and self.engine.has_scripts():
            scripts = (file for file in self.engine.scripts().iterdir() if file.name != DONE)
            found |= {self.paths.bin / script.name: script for script in scripts}
        if self.roots.are_there():
            found[self.paths.rootfs] = self.roots.root(NODE)
            archives = {recipe.file: self.images.entry(recipe) for recipe in self.recipes}
            archives["cosyvoice"] = self.speech.entry()
            for name, entry in archives.items():
                found[self.paths.images_dir / f"{name}.tar"] = entry / f"{name}.tar"
        found[self.paths.manifests] = self.manifests.entry()
        return {link: target for link, target in found.items() if target.exists()}

    def current(self) -> set[Path]:
        """The store's entries that this checkout needs; call it when everything is built."""
        kept = {self.compiler.entry(program) for program in self.programs}
        kept |= {self.images.entry(recipe) for recipe in self.recipes}
        kept |= {self.roots.entry(selection) for selection in ALL}
        kept |= {self.speech.entry(), *self.speech.layer_entries()}
        return kept | {self.manifests.entry(), self.engine.scripts(), self.toolchain.packaged_go}

    def missing(self) -> list[str]:
        """Titles of the steps that have work to do, as far as can be told before the first has run."""
        return [step.title for step in self.steps() if not step.done()]

    @cached_property
    def store(self) -> Store:
        """The keyed store."""
        return Store(self.paths)

    @cached_property
    def toolchain(self) -> Toolchain:
        """Go and uv."""
        return Toolchain(self.paths, self.versions, self.store, self.environment)

    @cached_property
    def compiler(self) -> Compiler:
        """Compiles the programs."""
        return Compiler(self.paths, self.store, self.toolchain)

    @cached_property
    def program(self) -> dict[str, Program]:
        """All programs by name, the engine included."""
        return {program.name: program for program in programs(self.versions)}

    @cached_property
    def programs(self) -> list[Program]:
        """The programs that are compiled for this machine."""
        machine = self.engine.machine is not None
        return [program for name, program in self.program.items() if not (machine and name in _ENGINE)]

    @cached_property
    def engine(self) -> Engine:
        """The Pulumi engine."""
        return Engine(self.paths.owner, self.versions, self.store, self.compiler, self.program["pulumi"])

    @cached_property
    def roots(self) -> RootFileSystems:
        """The unpacked Debian packages."""
        return RootFileSystems(self.paths, self.store)

    @cached_property
    def images(self) -> ImageStore:
        """Packs the images."""
        return ImageStore(self.store, self.paths.owner)

    @cached_property
    def recipes(self) -> tuple[Recipe, ...]:
        """The images but the speech server's."""
        recipes = Recipes(self.versions, self.compiler, self.toolchain, self.roots, self.program, DEBIAN)
        return recipes.all()

    @cached_property
    def speech(self) -> SpeechImage:
        """The speech server's image."""
        return SpeechImage(self.paths, self.versions, self.store, self.toolchain, self.roots)

    @cached_property
    def manifests(self) -> Manifests:
        """The upstream manifests."""
        return Manifests(
            self.paths.owner,
            self.versions,
            self.store,
            self.compiler,
            self.program["contour"],
            self.program["cert-manager"],
            self.program["helm-render"],
        )

    def _go_step(self) -> Step:
        return Step(GO, self.toolchain.fetch_go, lane=Lane.COMPILE, done=self.toolchain.has_go)

    def _fetch_steps(self, wanted: list[Program]) -> list[Step]:
        steps = []
        for module in dict.fromkeys(program.module for program in wanted):
            of_module = [program for program in wanted if program.module == module]
            packages = [program.package for program in of_module]
            steps.append(
                Step(
                    _fetch_title(module),
                    partial(self.compiler.fetch, module=module, packages=packages),
                    (GO,),
                    done=partial(all_there, self.compiler, of_module),
                )
            )
        return steps

    def _compile_step(self, program: Program) -> Step:
        return Step(
            program.title,
            partial(self.compiler.compile, program=program),
            (GO, _fetch_title(program.module)),
            Lane.COMPILE,
            partial(self.compiler.is_there, program),
        )

    def _debian_step(self) -> Step:
        return Step(DEBIAN, self.roots.make, done=self.roots.are_there)

    def _image_step(self, recipe: Recipe) -> Step:
        return Step(
            recipe.title,
            partial(self.images.make, recipe=recipe),
            recipe.needs,
            done=lambda: self.roots.are_there() and self.images.is_there(recipe),
        )

    def _speech_steps(self) -> list[Step]:
        layers = {
            "system": ("pack the speech server's system", self.speech.make_system),
            "wheels": ("pack the speech server's packages", self.speech.make_wheels),
            "model": ("pack the speech server's voices", self.speech.make_model),
        }
        return [
            *(
                Step(title, make, (DEBIAN,), done=partial(self._speech_has, layer))
                for layer, (title, make) in layers.items()
            ),
            Step(
                SPEECH,
                self.speech.make_archive,
                tuple(title for title, _ in layers.values()),
                done=lambda: self.roots.are_there() and self.speech.is_there(),
            ),
        ]

    def _speech_has(self, layer: str) -> bool:
        return self.roots.are_there() and self.speech.has(layer)

    def _manifests_step(self) -> Step:
        return Step(
            MANIFESTS,
            self.manifests.make,
            (self.program["helm-render"].title,),
            done=self.manifests.is_there,
        )

    def _script_steps(self) -> list[Step]:
        if self.engine.machine is not None:
            return []
        return [Step(SCRIPTS, self._scripts, (GO,), done=self.engine.has_scripts)]

    def _scripts(self, context: StepContext) -> None:
        self.engine.make_scripts(context)


def all_there(compiler: Compiler, wanted: list[Program]) -> bool:
    """Whether all these programs are compiled."""
    return all(compiler.is_there(program) for program in wanted)


def _fetch_title(module: str) -> str:
    return f"fetch the Go modules of {module}"
