"""Whoever changes a program of an image and runs `up` again sees the change."""

import json
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from campus_sandbox.build.archive import Image, write_archive
from campus_sandbox.build.layers import Blob
from campus_sandbox.node.api import Api
from campus_sandbox.node.images import import_images
from campus_sandbox.node.layout import Layout
from campus_sandbox.node.node import Node
from campus_sandbox.node.outdated import image_ids, outdated_pods, restart_outdated
from campus_sandbox.node.root import Root
from campus_sandbox.versions import Versions

from .sandbox import Sandbox

NAME = "localhost/test-of-a-changed-image:1"


def packed(sandbox: Sandbox, folder: Path, edition: str) -> Path:
    """An image with a shell that knows its edition; every edition has the same name."""
    with tarfile.open(sandbox.paths.images_dir / "busybox.tar") as tar:
        manifest = tar.extractfile("manifest.json")
        assert manifest is not None, "an archive of images has a manifest"
        (busybox,) = json.load(manifest)
        (layer,) = busybox["Layers"]
        tar.extract(layer, folder, filter="data")
    file = folder / layer
    archive = folder / f"{edition}.tar"
    image = Image(NAME, ("/bin/sh",), environment={"EDITION": edition})
    write_archive([image], [Blob(file.name, file.stat().st_size, file)], archive)
    return archive


def server() -> Mapping[str, Any]:
    """A Deployment of it."""
    container = {"name": "main", "image": NAME, "command": ["sh", "-c", "exec sleep 3600"]}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "changing"},
        "spec": {
            "selector": {"matchLabels": {"app": "changing"}},
            "template": {
                "metadata": {"labels": {"app": "changing"}},
                "spec": {"terminationGracePeriodSeconds": 0, "containers": [container]},
            },
        },
    }


def test_a_pod_runs_the_image_that_was_packed_last(sandbox: Sandbox, tmp_path: Path) -> None:
    paths = sandbox.paths
    node, layout = Node(paths, Versions.read(paths.repository), Root(paths)), Layout(paths)
    api, first, second = Api(paths.kubeconfig), packed(sandbox, tmp_path, "1"), packed(sandbox, tmp_path, "2")
    import_images(node, layout, [first])
    sandbox.apply(server())
    ready = ("wait", "--for=condition=Available", "--timeout=120s", "deployment/changing")
    assert sandbox.kubectl(*ready).returncode == 0, sandbox.kubectl("describe", "pods").stdout
    assert not outdated_pods(api, image_ids([first])), "a pod that runs the packed image is left alone"

    import_images(node, layout, [second])
    restart_outdated(api, image_ids([second]))
    edition = sandbox.kubectl("exec", "deployment/changing", "--", "sh", "-c", "echo $EDITION").stdout
    assert edition == "2\n", "the same name means the image that was packed last"
    assert sandbox.kubectl("delete", "deployment/changing").returncode == 0
