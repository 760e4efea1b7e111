"""One sandbox and one `dev` stack for all cluster tests of a lane; each test leaves them as it found them."""

import fcntl
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cluster.attacker import Attacker
from tests.cluster.framework import Kubectl, Sandbox, StackUnderTest, copy_of_the_program
from tests.cluster.network import network_of_its_own
from tests.cluster.node import Node
from tests.cluster.school import School


@contextmanager
def one_at_a_time(temporary: Path) -> Iterator[None]:
    """Let the other lane finish first: two sandboxes that start prepare one cache.

    `temporary` is this lane's folder, which is in one of all lanes where there are several.
    """
    folder = temporary.parent if "PYTEST_XDIST_WORKER" in os.environ else temporary
    with (folder / "starting").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A sandbox of the tests' own, up."""
    started = Sandbox(tmp_path_factory.mktemp("sandbox"))
    with network_of_its_own():
        before = started.traces()
        try:
            with one_at_a_time(tmp_path_factory.getbasetemp()):
                started.do("up")
            yield started
        finally:
            started.do("down")
        assert started.traces() == before, "what a deployed product made on the machine goes with the sandbox"


@pytest.fixture(scope="session")
def environment(sandbox: Sandbox) -> dict[str, str]:
    """The variables in which kubectl and pulumi meet the sandbox."""
    return sandbox.environment()


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory, sandbox: Sandbox) -> Path:
    """A copy of the program whose stack files a test may edit."""
    return copy_of_the_program(tmp_path_factory.mktemp("project"), sandbox.links)


@pytest.fixture(scope="session")
def deployed(project: Path, environment: dict[str, str]) -> StackUnderTest:
    """The `dev` stack, up."""
    stack = StackUnderTest(project, "dev", environment)
    stack.up()
    return stack


@pytest.fixture
def dev(deployed: StackUnderTest) -> Iterator[StackUnderTest]:
    """The `dev` stack, up; after the test its file is as before and the cluster agrees with it."""
    with deployed.as_before():
        yield deployed


@pytest.fixture(scope="session")
def kubectl(environment: dict[str, str]) -> Kubectl:
    """The cluster by hand."""
    return Kubectl(environment)


@pytest.fixture(scope="module")
def attacker(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attacker]:
    """A tenant who has gone astray."""
    with Attacker(environment, tmp_path_factory.mktemp("attacker")) as tenant:
        yield tenant


@pytest.fixture(scope="session")
def node(environment: dict[str, str]) -> Node:
    """The node's own processes."""
    return Node(environment)


@pytest.fixture(scope="session")
def school(deployed: StackUnderTest, kubectl: Kubectl) -> School:
    """The campuses of the `dev` stack, up."""
    return School(deployed, kubectl)


@pytest.fixture
def tell(capfd: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Shows a measured number to whoever runs the tests."""

    def show(words: str) -> None:
        with capfd.disabled():
            # The standard output of a lane is how it speaks to pytest.
            sys.stderr.write(f"\n    {words}\n")

    return show
