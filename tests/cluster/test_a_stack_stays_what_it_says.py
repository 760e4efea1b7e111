"""`up` twice changes nothing, drift is named and repaired, a campus comes and goes alone."""

import json

from kubernetes import client

from tests.cluster.framework import StackUnderTest

CAMPUS = """    - id: east
      name: East Campus
      public: true
"""


def test_a_second_up_changes_nothing(dev: StackUnderTest) -> None:
    assert dev.up().operations == {}, "an unchanged stack must not touch any resource"


def test_a_preview_after_up_expects_no_changes(dev: StackUnderTest) -> None:
    assert dev.preview().operations == {}, "preview must agree with what up just did"


def test_a_refresh_finds_nothing_right_after_up(dev: StackUnderTest) -> None:
    changed = {urn: op for urn, op in dev.refresh().operations.items() if op != "refresh"}
    assert changed == {}, "what the API server fills in must not count as drift"


def test_what_was_changed_by_hand_is_named_and_repaired(dev: StackUnderTest, api: client.ApiClient) -> None:
    custom, network, core = client.CustomObjectsApi(api), client.NetworkingV1Api(api), client.CoreV1Api(api)
    custom.patch_namespaced_custom_object(
        "projectcontour.io",
        "v1",
        "voice",
        "httpproxies",
        "north",
        [{"op": "replace", "path": "/spec/routes/0/timeoutPolicy/response", "value": "7s"}],
    )
    policy = network.list_namespaced_network_policy("voice").items[0].metadata.name
    network.patch_namespaced_network_policy(
        policy, "voice", [{"op": "replace", "path": "/spec/ingress/0/ports/0/port", "value": 7861}]
    )
    core.delete_namespaced_service("south-api", "voice")

    seen = dev.preview(refresh=True)
    kinds = sorted(
        urn.split("::")[2].rsplit("$", 1)[-1].rsplit(":", 1)[-1] for urn in _drift(seen.operations)
    )
    assert kinds == ["HTTPProxy", "NetworkPolicy", "Service"], (
        f"exactly the three edits are drift, got {json.dumps(seen.operations, indent=1)}"
    )

    dev.refresh()
    repaired = dev.up()
    assert len(repaired.operations) == 3, f"up repairs exactly the three, did {repaired.operations}"
    route = custom.get_namespaced_custom_object("projectcontour.io", "v1", "voice", "httpproxies", "north")
    assert route["spec"]["routes"][0]["timeoutPolicy"]["response"] != "7s", (
        "the timeout must be the stack's again"
    )
    assert core.read_namespaced_service("south-api", "voice"), "the deleted Service must be back"


def _drift(operations: object) -> list[str]:
    assert isinstance(operations, dict)
    return [urn for urn, op in operations.items() if op != "refresh"]


def test_a_third_campus_is_three_lines_and_touches_only_itself(dev: StackUnderTest) -> None:
    lines = dev.file.read_text().splitlines(keepends=True)
    place = next(number for number, line in enumerate(lines) if "campus-voice:campuses" in line) + 1
    dev.file.write_text("".join(lines[:place]) + CAMPUS + "".join(lines[place:]))

    added = dev.up()
    assert set(added.operations.values()) == {"create"}, f"adding a campus only creates: {added.operations}"
    assert all("east" in urn for urn in added.operations), f"only east's resources appear: {added.operations}"

    dev.file.write_text("".join(lines))
    removed = dev.up()
    assert set(removed.operations.values()) == {"delete"}, (
        f"removing a campus only deletes: {removed.operations}"
    )
    assert set(removed.operations) == set(added.operations), "what came with the campus goes with it"
