"""One sandbox and one `dev` stack for all cluster tests; each test leaves them as it found them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.framework import (
    Kubectl,
    StackUnderTest,
    copy_of_the_program,
    run,
    sandbox_command,
    sandbox_environment,
)


@pytest.fixture(scope="session")
def environment() -> Iterator[dict[str, str]]:
    """The running sandbox's environment; a sandbox that is started here is taken down at the end."""
    found_running = run(sandbox_command(), "status", environment={}).returncode == 0
    started = run(sandbox_command(), "up", environment={})
    assert started.returncode == 0, f"the sandbox must start:\n{started.stdout}\n{started.stderr}"
    variables = sandbox_environment()
    with pytest.MonkeyPatch.context() as patch:
        # The engine's own Python interface finds `pulumi` by the PATH of this process only.
        patch.setenv("PATH", variables["PATH"])
        yield variables
    if not found_running:
        stopped = run(sandbox_command(), "down", environment={})
        assert stopped.returncode == 0, f"the sandbox must go down:\n{stopped.stdout}\n{stopped.stderr}"


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the program whose stack files a test may edit."""
    return copy_of_the_program(tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="session")
def deployed(project: Path, environment: dict[str, str]) -> StackUnderTest:
    """The `dev` stack, up."""
    stack = StackUnderTest(project, "dev", environment)
    stack.up()
    return stack


@pytest.fixture
def dev(deployed: StackUnderTest) -> Iterator[StackUnderTest]:
    """The `dev` stack, up; after the test its file is as before and the cluster agrees with it."""
    before = deployed.file.read_text()
    yield deployed
    deployed.file.write_text(before)
    deployed.refresh()
    deployed.up()


@pytest.fixture(scope="session")
def kubectl(environment: dict[str, str]) -> Kubectl:
    """The cluster by hand."""
    return Kubectl(environment)
