"""Rules of the house that no linter checks."""

import ast
import re
import subprocess
import tomllib
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
MODULE_LINES, TEST_LINES = 300, 500


def tracked(pattern: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", pattern],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    return [ROOT / name for name in listed if (ROOT / name).is_file()]


def is_test(path: Path) -> bool:
    return "tests" in path.relative_to(ROOT).parts


def test_no_module_outgrows_one_reading() -> None:
    too_long = {
        str(path.relative_to(ROOT)): lines
        for path in tracked("*.py")
        if (lines := len(path.read_text().splitlines())) > (TEST_LINES if is_test(path) else MODULE_LINES)
    }
    assert not too_long, (
        f"a module has one idea and under {MODULE_LINES} lines (tests {TEST_LINES}): split {too_long}"
    )


def test_every_test_is_in_a_file_that_pytest_collects() -> None:
    lost = [
        path.name
        for path in tracked("*.py")
        if re.search(r"^(async )?def test_", path.read_text(), re.MULTILINE)
        and not path.name.startswith("test_")
    ]
    assert not lost, f"pytest collects test_*.py only; rename {lost}"


def _documents_an_attribute(before: ast.stmt) -> bool:
    return isinstance(before, ast.AnnAssign | ast.Assign)


def test_no_sentence_is_left_standing_without_effect() -> None:
    stray = []
    for path in tracked("*.py"):
        for function in ast.walk(ast.parse(path.read_text())):
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                stray += [
                    f"{path.relative_to(ROOT)}:{statement.lineno}"
                    for before, statement in pairwise(function.body)
                    if isinstance(statement, ast.Expr)
                    and isinstance(statement.value, ast.Constant)
                    and isinstance(statement.value.value, str)
                    and not _documents_an_attribute(before)
                ]
    assert not stray, f"a bare string after the docstring is half a message lost: {stray}"


@pytest.mark.parametrize("name", ["args.py", "component.py"])
def test_component_signatures_keep_real_annotations(name: str) -> None:
    postponed = [
        str(path.relative_to(ROOT))
        for path in tracked(f"components/**/{name}")
        if "from __future__ import annotations" in path.read_text()
    ]
    assert not postponed, f"Pulumi's schema analyzer cannot read postponed annotations: {postponed}"


def test_the_readme_names_every_make_target() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = re.search(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)
    assert targets, "the Makefile lists its targets in .PHONY"
    readme = (ROOT / "README.md").read_text()
    internal = {"environments", "sandbox", "stack-file", "own-pulumi"}
    missing = [name for name in targets[1].split() if name not in internal and f"`make {name}" not in readme]
    assert not missing, f"the README's table of make targets lacks {missing}"


def test_no_registry_host_is_named() -> None:
    hosts = re.compile(
        "proxy[.]golang|sum[.]golang|pypi[.]org|pythonhosted|registry[.]npmjs|deb[.]debian[.]org"
    )
    named = [
        str(path.relative_to(ROOT))
        for path in tracked("*")
        if path.name not in {"uv.lock", "go.sum", Path(__file__).name}
        and path.suffix not in {".wav", ".png"}
        and hosts.search(path.read_text(errors="replace"))
    ]
    assert not named, f"packages are named, not where they are served from: {named}"


def test_the_dev_stack_runs_the_envoy_that_the_sandbox_packs() -> None:
    pinned = tomllib.loads((ROOT / "versions.toml").read_text())["envoy"]["sandbox"]
    images = yaml.safe_load((ROOT / "Pulumi.dev.yaml").read_text())["config"]["campus-voice:gatewayImages"]
    assert images["envoy"].endswith(f":distroless-v{pinned}"), (
        f"Pulumi.dev.yaml names {images['envoy']}, the sandbox packs {pinned}: write the version of versions.toml"
    )


def test_the_speech_images_carry_the_products_version() -> None:
    version = tomllib.loads((ROOT / "versions.toml").read_text())["product"]["version"]
    repository = "ghcr.io/campus-voice/cosyvoice"
    built = re.findall(rf"-t {repository}:(\S+)", (ROOT / "images/cosyvoice/Containerfile").read_text())
    assert built == [f"{version}-cpu", f"{version}-cuda"], f"the Containerfile says how to build {built}"
    deployed = yaml.safe_load((ROOT / "Pulumi.prod.yaml").read_text())["config"]["campus-voice:image"]
    assert deployed == f"{repository}:{version}-cuda", (
        f"Pulumi.prod.yaml runs {deployed}: write the tag that the Containerfile builds"
    )


def test_every_link_of_a_document_leads_somewhere() -> None:
    dead = [
        f"{path.relative_to(ROOT)}: {target}"
        for path in tracked("*.md")
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", path.read_text())
        if "://" not in target and not (path.parent / target).exists()
    ]
    assert not dead, f"a reader follows these into nothing: {dead}"
