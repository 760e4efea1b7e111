"""`up` twice changes nothing, drift is named and repaired, a campus comes and goes alone."""

import subprocess
from collections.abc import Iterator

import pytest

from tests.cluster.backups import SERVER, Reader
from tests.cluster.framework import ROOT, Kubectl, StackUnderTest, run

EDITED = ["north-child-proxy", "south-api-service", "voice-network-policy"]
CAMPUS = """    - id: east
      name: East Campus
      public: true
"""


def test_a_second_up_changes_nothing(deployed: StackUnderTest) -> None:
    assert deployed.up().operations == {}, "an unchanged stack must not touch any resource"


def test_a_preview_after_up_expects_no_changes(deployed: StackUnderTest) -> None:
    assert deployed.preview().operations == {}, "preview must agree with what up just did"


def test_a_refresh_finds_nothing_right_after_up(deployed: StackUnderTest) -> None:
    assert deployed.refresh().operations == {}, "what the API server fills in must not count as drift"


def test_what_was_changed_by_hand_is_named_and_repaired(dev: StackUnderTest, kubectl: Kubectl) -> None:
    routes = kubectl.live("voice", "httpproxy", "north")["spec"]["routes"]
    bounded = next(number for number, route in enumerate(routes) if "timeoutPolicy" in route)
    kubectl.edit("voice", "httpproxy", "north", f"/spec/routes/{bounded}/timeoutPolicy/response", "7s")
    kubectl.edit("voice", "networkpolicy", "cosyvoice", "/spec/ingress/0/ports/0/port", 7861)
    kubectl("-n", "voice", "delete", "service", "south-api")

    told, seen = dev.told("preview", "--refresh", "--expect-no-changes", fails=True)
    assert seen.names == EDITED, "exactly the three edits are named"
    assert all(name in told for name in EDITED), f"the person reads the names:\n{told}"

    assert dev.refresh().names == EDITED, "a refresh finds the same three"
    assert dev.up().names == EDITED, "up repairs exactly the three"
    route = kubectl.live("voice", "httpproxy", "north")["spec"]["routes"][bounded]
    assert route["timeoutPolicy"]["response"] != "7s", "the timeout must be the stack's again"
    assert kubectl.live("voice", "service", "south-api"), "the deleted Service must be back"


OUTPUTS, VOICES = "/root/CosyVoice/outputs", "/root/CosyVoice/voices"
MADE = (
    "output_20260901_080000_0a1b2c3d.wav",
    "v00000000000000aa/recording.wav",
    "v00000000000000aa/enrolment.json",
)
"""What a campus has on the volumes after a lesson, below the folder of recordings and that of voices."""


@pytest.fixture
def server(deployed: StackUnderTest, kubectl: Kubectl) -> Iterator[Reader]:
    """The speech server's volumes, which are empty afterwards."""
    assert deployed.name == "dev", "the server is up"
    reader = Reader(kubectl, *SERVER)
    yield reader
    reader.empty(OUTPUTS, VOICES)


def test_a_third_campus_is_three_lines_touches_only_itself_and_can_be_erased_when_it_has_left(
    dev: StackUnderTest, server: Reader, environment: dict[str, str]
) -> None:
    def forget() -> subprocess.CompletedProcess[str]:
        words = ("-m", "operations.forget", "--stack", dev.name, "--campus", "east")
        own = {**environment, "PYTHONPATH": str(ROOT)}
        return run(ROOT / ".venv/bin/python", *words, environment=own, cwd=dev.project)

    lines = dev.file.read_text().splitlines(keepends=True)
    place = next(number for number, line in enumerate(lines) if "campus-voice:campuses" in line) + 1
    dev.file.write_text("".join(lines[:place]) + CAMPUS + "".join(lines[place:]))

    added = dev.up()
    assert set(added.operations.values()) == {"create"}, f"adding a campus only creates: {added.operations}"
    assert all("east" in urn for urn in added.operations), f"only east's resources appear: {added.operations}"

    written = {campus: _a_lesson(server, campus) for campus in ("east", "north")}
    refused = forget()
    assert refused.returncode == 1, "a campus that is served is not erased"
    assert "Remove its entry from Pulumi.dev.yaml" in refused.stderr, f"the way out: {refused.stderr}"
    assert _kept(server) == written["east"] | written["north"], "a refusal erases nothing"

    dev.file.write_text("".join(lines))
    removed = dev.up()
    assert set(removed.operations.values()) == {"delete"}, (
        f"removing a campus only deletes: {removed.operations}"
    )
    assert set(removed.operations) == set(added.operations), "what came with the campus goes with it"
    assert _kept(server) == written["east"] | written["north"], "but what its people made"

    done = forget()
    assert done.stdout == "voice: 1 recording and 1 voice of east are erased\n", f"{done.stdout}{done.stderr}"
    assert _kept(server) == written["north"], "what its people made is erased, and its neighbour's is not"
    assert forget().stdout == "voice: nothing of east is kept\n", "once more finds nothing"


def _a_lesson(server: Reader, campus: str) -> set[str]:
    """Write down what a lesson leaves; return the files."""
    recording, *voice = MADE
    files = {f"{OUTPUTS}/{campus}/{recording}", *(f"{VOICES}/{campus}/{file}" for file in voice)}
    for file in files:
        server.write(file, "a pupil's homework in a teacher's voice")
    return files


def _kept(server: Reader) -> set[str]:
    """What of it the volumes hold."""
    return {file for file in server.tree(OUTPUTS, VOICES) if file.endswith(MADE)}
