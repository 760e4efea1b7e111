"""Fetching the model: only what is pinned is ever used."""

from pathlib import Path

import pytest

import fetch_assets
from cosyvoice_server.engines.base import SpeechError
from cosyvoice_server.engines.kokoro import KokoroEngine


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


@pytest.mark.parametrize("rest", [b"", b"half of a model"], ids=["empty", "cut off"])
def test_a_server_on_a_damaged_model_says_which_file_it_is(kokoro: Path, tmp_path: Path, rest: bytes) -> None:
    (tmp_path / "voices").symlink_to(kokoro / "voices")
    for name in ("vocab.json", "SHA256SUMS"):
        (tmp_path / name).symlink_to(kokoro / name)
    (tmp_path / "model.onnx").write_bytes(rest)

    with pytest.raises(SpeechError, match=r"is not complete: model\.onnx has SHA-256 .*\. Fetch it again"):
        KokoroEngine(tmp_path).load()
