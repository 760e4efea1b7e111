"""Image archives: one tar that is both an OCI image layout and a `docker save` archive.

containerd's `ctr images import` reads the first, everything else the second; both point at the same blobs.
Formats: https://github.com/opencontainers/image-spec/blob/main/image-layout.md and
https://github.com/moby/docker-image-spec
"""

import hashlib
import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from campus_sandbox.build.layers import Blob

_EPOCH = "1970-01-01T00:00:00Z"
_PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_CONFIG = "application/vnd.oci.image.config.v1+json"
_INDEX = "application/vnd.oci.image.index.v1+json"
_LAYER = "application/vnd.oci.image.layer.v1.tar"


@dataclass(frozen=True)
class Image:
    """How an image runs; several of one archive share its layers.

    Attributes:
        name: full reference with tag.
        entrypoint: program and first arguments.
        command: further arguments a pod may replace.
        user: `uid:gid`; empty for root.
        environment: variables on top of PATH.
        folder: working folder.
        ports: TCP ports it serves.
    """

    name: str
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    user: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    folder: str = "/"
    ports: tuple[int, ...] = ()


def write_archive(images: Sequence[Image], layers: Sequence[Blob], file: Path) -> None:
    """Write the archive of these images, all made of the same layers, lowest first."""
    blobs: dict[str, bytes] = {}
    index, saved = [], []
    for image in images:
        config = _config(image, layers)
        manifest = _json(
            {
                "schemaVersion": 2,
                "mediaType": _MANIFEST,
                "config": _descriptor(_CONFIG, config),
                "layers": [
                    {"mediaType": _LAYER, "digest": f"sha256:{layer.sha256}", "size": layer.size}
                    for layer in layers
                ],
            }
        )
        blobs |= {_sha256(config): config, _sha256(manifest): manifest}
        index.append(
            _descriptor(_MANIFEST, manifest)
            | {
                "platform": {"architecture": "amd64", "os": "linux"},
                "annotations": {
                    "io.containerd.image.name": image.name,
                    "org.opencontainers.image.ref.name": image.name.rpartition(":")[2],
                },
            }
        )
        saved.append(
            {
                "Config": _place(_sha256(config)),
                "RepoTags": [image.name],
                "Layers": [_place(layer.sha256) for layer in layers],
            }
        )
    with tarfile.open(file, "w", format=tarfile.PAX_FORMAT) as tar:
        _put(tar, "oci-layout", _json({"imageLayoutVersion": "1.0.0"}))
        _put(tar, "index.json", _json({"schemaVersion": 2, "mediaType": _INDEX, "manifests": index}))
        _put(tar, "manifest.json", _json(saved))
        for digest in sorted(blobs):
            _put(tar, _place(digest), blobs[digest])
        for digest, layer in {layer.sha256: layer for layer in layers}.items():
            _put(tar, _place(digest), layer.file)


def _config(image: Image, layers: Sequence[Blob]) -> bytes:
    run: dict[str, Any] = {
        "Env": [_PATH, *(f"{name}={value}" for name, value in sorted(image.environment.items()))],
        "WorkingDir": image.folder,
        "Entrypoint": list(image.entrypoint),
        "Cmd": list(image.command),
        "User": image.user,
        "ExposedPorts": {f"{port}/tcp": {} for port in image.ports},
    }
    return _json(
        {
            "architecture": "amd64",
            "os": "linux",
            "created": _EPOCH,
            "config": {name: value for name, value in run.items() if value},
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{layer.sha256}" for layer in layers]},
            "history": [{"created": _EPOCH, "created_by": "campus-sandbox"} for _ in layers],
        }
    )


def _json(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _descriptor(media_type: str, content: bytes) -> dict[str, Any]:
    return {"mediaType": media_type, "digest": f"sha256:{_sha256(content)}", "size": len(content)}


def _place(digest: str) -> str:
    return f"blobs/sha256/{digest}"


def _put(tar: tarfile.TarFile, name: str, content: bytes | Path) -> None:
    member = tarfile.TarInfo(name)
    member.mode = 0o644
    if isinstance(content, Path):
        member.size = content.stat().st_size
        with content.open("rb") as source:
            tar.addfile(member, source)
    else:
        member.size = len(content)
        tar.addfile(member, io.BytesIO(content))
