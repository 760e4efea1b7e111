"""What each way of reaching Envoy changes, and what it must not open."""

from typing import Any

import pytest
from campus_voice import ContourGatewayArgs, Exposure
from campus_voice.contour_gateway import checks, render
from campus_voice.shared.errors import InvalidSettingsError
from campus_voice.shared.manifests import Objects

NETWORKS = ["10.20.0.0/16"]
ON_THE_HOST: ContourGatewayArgs = {"exposure": Exposure.HOST_NETWORK, "node_networks": NETWORKS}


def made(args: ContourGatewayArgs) -> Objects:
    """What a gateway consists of, without Contour's definitions."""
    return render.objects(checks.settings("gateway", args), "Campus Voice 0a1b2c3d", b"")


def refused(args: ContourGatewayArgs) -> list[str]:
    """The settings that a gateway refuses."""
    with pytest.raises(InvalidSettingsError) as refusal:
        checks.settings("gateway", args)
    return [problem.field for problem in refusal.value.problems]


def pod(objects: Objects) -> Any:
    """The Envoy pod."""
    return objects["envoy-daemonset"]["spec"]["template"]["spec"]


def containers(objects: Objects) -> dict[str, Any]:
    """The containers of the Envoy pod by name."""
    spec = pod(objects)
    return {one["name"]: one for one in [*spec["initContainers"], *spec["containers"]]}


def openings(objects: Objects) -> set[tuple[str, int]]:
    """Each namespace and port that some NetworkPolicy opens."""
    return {
        (one["metadata"]["namespace"], port["port"])
        for one in objects.values()
        if one["kind"] == "NetworkPolicy"
        for rule in one["spec"].get("ingress", [])
        for port in rule["ports"]
    }


def test_on_the_host_network_the_node_listens_where_the_world_knocks() -> None:
    objects = made(ON_THE_HOST)
    assert pod(objects)["hostNetwork"] is True
    assert pod(objects)["dnsPolicy"] == "ClusterFirstWithHostNet", "the node's resolver knows no Service"
    contour = objects["contour-deployment"]["spec"]["template"]["spec"]["containers"][0]["args"]
    assert {"--envoy-service-http-port=80", "--envoy-service-https-port=443"} <= set(contour), (
        "there is nothing between Envoy's own port and the node's"
    )
    ports = [port for one in containers(objects).values() for port in one.get("ports", [])]
    assert {port["containerPort"]: port["hostPort"] for port in ports} == {
        80: 80,
        443: 443,
        8002: 8002,
        8090: 8090,
    }, "every port that is taken is declared, or another pod is placed on it"
    assert [port["targetPort"] for port in objects["envoy-service"]["spec"]["ports"]] == [80, 443]


def test_only_a_privileged_port_makes_envoy_root_and_then_with_one_capability() -> None:
    privileged = made(ON_THE_HOST)
    assert pod(privileged)["securityContext"]["runAsUser"] == 0
    assert {
        name: one["securityContext"]["capabilities"].get("add")
        for name, one in containers(privileged).items()
    } == {"envoy": ["NET_BIND_SERVICE"], "shutdown-manager": None, "envoy-initconfig": None}
    high: ContourGatewayArgs = {**ON_THE_HOST, "http_port": 8080, "https_port": 8443}
    default: ContourGatewayArgs = {}
    for unprivileged in (made(high), made(default)):
        assert pod(unprivileged)["securityContext"]["runAsUser"] == 65534, "nobody suffices"
        assert containers(unprivileged)["envoy"]["securityContext"]["capabilities"] == {"drop": ["ALL"]}


def test_on_the_host_network_walls_name_the_nodes_since_no_label_matches_envoy() -> None:
    objects = made(ON_THE_HOST)
    from_nodes = [{"ipBlock": {"cidr": "10.20.0.0/16"}}]
    assert objects["contour-network-policy"]["spec"]["ingress"][0]["from"] == from_nodes
    assert objects["acme-solver-network-policy"]["spec"]["ingress"][0]["from"] == from_nodes
    assert "envoy-network-policy" not in objects, "a wall that does not hold must not look like one"


@pytest.mark.parametrize("exposure", [Exposure.LOAD_BALANCER, Exposure.NODE_PORT])
def test_a_new_envoy_starts_before_the_old_one_stops_where_no_port_of_the_node_is_taken(
    exposure: Exposure,
) -> None:
    objects = made({"exposure": exposure})
    rolling = objects["envoy-daemonset"]["spec"]["updateStrategy"]["rollingUpdate"]
    assert rolling == {"maxSurge": 1, "maxUnavailable": 0}
    assert objects["envoy-service"]["spec"]["externalTrafficPolicy"] == "Local", (
        "otherwise every caller has the address of a node, and allow lists mean nothing"
    )


def test_node_ports_are_the_nodes_and_the_service_keeps_the_usual_ones() -> None:
    service = made({"exposure": Exposure.NODE_PORT})["envoy-service"]["spec"]
    assert service["type"] == "NodePort"
    assert [(port["port"], port["nodePort"], port["targetPort"]) for port in service["ports"]] == [
        (80, 30080, 8080),
        (443, 30443, 8443),
    ]


@pytest.mark.parametrize("exposure", list(Exposure))
def test_no_wall_opens_more_than_what_is_served(exposure: Exposure) -> None:
    args: ContourGatewayArgs = {"exposure": exposure}
    if exposure is Exposure.HOST_NETWORK:
        args["node_networks"] = NETWORKS
    objects = made(args)
    opened = {("projectcontour", 8000), ("projectcontour", 8001), ("campus-routes", 8089)}
    if exposure is not Exposure.HOST_NETWORK:
        opened |= {("projectcontour", 8002), ("projectcontour", 8080), ("projectcontour", 8443)}
    assert openings(objects) == opened, "the shutdown manager and an admin port are nobody's"
    for namespace in ("home", "routes"):
        spec = objects[f"{namespace}-network-policy"]["spec"]
        assert (spec["podSelector"], "ingress" in spec) == ({}, False), "what no wall names is closed"


def test_a_stopping_envoy_waits_for_the_load_balancer_and_for_the_longest_request() -> None:
    objects = made({"exposure": Exposure.LOAD_BALANCER, "longest_request_seconds": 900})
    stop = containers(objects)["shutdown-manager"]["lifecycle"]["preStop"]["exec"]["command"]
    assert "--drain-delay=15s" in stop
    assert pod(objects)["terminationGracePeriodSeconds"] == 15 + 900 + 60 + 30
    assert pod(made({}))["terminationGracePeriodSeconds"] == 600 + 60 + 30, (
        "no load balancer is in front of a host port"
    )


def test_a_change_to_a_host_lets_its_longest_request_finish() -> None:
    args = containers(made({"longest_request_seconds": 3600}))["envoy"]["args"]
    flags = dict(zip(args[::2], args[1::2], strict=True))
    assert int(flags["--drain-time-s"]) == 3600 + 60 + 30, "Envoy's own ten minutes would cut it"
    assert flags["--drain-strategy"] == "immediate", (
        "asked little by little, a connection could begin its last request too late to finish it"
    )


def test_a_grace_period_that_cuts_the_longest_request_is_refused() -> None:
    assert refused({"grace_seconds": 689}) == ["grace_seconds"]
    assert pod(made({"grace_seconds": 690}))["terminationGracePeriodSeconds"] == 690
