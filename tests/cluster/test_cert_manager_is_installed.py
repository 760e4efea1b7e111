"""A cluster without cert-manager gets it from the gateway, or a sentence that says what is missing."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import yaml

from tests.cluster.framework import Kubectl, Sandbox, StackUnderTest, copy_of_the_program
from tests.cluster.network import network_of_its_own

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A second sandbox, without cert-manager."""
    started = Sandbox(tmp_path_factory.mktemp("bare"))
    with network_of_its_own():
        try:
            started.do("up", "--without", "cert-manager")
            yield started
        finally:
            started.do("down")


@pytest.fixture(scope="module")
def environment(bare: Sandbox) -> Mapping[str, str]:
    """The variables in which kubectl and pulumi meet the bare sandbox."""
    return bare.environment()


@pytest.fixture(scope="module")
def stack(
    bare: Sandbox, environment: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory
) -> StackUnderTest:
    """A gateway for one campus that brings its own backend: nothing speaks here."""
    project = copy_of_the_program(tmp_path_factory.mktemp("project"), bare.links)
    made = StackUnderTest(project, "dev", environment)
    _edit(made, campuses=[{"id": "west", "ownStack": True}])
    return made


def _edit(stack: StackUnderTest, **settings: object) -> None:
    content = yaml.safe_load(stack.file.read_text())
    content["config"].update({f"campus-voice:{key}": value for key, value in settings.items()})
    stack.file.write_text(yaml.safe_dump(content, sort_keys=False))


@pytest.mark.parametrize("command", [["preview"], ["up", "--yes", "--skip-preview"]], ids=["preview", "up"])
def test_a_gateway_that_expects_cert_manager_says_that_it_is_missing(
    stack: StackUnderTest, environment: Mapping[str, str], command: list[str]
) -> None:
    refused = stack.pulumi(*command)
    words = refused.stdout + refused.stderr
    assert refused.returncode != 0, f"without cert-manager no gateway comes up:\n{words}"
    told = "(gateway-needs-cert-manager-on-the-cluster-or-cert_manager-install)"
    assert told in words, f"what is missing, and both ways out:\n{words}"
    assert "'certificaterequests.cert-manager.io' does not exist" in words, (
        f"and what was looked for:\n{words}"
    )
    assert "Traceback" not in words, f"in a sentence:\n{words}"
    namespaces = Kubectl(environment)("get", "namespaces", "-o", "name")
    assert "projectcontour" not in namespaces, "before anything of the gateway is made"


def test_the_gateway_brings_cert_manager_and_certificates(
    stack: StackUnderTest, environment: Mapping[str, str]
) -> None:
    _edit(stack, certManager="install")
    stack.up()
    kubectl = Kubectl(environment)
    assert _ready(kubectl.live("campus-routes", "certificate", "west-tls")), (
        "a campus's certificate is issued"
    )
    again = stack.pulumi("up", "--yes", "--skip-preview", "--refresh", "--expect-no-changes")
    assert again.returncode == 0, (
        f"what is installed stays as it is, live objects and all:\n{again.stdout}{again.stderr}"
    )


def _ready(certificate: Mapping[str, Any]) -> bool:
    return any(
        one["type"] == "Ready" and one["status"] == "True" for one in certificate["status"]["conditions"]
    )
