"""What an edit of a stack's file changes, and what it leaves alone."""

from typing import Any

from tests.program.conftest import Program
from tests.program.engine import Deployment


def test_domain_gpus_and_storage_are_a_whole_stack(program: Program) -> None:
    def smallest(settings: dict[str, Any]) -> None:
        settings.clear()
        settings |= {
            "campus-voice:domain": "voice.example.org",
            "campus-voice:gpus": 0,
            "campus-voice:storage": "20Gi",
        }
        settings["campus-voice:manifests"] = ".sandbox/manifests"  # spares the test a download

    made = program.up("dev", smallest)
    assert (made.exit_code, made.errors) == (0, [])
    assert {campus: entry["url"] for campus, entry in made.outputs["campuses"].items()} == {
        "voice": "https://voice.voice.example.org"
    }, "without campuses there is one, voice"


def test_a_new_campus_touches_only_itself(program: Program) -> None:
    before = program.up("dev")
    after = program.up("dev", lambda settings: settings["campus-voice:campuses"].insert(0, {"id": "east"}))
    new = set(after.resources) - set(before.resources)
    assert {after.resources[urn].name.split("-")[0] for urn in new} == {"east"}, f"only east appears: {new}"
    assert not set(before.resources) - set(after.resources), "nothing disappears"
    assert changed(before, after) == [], "adding a campus must leave every other resource alone"


def test_a_campus_that_goes_takes_only_itself(program: Program) -> None:
    before = program.up("dev")
    after = program.up("dev", lambda settings: settings["campus-voice:campuses"].pop(1))
    gone = set(before.resources) - set(after.resources)
    assert {before.resources[urn].name.split("-")[0] for urn in gone} == {"south"}, f"only south goes: {gone}"
    touched = [after.resources[urn].name for urn in changed(before, after)]
    assert touched == ["voice-enrolment"], "its key for enrolment goes too, and nothing else is touched"


def test_the_same_file_makes_the_same_resources(program: Program) -> None:
    assert program.up("dev").resources == program.up("dev").resources, "same input, same output"


def changed(before: Deployment, after: Deployment) -> list[str]:
    """Resources of both runs that are not the same in both."""
    return [
        urn
        for urn in before.resources
        if urn in after.resources and before.resources[urn] != after.resources[urn]
    ]
