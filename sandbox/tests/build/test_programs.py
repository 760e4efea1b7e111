"""Programs are compiled from their pins, once."""

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from campus_sandbox.build.plan import Plan
from campus_sandbox.build.programs import Compiler, Program, programs
from campus_sandbox.build.store import Store
from campus_sandbox.build.toolchain import Toolchain, is_right_go
from campus_sandbox.commands import run
from campus_sandbox.errors import SandboxError
from campus_sandbox.paths import REPOSITORY, Paths
from campus_sandbox.steps import StepContext
from campus_sandbox.versions import Versions

TOOLS = REPOSITORY / "sandbox" / "tools"
VERSIONS = Versions.read(REPOSITORY)
PAUSE = next(program for program in programs(VERSIONS) if program.name == "pause")


@pytest.fixture
def compiler(paths: Paths, store: Store) -> Compiler:
    shutil.copytree(TOOLS / "pause", paths.repository / "sandbox" / "tools" / "pause")
    return Compiler(paths, store, Toolchain(paths, VERSIONS, store, {}))


@pytest.mark.parametrize(
    ("module", "requirement", "pin"),
    [
        ("kubernetes", "k8s.io/kubernetes", ("kubernetes", "version")),
        ("kubernetes", "github.com/coredns/coredns", ("kubernetes", "coredns")),
        ("kubernetes", "github.com/rancher/local-path-provisioner", ("kubernetes", "local-path-provisioner")),
        ("kubernetes", "helm.sh/helm/v3", ("helm", "version")),
        ("etcd", "go.etcd.io/etcd/server/v3", ("kubernetes", "etcd")),
        ("contour", "github.com/projectcontour/contour", ("contour", "version")),
        ("cert-manager", "github.com/cert-manager/cert-manager", ("cert-manager", "version")),
        ("pebble", "github.com/letsencrypt/pebble/v2", ("pebble", "version")),
        ("restic", "github.com/restic/restic", ("restic", "version")),
        ("rclone", "github.com/rclone/rclone", ("rclone", "version")),
        ("pulumi", "github.com/pulumi/pulumi/pkg/v3", ("pulumi", "engine")),
        ("pulumi-language-python", "github.com/pulumi/pulumi/sdk/v3", ("pulumi", "language-host-python")),
    ],
)
def test_each_go_module_pins_the_version_that_versions_toml_names(
    module: str, requirement: str, pin: tuple[str, str]
) -> None:
    text = (TOOLS / module / "go.mod").read_text()
    found = re.search(rf"^\s*(?:require )?{re.escape(requirement)} v(\S+)", text, re.MULTILINE)
    assert found, f"{module}/go.mod does not require {requirement}"
    assert found[1] == VERSIONS.of(*pin), "there is one truth for a version"


def test_a_user_with_little_memory_says_how_the_compiler_collects_its_garbage(
    paths: Paths, store: Store
) -> None:
    compiling = Toolchain(paths, VERSIONS, store, {"GOGC": "50"}).compiling
    assert compiling["GOGC"] == "50", "what the user says holds"
    assert compiling["GOMEMLIMIT"] == "1GiB", "what the user does not say has a default"


def test_every_go_module_compiles_with_the_packaged_go() -> None:
    packaged = tuple(int(part) for part in VERSIONS.of("go", "packaged").split("."))
    for file in sorted(TOOLS.glob("*/go.mod")):
        found = re.search(r"^go (\S+)$", file.read_text(), re.MULTILINE)
        assert found, f"{file} names no language version"
        assert tuple(int(part) for part in found[1].split(".")) <= packaged, f"{file} wants a newer Go"


@pytest.mark.parametrize(
    ("version", "right"),
    [("1.26", True), ("1.26.8", True), ("1.25.9", False), ("1.27.0", False), ("1.26rc1", False), ("", False)],
)
def test_the_machine_s_go_is_used_only_when_it_is_of_the_pinned_series(version: str, right: bool) -> None:
    assert is_right_go(version, "1.26") is right


def test_whatever_changes_the_program_changes_its_key(compiler: Compiler, paths: Paths) -> None:
    folder = paths.repository / "sandbox" / "tools" / "pause"
    keys = [compiler.key(PAUSE)]
    keys.append(compiler.key(Program("pause", "compile pause", "pause", ".", (("main.x", "1"),))))
    (folder / "main.go").write_text((folder / "main.go").read_text() + "\n// changed\n")
    keys.append(compiler.key(PAUSE))
    (folder / "go.mod").write_text((folder / "go.mod").read_text() + "\n// changed\n")
    keys.append(compiler.key(PAUSE))
    assert len(set(keys)) == 4, "flags, sources and pins are all inputs"
    (folder / "main_test.go").write_text("package main\n")
    assert compiler.key(PAUSE) == keys[-1], "a test is not part of the program"


def test_a_program_is_compiled_once_and_ends_when_told(compiler: Compiler, context: StepContext) -> None:
    compiler.compile(context, PAUSE)
    file = compiler.file(PAUSE)
    made = file.stat().st_mtime_ns
    compiler.compile(context, PAUSE)
    assert file.stat().st_mtime_ns == made, "the second run must build nothing"
    with subprocess.Popen([file]) as process:
        process.terminate()
        assert process.wait(10) in (0, -15), "pause holds a pod until it is told to end"


def test_a_program_that_does_not_compile_says_where_the_compiler_s_words_are(
    compiler: Compiler, paths: Paths, context: StepContext
) -> None:
    (paths.repository / "sandbox" / "tools" / "pause" / "main.go").write_text(
        "package main\nfunc main() { x }\n"
    )
    with pytest.raises(SandboxError) as failure:
        compiler.compile(context, PAUSE)
    assert str(context.log) in failure.value.sentence()
    assert "undefined: x" in context.log.read_text()
    assert not compiler.is_there(PAUSE), "nothing half-made stays"


def test_the_plan_names_each_step_once_and_packs_after_it_compiled(paths: Paths) -> None:
    plan = Plan(replace(paths, repository=REPOSITORY), VERSIONS, {})
    steps = {step.title: step for step in plan.steps()}
    assert len(steps) == len(plan.steps())
    for image, program in (("contour", "contour"), ("cert-manager", "cert-manager"), ("pause", "pause")):
        assert plan.program[program].title in steps[f"pack image {image}"].needs
    assert next(iter(steps)) == "fetch Go", "without a compiler nothing can be compiled"
    assert set(plan.missing()) >= steps.keys() - {"fetch Go"}, "in an empty cache everything is missing"


def test_a_command_runs_with_what_it_is_given(context: StepContext, paths: Paths, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(["sh", "-c", "echo $GREETING"], context, paths.owner, environment={"GREETING": "hello"}, output=out)
    assert out.read_text() == "hello\n"
