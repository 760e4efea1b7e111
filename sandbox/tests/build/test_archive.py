"""Images are packed byte-identical, and say what they are."""

import hashlib
import json
import os
import tarfile
from pathlib import Path
from typing import Any

from campus_sandbox.build.archive import Image, write_archive
from campus_sandbox.build.layers import Layer, pack

CONTROLLER = Image("quay.io/x/controller:v1", ("/app", "controller"), user="1000:1000", ports=(9402,))
WEBHOOK = Image("quay.io/x/webhook:v1", ("/app", "webhook"), environment={"B": "2", "A": "1"})


def root(folder: Path, order: list[str], time: int) -> Path:
    for name in order:
        file = folder / "etc" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(name)
        os.utime(file, (time, time))
    (folder / "bin").symlink_to("usr/bin")
    return folder


def archive(root: Path, file: Path) -> Path:
    layer = Layer().tree(root).folder("outputs", 0o750, (10001, 10001)).text("etc/passwd", "root\n")
    write_archive([CONTROLLER, WEBHOOK], [pack(layer, file.with_suffix(".layer"))], file)
    return file


def member(file: Path, name: str) -> Any:
    with tarfile.open(file) as tar:
        content = tar.extractfile(name)
        assert content is not None
        return json.load(content)


def test_equal_content_gives_equal_bytes_whatever_its_times_and_order(tmp_path: Path) -> None:
    first = archive(root(tmp_path / "a", ["x", "y"], 1), tmp_path / "a.tar")
    second = archive(root(tmp_path / "b", ["y", "x"], 99), tmp_path / "b.tar")
    assert first.read_bytes() == second.read_bytes(), "an image is imported again only when it really changed"


def test_every_blob_is_what_its_digest_says(tmp_path: Path) -> None:
    file = archive(root(tmp_path / "a", ["x"], 1), tmp_path / "a.tar")
    with tarfile.open(file) as tar:
        blobs = [entry for entry in tar.getmembers() if entry.name.startswith("blobs/sha256/")]
        for entry in blobs:
            content = tar.extractfile(entry)
            assert content is not None
            assert hashlib.sha256(content.read()).hexdigest() == Path(entry.name).name
    assert len(blobs) == 5, "two images: two manifests, two configurations and one layer that they share"


def test_both_ways_to_read_the_archive_name_the_same_images(tmp_path: Path) -> None:
    file = archive(root(tmp_path / "a", ["x"], 1), tmp_path / "a.tar")
    index = member(file, "index.json")["manifests"]
    names = [entry["annotations"]["io.containerd.image.name"] for entry in index]
    saved = member(file, "manifest.json")
    assert names == ["quay.io/x/controller:v1", "quay.io/x/webhook:v1"]
    assert [entry["RepoTags"] for entry in saved] == [[name] for name in names]
    configs = [member(file, entry["Config"])["config"] for entry in saved]
    assert configs[0]["Entrypoint"] == ["/app", "controller"]
    assert configs[0]["User"] == "1000:1000"
    assert list(configs[0]["ExposedPorts"]) == ["9402/tcp"]
    assert configs[1]["Env"][1:] == ["A=1", "B=2"]
    assert "User" not in configs[1], "what is not said is left to the runtime"


def test_a_layer_belongs_to_root_but_for_what_is_given_away(tmp_path: Path) -> None:
    layer = (
        Layer().tree(root(tmp_path / "a", ["x"], 1)).folder("root/CosyVoice/outputs", 0o750, (10001, 10001))
    )
    with tarfile.open(pack(layer, tmp_path / "layer.tar").file) as tar:
        owners = {entry.name: (entry.uid, entry.gid, entry.mode, entry.mtime) for entry in tar.getmembers()}
    assert owners["etc/x"][:2] == (0, 0)
    assert owners["root/CosyVoice/outputs"] == (10001, 10001, 0o750, 0)
    assert owners["root"] == (0, 0, 0o755, 0), "the server's user must get through to its outputs"


def test_what_is_left_out_of_a_tree_is_left_out_whole(tmp_path: Path) -> None:
    layer = Layer().tree(root(tmp_path / "a", ["x", "y"], 1), "opt", lambda path: path == "opt/etc")
    assert list(layer.entries) == ["opt", "opt/bin"]
