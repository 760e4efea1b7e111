"""The machine's own Pulumi is used only when it can do the work."""

from dataclasses import replace
from pathlib import Path

import pytest

from campus_sandbox.build.engine import Engine
from campus_sandbox.build.plan import Plan
from campus_sandbox.build.programs import Compiler, programs
from campus_sandbox.build.store import Store
from campus_sandbox.build.toolchain import Toolchain
from campus_sandbox.paths import REPOSITORY, Paths
from campus_sandbox.versions import Versions

VERSIONS = Versions.read(REPOSITORY)
WITH_PLUGIN = '[{"name": "kubernetes", "kind": "resource", "version": "4.34.2"}]'


@pytest.mark.parametrize(
    ("version", "plugins", "used"),
    [
        ("v3.205.0", WITH_PLUGIN, True),
        ("v3.205.0", "[]", False),
        ("v3.150.0", WITH_PLUGIN, False),
        ("v3.205.0", "not a list", False),
    ],
)
def test_a_pulumi_without_the_official_plugin_or_too_old_is_left_alone(
    version: str,
    plugins: str,
    used: bool,
    paths: Paths,
    store: Store,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("pulumi", "pulumi-language-python", "pulumi-language-python-exec"):
        file = tmp_path / "bin" / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"#!/bin/sh\ncase $1 in version) echo {version};; *) echo '{plugins}';; esac\n")
        file.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=":")
    compiler = Compiler(paths, store, Toolchain(paths, VERSIONS, store, {}))
    engine = Engine(paths.owner, VERSIONS, store, compiler, programs(VERSIONS)[0])
    assert (engine.machine is not None) is used


def test_a_stack_is_rendered_without_anything_of_a_cluster(
    tmp_path: Path, paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    steps = Plan(replace(paths, repository=REPOSITORY), VERSIONS, {}).engine_steps()
    titles = [step.title for step in steps]
    assert [title for title in titles if title.startswith("compile")] == [
        f"compile the Pulumi engine {VERSIONS.of('pulumi', 'engine')}",
        f"compile Pulumi's Python host {VERSIONS.of('pulumi', 'language-host-python')}",
        "compile the chart renderer",
    ], "no Kubernetes, no Contour, no image"
    for step in steps:
        assert set(step.needs) <= set(titles), f"{step.title} must find what it needs: {step.needs}"
