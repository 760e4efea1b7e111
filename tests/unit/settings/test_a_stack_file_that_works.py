"""What a stack's file means when nothing is wrong with it."""

import re
from pathlib import Path
from textwrap import dedent

import pytest

from settings import CampusStackSettings, PlatformCampusSettings, PlatformSettings
from tests.unit.settings.stack_file import Folder

SMALLEST = """
domain: voice.example.org
gpus: 0
storage: 20Gi
"""


def platform(folder: Folder, text: str, stack: str = "dev") -> PlatformSettings:
    settings = folder.load(text, stack).settings
    assert isinstance(settings, PlatformSettings), "a file without platform: describes a platform"
    return settings


def test_domain_gpus_and_storage_are_enough_for_dev(folder: Folder) -> None:
    settings = platform(folder, SMALLEST)
    assert (settings.domain, settings.gpus, settings.storage) == ("voice.example.org", 0, "20Gi")
    assert settings.campuses == (PlatformCampusSettings(id="voice"),), "without campuses there is one, voice"
    assert settings.longest_request_seconds == 600, "600 seconds is the documented default"


def test_the_smallest_file_of_the_readme_works_in_any_stack(folder: Folder) -> None:
    readme = (Path(__file__).parents[3] / "README.md").read_text()
    smallest = re.search(r"```yaml\nconfig:\n(.*?)```", readme, re.DOTALL)
    assert smallest, "the README shows a whole file"
    settings = platform(folder, dedent(smallest[1]), "prod")
    assert [campus.id for campus in settings.campuses] == ["north"], "people paste it as it is"


def test_a_file_that_names_a_platform_is_a_campus_stack(folder: Folder) -> None:
    settings = folder.load(
        """
        platform: organization/campus-voice/prod
        campus: {id: west, name: West Campus}
        gpus: 0
        storage: 20Gi
        """,
        "campus-west",
    ).settings
    assert isinstance(settings, CampusStackSettings), "platform: makes it a campus stack"
    assert (settings.campus.id, settings.campus.name) == ("west", "West Campus")


def test_a_domain_that_looks_like_a_number_stays_a_text(folder: Folder) -> None:
    assert platform(folder, "domain: '123'\ngpus: 0\nstorage: 1Gi").domain == "123", "texts come bare"


@pytest.mark.parametrize(
    "access",
    [
        "public: true",
        "allowFrom: [10.20.0.0/16, '2001:db8::/48']",
        "auth: {external: {namespace: login, service: gatekeeper}}",
        "public: true, denyFrom: [10.20.1.0/24]",
    ],
)
def test_outside_dev_a_campus_that_states_who_may_come_is_accepted(folder: Folder, access: str) -> None:
    settings = platform(folder, f"{SMALLEST}campuses: [{{id: north, {access}}}]", "prod")
    assert [campus.id for campus in settings.campuses] == ["north"]


def test_a_stack_of_another_name_can_be_somebodys_own(folder: Folder) -> None:
    settings = platform(folder, f"{SMALLEST}environment: dev", "anna")
    assert settings.environment == "dev", "environment: dev frees campuses from stating who may come"


def test_a_context_of_the_kubeconfig_is_found_in_any_of_several_files(folder: Folder) -> None:
    folder.environment["KUBECONFIG"] = f"{folder.path}/absent:{folder.path}/kubeconfig"
    assert folder.load(f"{SMALLEST}kubernetes:context: campus", "dev").cluster.context == "campus"


def test_a_kubeconfig_may_be_given_by_its_contents(folder: Folder) -> None:
    folder.environment["KUBECONFIG"] = "absent"
    contents = "kubernetes:kubeconfig: '{contexts: [{name: far}], current-context: far}'"
    assert folder.load(f"{SMALLEST}{contents}", "dev").cluster.kubeconfig is not None


def test_rendering_needs_no_cluster(folder: Folder) -> None:
    folder.environment["KUBECONFIG"] = "absent"
    cluster = folder.load(
        f"{SMALLEST}kubernetes:context: far\nkubernetes:renderYamlToDirectory: out", "dev"
    ).cluster
    assert cluster.render_yaml_to_directory == "out", "YAML is written with no cluster in reach"


def test_a_pod_of_the_cluster_needs_no_kubeconfig(folder: Folder) -> None:
    folder.environment = {"HOME": "/nowhere", "KUBERNETES_SERVICE_HOST": "10.96.0.1"}
    assert folder.load(SMALLEST, "dev").cluster.kubeconfig is None, "a pod has its service account"
