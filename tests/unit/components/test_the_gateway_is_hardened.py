"""How little the gateway's pods may do, and how much the world may ask of them."""

import re
from typing import Any

import pytest
from campus_voice.shared.quantities import whole

from tests.cases import cases

GATEWAYS = [case.name for case in cases.every() if case.parent.name == "contour_gateway"]
DEPLOYED = [name for name in GATEWAYS if not name.startswith("refused")]


def pods(case: str) -> dict[str, Any]:
    """The pods of a case by the kind that makes them."""
    objects = cases.rendered(cases.FOLDER / "contour_gateway" / case).values()
    return {
        one["kind"]: one["spec"]["template"]["spec"]
        for one in objects
        if one["kind"] in {"DaemonSet", "Deployment"}
    }


def containers(pod: dict[str, Any]) -> dict[str, Any]:
    """All containers of a pod by name."""
    return {one["name"]: one for one in [*pod.get("initContainers", []), *pod["containers"]]}


def flag(container: dict[str, Any], name: str) -> int:
    """The number behind a flag."""
    (value,) = re.findall(rf"{name}[= ](\d+)", " ".join(container["args"]))
    return int(value)


@pytest.mark.parametrize("case", DEPLOYED)
def test_only_the_control_plane_can_speak_to_the_api_server(case: str) -> None:
    objects = cases.rendered(cases.FOLDER / "contour_gateway" / case)
    assert {kind: pod["automountServiceAccountToken"] for kind, pod in pods(case).items()} == {
        "Deployment": True,
        "DaemonSet": False,
    }, "whoever breaks into Envoy must not find a token there"
    accounts = [one for one in objects.values() if one["kind"] == "ServiceAccount"]
    assert {one["automountServiceAccountToken"] for one in accounts} == {False}


@pytest.mark.parametrize("case", DEPLOYED)
def test_every_container_has_a_bound_and_a_root_that_cannot_be_written(case: str) -> None:
    for pod in pods(case).values():
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for name, container in containers(pod).items():
            security = container["securityContext"]
            assert security["readOnlyRootFilesystem"] is True, name
            assert security["allowPrivilegeEscalation"] is False, name
            assert security["capabilities"]["drop"] == ["ALL"], name
            assert {"cpu", "memory"} <= set(container["resources"]["requests"]), f"{name} is placed blindly"
            assert "memory" in container["resources"]["limits"], f"{name} could take its node down"


@pytest.mark.parametrize("case", DEPLOYED)
def test_envoy_sheds_load_before_its_node_kills_it(case: str) -> None:
    made = containers(pods(case)["DaemonSet"])
    limits = made["envoy"]["resources"]["limits"]
    assert flag(made["envoy"], "--concurrency") == int(limits["cpu"]), (
        "a worker beyond the limit only waits for the others"
    )
    memory = whole(limits["memory"])
    heap = flag(made["envoy-initconfig"], "--overload-max-heap")
    assert 0.85 * memory < heap < 0.95 * memory, "whole bytes, a little below the limit"
    assert flag(made["envoy-initconfig"], "--overload-downstream-max-conn") * 64 * 1024 <= memory, (
        "every connection may fill its buffers at once"
    )


@pytest.mark.parametrize("case", DEPLOYED)
def test_a_drain_takes_one_replica_of_the_control_plane_and_is_never_held_up(case: str) -> None:
    objects = cases.rendered(cases.FOLDER / "contour_gateway" / case)
    deployment, budget = objects["contour-deployment"]["spec"], objects["contour-disruption-budget"]["spec"]
    assert budget["selector"] == deployment["selector"]
    assert (budget["maxUnavailable"], "minAvailable" in budget) == (1, False), (
        "a share that must stay would keep a single replica, and its node, for ever"
    )
