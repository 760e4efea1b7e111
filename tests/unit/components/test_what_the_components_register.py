"""What the engine is asked for when a program uses the components."""

from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pulumi
import pytest
from campus_voice import (
    AiAppBackend,
    AiAppBackendArgs,
    ContourGatewayArgs,
    CosyVoiceBackend,
    CosyVoiceBackendArgs,
    IssuerKind,
    Observability,
    ObservabilityMode,
    RoutePart,
    TenantRoute,
)
from campus_voice.contour_gateway import checks as gateway_checks
from campus_voice.contour_gateway import render as gateway_render
from pulumi.output import UNKNOWN, Unknown
from pulumi.runtime import rpc

from tests.cases import cases
from tests.program.engine import Deployment, run
from tests.unit.components import upstream
from tests.unit.components.programs import BACKEND, ROUTE, called, gateway, objects


def export(component: pulumi.ComponentResource, *names: str) -> None:
    """Show a component's outputs as the stack's."""
    for name in names:
        pulumi.export(name, getattr(component, name))


FETCHING: CosyVoiceBackendArgs = {
    **BACKEND,
    "namespace": "fetching",
    "gpus": 1,
    "image": "registry.example.org/cosyvoice:cuda",
    "model": {"hub": {}},
    "acceleration": {"tensorrt": True},
}


def platform() -> None:
    """A gateway, a backend, a campus and what one sees of them."""
    made = gateway()
    behind: CosyVoiceBackendArgs = {**BACKEND, "gateway_namespace": made.namespace}
    backend = CosyVoiceBackend("voice", {**behind, "gateway_selector": made.envoy_selector})
    TenantRoute(
        "north", {**ROUTE, "backend_selector": backend.selector}, pulumi.ResourceOptions(depends_on=[made])
    )
    CosyVoiceBackend("fetching", FETCHING)
    Observability("observability", {})


@pytest.fixture(scope="module")
def deployed() -> Deployment:
    return run(platform)


def test_the_cluster_is_asked_for_exactly_what_is_rendered(deployed: Deployment) -> None:
    settings = gateway_checks.settings("gateway", {})
    rendered = {
        f"gateway-{suffix}": manifest
        for suffix, manifest in gateway_render.objects(
            settings, "Campus Voice 0a1b2c3d", upstream.contour_definitions()
        ).items()
    }
    for name, case in {"north": "tenant_route/whole", "observability": "observability/annotations"}.items():
        rendered |= {f"{name}-{key}": made for key, made in cases.rendered(cases.FOLDER / case).items()}
    asked = objects(deployed)
    assert {
        name: asked[name] for name in asked if not name.startswith(("voice-", "fetching-"))
    } == rendered, "a preview shows what the cases show, and nothing else"


def test_every_object_belongs_to_its_component(deployed: Deployment) -> None:
    strays = [
        one.name
        for one in deployed.resources.values()
        if not one.kind.startswith(("pulumi:", "campus-voice:")) and "campus-voice:index:" not in one.parent
    ]
    assert strays == [], "removing a component removes its objects"


@pytest.mark.parametrize(
    ("later", "earlier"),
    [
        ("gateway-contour-deployment", "gateway-contour-certificate"),
        ("gateway-contour-deployment", "gateway-crd-httpproxies"),
        ("gateway-contour-deployment", "gateway-contour-role-binding"),
        ("gateway-contour-certificate", "gateway-xds-ca-certificate"),
        ("gateway-envoy-daemonset", "gateway-contour-deployment"),
        ("gateway-envoy-daemonset", "gateway-envoy-certificate"),
        ("gateway-issuer-campus-voice", "gateway-ca-certificate"),
        ("gateway-hosts-policy", "gateway-crd-httpproxies"),
        ("north-root-proxy", "gateway-hosts-policy-binding"),
        ("north-root-proxy", "north-certificate"),
        ("north-root-proxy", "north-child-proxy"),
        ("north-child-proxy", "north-api-service"),
        ("voice-deployment", "voice-outputs"),
        ("voice-deployment", "voice-network-policy"),
        ("voice-deployment", "voice-voices"),
        ("voice-deployment", "voice-enrolment"),
        ("voice-deployment", "voice-service-account"),
        ("fetching-deployment", "fetching-model-job"),
        ("fetching-model-job", "fetching-model"),
        ("fetching-model-job", "fetching-model-network-policy"),
        ("north-ui-service", "voice-network-policy"),
    ],
)
def test_one_object_waits_for_another(deployed: Deployment, later: str, earlier: str) -> None:
    assert deployed.comes_after(called(deployed, later), called(deployed, earlier)), (
        f"{later} is of no use, or does harm, before {earlier} is there; on removal the order turns round"
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [("voice-deployment", "gateway-envoy-daemonset"), ("north-root-proxy", "voice-deployment")],
)
def test_what_takes_long_does_not_wait_for_what_takes_long(
    deployed: Deployment, one: str, other: str
) -> None:
    assert not deployed.comes_after(called(deployed, one), called(deployed, other)), (
        f"{one} can be made while {other} is starting"
    )


def test_only_what_holds_data_or_may_be_others_is_kept_on_destroy(deployed: Deployment) -> None:
    kept = {one.name for one in deployed.resources.values() if one.retained}
    assert kept == {
        "fetching-model",
        "fetching-outputs",
        "fetching-voices",
        "gateway-crd-contourconfigurations",
        "gateway-crd-extensionservices",
        "gateway-crd-httpproxies",
        "gateway-crd-tlscertificatedelegations",
        "gateway-namespace",
        "gateway-routes-namespace",
        "observability-namespace",
        "voice-outputs",
        "voice-voices",
    }
    assert not called(deployed, "fetching-cache").retained, "what was built from the model is built again"


def test_a_fetch_that_failed_is_not_in_the_way_of_going_back(deployed: Deployment) -> None:
    first = [one.name for one in deployed.resources.values() if one.deleted_first]
    assert first == ["fetching-model-job"], (
        "the Job of the old model is gone before that of the new one fails"
    )


def test_a_gateway_tells_what_its_consumers_need() -> None:
    names = [
        "namespace",
        "routes_namespace",
        "ingress_class",
        "exposure",
        "issuer",
        "issuers",
        "service",
        "http_port",
    ]
    names += ["https_port", "envoy_selector", "node_networks", "dns_records", "ca_secret"]
    args: ContourGatewayArgs = {"http_port": 8080, "domain": "voice.example.org", "campuses": ["north"]}
    args["edge_addresses"] = ["192.0.2.10", "2001:db8::10"]
    deployment = run(lambda: export(gateway(args), *names), preview=True)
    assert deployment.outputs == {
        "namespace": "projectcontour",
        "routes_namespace": "campus-routes",
        "ingress_class": "campus-voice",
        "exposure": "hostPort",
        "issuer": {"name": "campus-voice", "kind": "ClusterIssuer"},
        "issuers": {"campus-voice": {"name": "campus-voice", "kind": "ClusterIssuer"}},
        "service": {"namespace": "projectcontour", "name": "envoy"},
        "http_port": 8080,
        "https_port": 443,
        "envoy_selector": {"app": "envoy"},
        "node_networks": [],
        "dns_records": [
            {"name": "north.voice.example.org", "type": "A", "value": "192.0.2.10"},
            {"name": "north.voice.example.org", "type": "AAAA", "value": "2001:db8::10"},
        ],
        "ca_secret": {"namespace": "cert-manager", "name": "campus-voice-ca"},
    }, "a preview knows them already"


def test_a_gateway_with_somebody_elses_issuer_makes_none_and_has_no_authority() -> None:
    deployment = run(
        lambda: export(gateway({"issuers": [{"kind": IssuerKind.EXISTING, "name": "school"}]}), "ca_secret")
    )
    assert deployment.outputs == {}, "an absent output is not shown"
    assert deployment.of_kind("ClusterIssuer") == []


def test_a_campuss_parts_make_the_whole() -> None:
    def made(part: RoutePart) -> set[str]:
        return set(objects(run(lambda: export(TenantRoute("north", {**ROUTE, "part": part}), "url"))))

    assert made(RoutePart.ROOT) & made(RoutePart.CHILD) == set(), "each object belongs to one stack"
    assert made(RoutePart.ROOT) | made(RoutePart.CHILD) == made(RoutePart.WHOLE)


def test_a_campus_tells_where_it_answers_and_how_envoy_calls_it() -> None:
    names = ["url", "host", "secret_name", "envoy_clusters"]
    deployment = run(lambda: export(TenantRoute("north", ROUTE), *names), preview=True)
    assert deployment.outputs == {
        "url": "https://north.voice.example.org",
        "host": "north.voice.example.org",
        "secret_name": "north-tls",
        "envoy_clusters": ["voice_north-ui_7860", "voice_north-api_7860"],
    }


def test_a_backend_tells_what_routes_and_operators_need() -> None:
    names = ["namespace", "service", "deployment", "selector", "image", "model", "outputs_claim"]
    args: CosyVoiceBackendArgs = {**BACKEND, "image": "speech:1", "model": {"claim": "weights"}}
    deployment = run(lambda: export(CosyVoiceBackend("voice", args), *names), preview=True)
    assert deployment.outputs == {
        "namespace": "voice",
        "service": {"name": "cosyvoice-service", "port": 7860},
        "deployment": "cosyvoice",
        "selector": {"app.kubernetes.io/name": "cosyvoice"},
        "image": "speech:1",
        "model": '{"claim": "weights"}',
        "outputs_claim": "cosyvoice-output-pvc",
    }


def test_an_application_tells_what_routes_and_operators_need() -> None:
    names = ["namespace", "service", "deployment", "selector", "claims", "backup"]
    args: AiAppBackendArgs = {
        "namespace": "voice",
        "image": "registry.example.org/pictures:2",
        "volumes": [
            {"name": "made", "mount_path": "/made", "size": "1Gi"},
            {"name": "weights", "mount_path": "/weights", "claim": "weights"},
        ],
        "backup": {"secret": "pictures-backup", "storage": "1Gi"},
        "gateway_namespace": "projectcontour",
        "gateway_selector": {"app": "envoy"},
    }
    deployment = run(lambda: export(AiAppBackend("pictures", args), *names), preview=True)
    assert deployment.outputs == {
        "namespace": "voice",
        "service": {"name": "pictures", "port": 80},
        "deployment": "pictures",
        "selector": {"app.kubernetes.io/name": "pictures"},
        "claims": {"made": "pictures-made"},
        "backup": "pictures-backup",
    }
    kept = {one.name for one in deployment.resources.values() if one.retained}
    assert kept == {"pictures-backup", "pictures-volume-made"}, "data outlives the application"


def test_an_application_that_says_so_takes_its_data_along() -> None:
    deployment = run(lambda: export(CosyVoiceBackend("voice", {**BACKEND, "delete_data": True}), "selector"))
    assert [one.name for one in deployment.resources.values() if one.retained] == []


def test_without_collected_metrics_there_is_nothing_to_show() -> None:
    names = ["namespace", "mode", "dashboard_uids"]
    deployment = run(lambda: export(Observability("metrics", {"mode": ObservabilityMode.NONE}), *names))
    assert objects(deployment) == {}
    assert deployment.outputs == {"namespace": "monitoring", "mode": "none", "dashboard_uids": []}


def _unknown() -> pulumi.Output[str]:
    """A value that only the deployment will tell."""
    return pulumi.Output.from_input("not yet").apply(lambda _: UNKNOWN).apply(str)


def _seen(inputs: Any, *path: str | int) -> str:
    """What the engine sees at the end of the path: the value, whether it is a secret, or that it is unknown."""
    secret = ""
    for step in ("inputs", *path):
        if isinstance(inputs, Unknown):
            break
        inputs = inputs if step == "inputs" else inputs[step]
        if rpc.is_rpc_secret(inputs):
            inputs, secret = rpc.unwrap_rpc_secret(inputs), "secret "
    return secret + ("unknown" if isinstance(inputs, Unknown) else inputs)


@pytest.mark.parametrize(
    ("given", "arrives"),
    [
        pytest.param(lambda: "edge", "edge", id="plain"),
        pytest.param(lambda: pulumi.Output.from_input("edge"), "edge", id="output"),
        pytest.param(lambda: pulumi.Output.secret("edge"), "secret edge", id="secret"),
        pytest.param(_unknown, "unknown", id="unknown"),
    ],
)
def test_a_value_that_is_passed_on_arrives_untouched(given: Callable[[], Any], arrives: str) -> None:
    def program() -> None:
        value = given()
        backend: CosyVoiceBackendArgs = {**BACKEND, "gateway_namespace": value, "image": value}
        backend = {**backend, "enrolment_keys": {"north": value}, "env": {"COLOUR": value}}
        CosyVoiceBackend("voice", {**backend, "gateway_selector": {"app": value}})
        TenantRoute("north", {**ROUTE, "ingress_class": value, "issuer": {"name": value, "kind": value}})

    asked = objects(run(program, preview=True))
    peer = (asked["voice-network-policy"], "spec", "ingress", 0, "from", 0)
    pod = (asked["voice-deployment"], "spec", "template", "spec")
    assert {
        "namespace": _seen(*peer, "namespaceSelector", "matchLabels", "kubernetes.io/metadata.name"),
        "pods": _seen(*peer, "podSelector", "matchLabels", "app"),
        "image": _seen(*pod, "containers", 0, "image"),
        "environment": _seen(*pod, "containers", 0, "env", -1, "value"),
        "issuer": _seen(asked["north-certificate"], "spec", "issuerRef", "name"),
        "class": _seen(asked["north-root-proxy"], "spec", "ingressClassName"),
    } == dict.fromkeys(["namespace", "pods", "image", "environment", "issuer", "class"], arrives)
    written = arrives.removeprefix("secret ").replace("edge", b64encode(b"edge").decode())
    assert _seen(asked["voice-enrolment"], "data", "north") == f"secret {written}", (
        "a key is a secret even where nobody has said so"
    )


def test_arguments_that_cannot_work_are_named_and_nothing_is_registered() -> None:
    def program() -> None:
        CosyVoiceBackend("voice", {**BACKEND, "gpus": 1, "storage": "much"})

    with pytest.raises(pulumi.RunError) as refusal:
        run(program)
    named = [line.split()[1] for line in str(refusal.value).splitlines()[1:]]
    assert named == ["storage", "image", "model"], "all at once, so that a person corrects them at once"
