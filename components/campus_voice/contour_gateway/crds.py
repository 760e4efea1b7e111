"""Contour's CustomResourceDefinitions, taken from the pinned release."""

import hashlib
import os
import urllib.error
import urllib.request
from pathlib import Path

import yaml

from campus_voice.shared import errors, labels, versions
from campus_voice.shared.errors import Problem
from campus_voice.shared.manifests import Objects, yaml_loader

FILE = Path("contour", "01-crds.yaml")
"""Where the definitions are inside the folder of the argument `manifests`."""

_LEFT_OUT = frozenset({"contourdeployments.projectcontour.io"})
_FETCH_SECONDS = 30


def objects(source: bytes) -> Objects:
    """Split the release's file into one object per definition, by the plural of its kind.

    `contourdeployments`, which only Contour's Gateway provisioner reads, is left out: at 250 kB it is
    larger than all others together. So is `preserveUnknownFields: false`, which the API server does not
    store.
    """
    made: Objects = {}
    for document in yaml.load_all(source, Loader=yaml_loader()):
        if document is None or document["metadata"]["name"] in _LEFT_OUT:
            continue
        spec = {key: value for key, value in document["spec"].items() if key != "preserveUnknownFields"}
        made[f"crd-{spec['names']['plural']}"] = {
            "apiVersion": document["apiVersion"],
            "kind": document["kind"],
            "metadata": {
                "annotations": document["metadata"]["annotations"],
                "labels": labels.common("contour", "gateway"),
                "name": document["metadata"]["name"],
            },
            "spec": spec,
        }
    return made


def source(folder: str | None) -> bytes:
    """Read the release's file from `folder`, or fetch it when there is none, and check its sha256.

    What was fetched is kept in the user's cache folder.

    Raises:
        InvalidSettingsError: the file is not there, cannot be fetched or is not the pinned one.
    """
    pin = versions.pinned()["contour-crds"]
    if folder is not None:
        return _read(Path(folder) / FILE, pin["sha256"])
    cached = _cache() / f"{pin['sha256']}.yaml"
    if not cached.exists():
        url = pin["url"].format(version=versions.pinned()["contour"]["version"])
        _keep(cached, _fetch(url, pin["sha256"]))
    return _read(cached, pin["sha256"])


def _read(path: Path, sha256: str) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise _refusal(
            str(path),
            f"the file has to be readable ({error.strerror})",
            f"Put {FILE} of Contour's release into the folder, or leave manifests out to fetch it.",
        ) from error
    return _verified(str(path), content, sha256)


def _fetch(url: str, sha256: str) -> bytes:
    location = url.removeprefix("https://")
    try:
        with urllib.request.urlopen(f"https://{location}", timeout=_FETCH_SECONDS) as response:
            content: bytes = response.read()
    except (urllib.error.URLError, TimeoutError) as error:
        raise _refusal(
            url,
            f"the file has to be reachable ({error})",
            f"Put the file into a folder as {FILE} and name the folder in manifests.",
        ) from error
    return _verified(url, content, sha256)


def _verified(where: str, content: bytes, sha256: str) -> bytes:
    found = hashlib.sha256(content).hexdigest()
    if found == sha256:
        return content
    raise _refusal(
        where,
        f"its sha256 has to be {sha256}, and is {found}",
        f"Take {FILE.name} of Contour {versions.pinned()['contour']['version']}.",
    )


def _refusal(where: str, rule: str, way_out: str) -> errors.InvalidSettingsError:
    why = "every route is an object of a kind that is defined there"
    return errors.InvalidSettingsError("ContourGateway", [Problem("manifests", where, rule, why, way_out)])


def _keep(path: Path, content: bytes) -> None:
    """Write the file so that an interrupted write leaves nothing half-made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(f".{os.getpid()}")
    unfinished.write_bytes(content)
    unfinished.replace(path)


def _cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "campus-voice" / "fetched"
