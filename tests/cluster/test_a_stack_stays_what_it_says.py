"""`up` twice changes nothing, drift is named and repaired, a campus comes and goes alone."""

from collections.abc import Mapping

from tests.cluster.framework import Kubectl, StackUnderTest

EDITED = {"north-child-proxy", "voice-network-policy", "south-api-service"}
CAMPUS = """    - id: east
      name: East Campus
      public: true
"""


def test_a_second_up_changes_nothing(deployed: StackUnderTest) -> None:
    assert deployed.up().operations == {}, "an unchanged stack must not touch any resource"


def test_a_preview_after_up_expects_no_changes(deployed: StackUnderTest) -> None:
    assert deployed.preview().operations == {}, "preview must agree with what up just did"


def test_a_refresh_finds_nothing_right_after_up(deployed: StackUnderTest) -> None:
    changed = {urn: op for urn, op in deployed.refresh().operations.items() if op != "refresh"}
    assert changed == {}, "what the API server fills in must not count as drift"


def test_what_was_changed_by_hand_is_named_and_repaired(dev: StackUnderTest, kubectl: Kubectl) -> None:
    routes = kubectl.live("voice", "httpproxy", "north")["spec"]["routes"]
    bounded = next(number for number, route in enumerate(routes) if "timeoutPolicy" in route)
    kubectl.edit("voice", "httpproxy", "north", f"/spec/routes/{bounded}/timeoutPolicy/response", "7s")
    kubectl.edit("voice", "networkpolicy", "cosyvoice", "/spec/ingress/0/ports/0/port", 7861)
    kubectl("-n", "voice", "delete", "service", "south-api")

    told = dev.pulumi("preview", "--refresh", "--expect-no-changes")
    assert told.returncode != 0, f"--expect-no-changes must fail on drift:\n{told.stdout}"
    drift = {urn.rsplit("::", 1)[1] for urn in _drift(dev.preview(refresh=True).operations)}
    assert drift == EDITED, "exactly the three edits are named"
    assert all(name in told.stdout for name in EDITED), f"the person reads the names:\n{told.stdout}"

    dev.refresh()
    repaired = dev.up().operations
    assert len(repaired) == 3, f"up repairs exactly the three, did {repaired}"
    route = kubectl.live("voice", "httpproxy", "north")["spec"]["routes"][bounded]
    assert route["timeoutPolicy"]["response"] != "7s", "the timeout must be the stack's again"
    assert kubectl.live("voice", "service", "south-api"), "the deleted Service must be back"


def _drift(operations: Mapping[str, str]) -> list[str]:
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
