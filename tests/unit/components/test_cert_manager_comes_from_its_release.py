"""cert-manager is installed from its release's manifest, whole or not at all."""

import shutil
from pathlib import Path

import pytest
import yaml
from campus_voice import CertManager
from campus_voice.contour_gateway import cert_manager, checks
from campus_voice.shared.errors import InvalidSettingsError
from campus_voice.shared.manifests import Manifest, Objects

from tests.program.engine import Deployment, run
from tests.unit.components import upstream
from tests.unit.components.programs import called, gateway, objects


def settings(folder: Path) -> checks.GatewaySettings:
    return checks.settings("gateway", {"cert_manager": CertManager.INSTALL, "manifests": str(folder)})


@pytest.fixture(scope="module")
def release() -> list[Manifest]:
    upstream.file("cert-manager/cert-manager.yaml")
    return cert_manager.source(settings(upstream.MANIFESTS))


@pytest.fixture(scope="module")
def rendered(release: list[Manifest]) -> Objects:
    return cert_manager.objects(settings(upstream.MANIFESTS), release)


@pytest.fixture(scope="module")
def deployed() -> Deployment:
    def program() -> None:
        gateway({"cert_manager": CertManager.INSTALL})

    return run(program)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the prepared folder, with one file as releases have it: the definitions are in it."""
    (tmp_path / "cert-manager").mkdir()
    files = [*sorted(upstream.file("cert-manager/crds").glob("*.yaml"))]
    files.append(upstream.file("cert-manager/cert-manager.yaml"))
    text = "\n---\n".join(file.read_text() for file in files)
    (tmp_path / "cert-manager" / "cert-manager.yaml").write_text(text)
    return tmp_path


def test_a_gateway_beside_an_existing_cert_manager_brings_nothing_of_it() -> None:
    existing = checks.settings("gateway", {"manifests": str(upstream.MANIFESTS)})
    assert cert_manager.objects(existing, cert_manager.source(existing)) == {}


def test_a_gateway_makes_nothing_before_it_has_found_an_existing_cert_manager() -> None:
    def program() -> None:
        gateway()

    beside = run(program)
    assert beside.read == [f"gateway-{cert_manager.MISSING}"]
    waiting = {
        one.name
        for one in beside.resources.values()
        if any(urn.endswith(f"::gateway-{cert_manager.MISSING}") for urn in one.depends_on)
    }
    assert waiting == set(objects(beside)), "what is made half has to be cleared away by hand"


def test_a_gateway_that_brings_cert_manager_looks_for_none(deployed: Deployment) -> None:
    assert deployed.read == []


def test_the_releases_one_file_and_the_charts_folder_give_the_same(folder: Path, rendered: Objects) -> None:
    assert cert_manager.objects(settings(folder), cert_manager.source(settings(folder))) == rendered


def test_every_object_of_the_release_is_registered(release: list[Manifest], rendered: Objects) -> None:
    assert len(rendered) == len(release) + 1, "no two share a suffix, and the namespace is added"
    ordered = {
        *cert_manager.rights(rendered),
        *cert_manager.programs(rendered),
        *cert_manager.services(rendered),
    }
    definitions = {suffix for suffix, one in rendered.items() if one["kind"] == "CustomResourceDefinition"}
    named = {cert_manager.NAMESPACE, cert_manager.MUTATING, cert_manager.VALIDATING}
    assert ordered | definitions | named == set(rendered), "none is left out of the order"


def test_what_is_asked_for_is_what_is_rendered(deployed: Deployment, rendered: Objects) -> None:
    asked = {name.removeprefix("gateway-"): one for name, one in objects(deployed).items()}
    assert {suffix: asked[suffix] for suffix in rendered} == rendered


def test_its_namespace_and_definitions_outlive_the_stack(deployed: Deployment) -> None:
    kept = {one.name for one in deployed.resources.values() if one.retained and "cert-manager" in one.name}
    kinds = ["certificaterequests", "certificates", "challenges", "clusterissuers", "issuers", "orders"]
    assert kept == {
        "gateway-cert-manager-namespace",
        *(f"gateway-cert-manager-crd-{kind}" for kind in kinds),
    }, "deleting a definition deletes every certificate of the cluster"


@pytest.mark.parametrize(
    ("later", "earlier"),
    [
        ("cert-manager-deployment-cert-manager", "cert-manager-crd-certificates"),
        ("cert-manager-deployment-cert-manager", "cert-manager-serviceaccount-cert-manager"),
        (cert_manager.MUTATING, "cert-manager-deployment-cert-manager-cainjector"),
        (cert_manager.MUTATING, "cert-manager-service-cert-manager-webhook"),
        ("xds-root-issuer", cert_manager.MUTATING),
        (cert_manager.VALIDATING, "xds-ca-certificate"),
        ("contour-certificate", cert_manager.VALIDATING),
        ("ca-root-issuer", cert_manager.VALIDATING),
        ("issuer-campus-voice", cert_manager.VALIDATING),
        ("certificates-policy", "cert-manager-crd-certificates"),
    ],
)
def test_nothing_is_asked_of_the_webhook_before_it_answers(
    deployed: Deployment, later: str, earlier: str
) -> None:
    assert deployed.comes_after(called(deployed, f"gateway-{later}"), called(deployed, f"gateway-{earlier}"))


@pytest.mark.parametrize("suffix", [cert_manager.MUTATING, cert_manager.VALIDATING])
def test_a_webhook_is_waited_for_until_the_api_server_can_trust_it(rendered: Objects, suffix: str) -> None:
    awaited = rendered[suffix]["metadata"]["annotations"]["pulumi.com/waitFor"]
    assert awaited == "jsonpath={.webhooks[0].clientConfig.caBundle}"


def test_without_a_folder_the_way_out_is_told() -> None:
    with pytest.raises(
        InvalidSettingsError, match=r"cert_manager is 'install': it also needs manifests"
    ) as told:
        checks.settings("gateway", {"cert_manager": CertManager.INSTALL})
    assert "cert-manager/cert-manager.yaml" in str(told.value)


def test_another_namespace_than_the_releases_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        InvalidSettingsError, match="cert_manager_namespace is 'pki': it has to be cert-manager"
    ):
        checks.settings(
            "gateway",
            {
                "cert_manager": CertManager.INSTALL,
                "cert_manager_namespace": "pki",
                "manifests": str(tmp_path),
            },
        )


def test_a_folder_without_the_manifest_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidSettingsError, match=r"cert-manager\.yaml': the file has to be readable"):
        cert_manager.source(settings(tmp_path))


def test_a_manifest_without_the_definitions_is_refused(folder: Path) -> None:
    shutil.copy(upstream.file("cert-manager/cert-manager.yaml"), folder / "cert-manager")
    with pytest.raises(InvalidSettingsError, match=r"whole release, and lacks cert-manager-crd-certificate"):
        cert_manager.source(settings(folder))


@pytest.mark.parametrize("text", ["kind: [", "just words", "[1, 2]", yaml.safe_dump({"kind": "List"})])
def test_a_file_that_is_no_manifest_is_refused(folder: Path, text: str) -> None:
    (folder / "cert-manager" / "cert-manager.yaml").write_text(text)
    with pytest.raises(InvalidSettingsError, match=r"cert-manager\.yaml': it has to be"):
        cert_manager.source(settings(folder))
