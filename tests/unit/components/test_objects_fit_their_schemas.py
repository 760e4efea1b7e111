"""What is rendered is what Contour, cert-manager and KEDA understand."""

import copy
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from campus_voice import IssuerKind
from campus_voice.contour_gateway import certificates, checks, crds, issuer_checks

from tests.cases import cases
from tests.unit.components import upstream


def _custom_objects() -> list[Any]:
    return [
        pytest.param(case, suffix, id=f"{case.parent.name}/{case.name}/{suffix}")
        for case in cases.every()
        for suffix, manifest in cases.rendered(case).items()
        if suffix != "refused"
        and manifest["apiVersion"].split("/")[0] in {"cert-manager.io", "keda.sh", "projectcontour.io"}
    ]


def _misfits(manifest: dict[str, Any]) -> list[str]:
    schema = upstream.schemas()[manifest["apiVersion"], manifest["kind"]]
    return [
        f"{error.json_path}: {error.message}"
        for error in jsonschema.Draft4Validator(schema).iter_errors(manifest)
    ]


@pytest.mark.parametrize(("case", "suffix"), _custom_objects())
def test_an_object_has_only_fields_that_its_definition_knows(case: Path, suffix: str) -> None:
    assert _misfits(cases.rendered(case)[suffix]) == [], (
        "the API server drops or refuses what it does not know"
    )


def test_a_self_signed_gateway_has_an_issuer_that_cert_manager_knows() -> None:
    settings = checks.settings("gateway", {"issuers": [{"kind": IssuerKind.SELF_SIGNED}]})
    made = certificates.campuses(settings, "unused")
    assert [manifest["spec"] for manifest in made.values()] == [{"selfSigned": {}}]
    assert _misfits(made["issuer-campus-voice"]) == []


def test_every_dns_provider_of_cert_manager_is_known_and_no_other() -> None:
    acme = upstream.schemas()["cert-manager.io/v1", "ClusterIssuer"]["properties"]["spec"]["properties"][
        "acme"
    ]
    solver = acme["properties"]["solvers"]["items"]["properties"]["dns01"]["properties"]
    assert {*issuer_checks.DNS_PROVIDERS, "cnameStrategy"} == set(solver)


def test_a_misplaced_or_upper_case_field_of_a_route_is_seen() -> None:
    whole = copy.deepcopy(cases.rendered(cases.FOLDER / "tenant_route" / "whole"))
    whole["child-proxy"]["spec"]["routes"][-1]["services"][0]["enableWebsockets"] = True
    whole["root-proxy"]["spec"]["virtualhost"]["fqdn"] = "North.voice.example.org"
    assert "enableWebsockets" in _misfits(whole["child-proxy"])[0], (
        "it belongs to the route, not to the service"
    )
    assert "North.voice.example.org" in _misfits(whole["root-proxy"])[0], "hosts are compared in lower case"


def test_every_definition_but_the_provisioners_is_installed_as_the_server_stores_it() -> None:
    objects = crds.objects(upstream.contour_definitions())
    assert sorted(manifest["metadata"]["name"] for manifest in objects.values()) == [
        "contourconfigurations.projectcontour.io",
        "extensionservices.projectcontour.io",
        "httpproxies.projectcontour.io",
        "tlscertificatedelegations.projectcontour.io",
    ]
    for manifest in objects.values():
        assert set(manifest["spec"]) == {"group", "names", "scope", "versions"}, (
            "a field that the API server drops is reported as drift for ever"
        )
