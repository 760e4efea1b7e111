"""Contour's definitions come from the pinned release, from wherever they are taken."""

import hashlib
from pathlib import Path

import pytest
from campus_voice.contour_gateway import crds
from campus_voice.shared import versions
from campus_voice.shared.errors import InvalidSettingsError

from tests.unit.components import upstream

PINNED = b"kind: CustomResourceDefinition\n"


@pytest.fixture
def pin(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pins = {
        "contour": {"version": "1.2.3"},
        "contour-crds": {
            "url": "https://release.invalid/contour/v{version}/01-crds.yaml",
            "sha256": hashlib.sha256(PINNED).hexdigest(),
        },
    }
    monkeypatch.setattr(versions, "pinned", lambda: pins)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def test_the_sandboxs_folder_holds_the_pinned_release() -> None:
    found = hashlib.sha256(upstream.contour_definitions()).hexdigest()
    assert found == versions.pinned()["contour-crds"]["sha256"], "both are Contour's release of versions.toml"


@pytest.mark.usefixtures("pin")
def test_a_folder_without_the_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidSettingsError) as refusal:
        crds.source(str(tmp_path))
    assert str(refusal.value.problems[0]) == (
        f"manifests is '{tmp_path}/contour/01-crds.yaml': the file has to be readable (No such file or directory), "
        "because every route is an object of a kind that is defined there. Put contour/01-crds.yaml of Contour's "
        "release into the folder, or leave manifests out to fetch it."
    )


@pytest.mark.usefixtures("pin")
def test_a_file_of_another_release_is_refused(tmp_path: Path) -> None:
    (tmp_path / "contour").mkdir()
    (tmp_path / "contour" / "01-crds.yaml").write_bytes(b"kind: Something\n")
    with pytest.raises(
        InvalidSettingsError, match=r"its sha256 has to be \w{64}, and is \w{64}.*Contour 1\.2\.3"
    ):
        crds.source(str(tmp_path))


@pytest.mark.usefixtures("pin")
def test_an_unreachable_release_ends_with_the_way_round_it() -> None:
    with pytest.raises(InvalidSettingsError, match=r"has to be reachable .*name the folder in manifests"):
        crds.source(None)


@pytest.mark.usefixtures("pin")
def test_a_release_that_was_fetched_is_not_fetched_again(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def fetch(url: str, sha256: str) -> bytes:
        asked.append((url, sha256))
        return PINNED

    monkeypatch.setattr(crds, "_fetch", fetch)
    assert (crds.source(None), crds.source(None)) == (PINNED, PINNED)
    assert [url for url, _ in asked] == ["https://release.invalid/contour/v1.2.3/01-crds.yaml"], (
        "a cluster without a way out is updated from the cache"
    )
