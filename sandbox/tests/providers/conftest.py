"""A control plane of its own, and the stand-ins driven through the plugin protocol or by the real engine."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from campus_sandbox.paths import Paths

from .control_plane import ControlPlane
from .driver import Provider
from .engine import Engine


@pytest.fixture(scope="session")
def programs() -> Path:
    """The folder of the sandbox's built programs."""
    folder = Path(os.environ.get("CAMPUS_VOICE_TEST_BIN") or Paths.from_environment().bin)
    missing = [
        name for name in ("etcd", "kube", "pulumi", "pulumi-language-python") if not (folder / name).exists()
    ]
    assert not missing, f"{', '.join(missing)} missing in {folder}: run `campus-sandbox build` first"
    return folder


@pytest.fixture(scope="session")
def cluster(programs: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """etcd, the API server and the controllers, on random ports of the loopback interface."""
    with ControlPlane(programs, tmp_path_factory.mktemp("control-plane")) as running:
        yield running


@pytest.fixture
def namespace(cluster: ControlPlane, request: pytest.FixtureRequest) -> str:
    """A namespace of the test's own."""
    return cluster.make_namespace()


@pytest.fixture(scope="session")
def provider(cluster: ControlPlane) -> Iterator[Provider]:
    """The Kubernetes stand-in as the engine starts it, connected to the cluster."""
    with Provider.started(kubeconfig=str(cluster.kubeconfig)) as running:
        yield running


@pytest.fixture
def engine(programs: Path, cluster: ControlPlane, tmp_path: Path) -> Iterator[Engine]:
    """The real Pulumi engine with the stand-ins as its plugins and a project of its own."""
    made = Engine(programs, cluster.kubeconfig, tmp_path)
    yield made
    made.clear()
