"""Fetching the model: only what is pinned is ever used."""

from pathlib import Path

import pytest

import fetch_assets


def test_a_complete_folder_is_left_alone_and_a_changed_file_is_not_trusted(kokoro: Path, tmp_path: Path) -> None:
    fetch_assets.fetch(kokoro, uv="/no/such/uv")

    (tmp_path / "voices").mkdir()
    for file in kokoro.rglob("*.*"):
        (tmp_path / file.relative_to(kokoro)).symlink_to(file)
    (tmp_path / "voices" / "af_heart.bin").unlink()
    (tmp_path / "voices" / "af_heart.bin").write_bytes(b"another voice")
    with pytest.raises(fetch_assets.AssetError) as refused:
        fetch_assets.fetch(tmp_path, uv="/no/such/uv")

    assert str(refused.value) == ("/no/such/uv is not installed, and it is what downloads packages: install it or name it with --uv"), (
        "it is fetched anew, and without uv the way out is told"
    )
