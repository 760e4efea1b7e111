"""One sandbox for all tests of the node, started before the first that needs it and ended after the last."""

from collections.abc import Iterator

import pytest

from . import machine
from .machine import Machine
from .sandbox import Sandbox


@pytest.fixture(scope="package")
def own_network() -> Iterator[None]:
    """The tests' own view of the machine's network, so that the developer's sandbox can go on running."""
    with machine.network_of_its_own():
        yield


@pytest.fixture(scope="package")
def stopped(own_network: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A sandbox that was never started; whatever a test leaves of it is removed in the end."""
    sandbox = Sandbox(tmp_path_factory.mktemp("state"))
    missing = [
        name for name in ("kube", "etcd", "netpol", "sandbox-node") if not (sandbox.paths.bin / name).exists()
    ]
    assert not missing, f"{', '.join(missing)} not in {sandbox.paths.bin}: run `campus-sandbox build` first"
    yield sandbox
    sandbox.do("down")


@pytest.fixture(scope="package")
def before(stopped: Sandbox) -> Machine:
    """The machine before the sandbox was started."""
    return Machine.seen(stopped.paths.rootfs.resolve())


@pytest.fixture(scope="package")
def first_up(stopped: Sandbox, before: Machine) -> str:
    """What the first `up` says to the user."""
    return stopped.do("up")


@pytest.fixture(scope="package")
def sandbox(stopped: Sandbox, first_up: str) -> Sandbox:
    """The running sandbox."""
    return stopped
