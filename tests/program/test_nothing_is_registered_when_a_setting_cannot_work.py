"""What a person reads, and that the cluster is left alone, when a stack cannot work."""

from typing import Any

import pytest

from tests.program.conftest import Program

ALREADY_EXPLAINED = 32
"""Exit code after which Pulumi's language host prints nothing of its own, and no traceback."""


def test_wrong_settings_end_in_one_message_and_no_resource(program: Program) -> None:
    def wrong(settings: dict[str, Any]) -> None:
        settings["campus-voice:gpus"] = -1
        settings["campus-voice:campuses"][1]["id"] = "north"

    made = program.up("dev", wrong)
    assert made.exit_code == ALREADY_EXPLAINED
    assert [one.kind for one in made.resources.values()] == ["pulumi:pulumi:Stack"], (
        "nothing may be registered"
    )
    (told,) = made.errors
    assert told.startswith("2 settings of stack dev cannot work; nothing was changed:\n  Pulumi.dev.yaml:"), (
        told
    )
    assert "campus-voice:gpus is -1" in told, told
    assert "campus-voice:campuses[1].id is 'north'" in told, told


def test_a_missing_context_is_told_before_anything_is_registered(program: Program) -> None:
    def elsewhere(settings: dict[str, Any]) -> None:
        settings["kubernetes:context"] = "elsewhere"

    made = program.up("prod", elsewhere)
    assert [one.kind for one in made.resources.values()] == ["pulumi:pulumi:Stack"], (
        "nothing may be registered"
    )
    (told,) = made.errors
    assert "kubernetes:context is 'elsewhere'" in told, told
    assert "its contexts are: campus-voice-prod, sandbox" in told, f"those that exist are named: {told}"


def test_a_component_that_refuses_ends_in_its_words(program: Program) -> None:
    def no_manifests(settings: dict[str, Any]) -> None:
        settings["campus-voice:manifests"] = "absent"

    made = program.up("dev", no_manifests)
    assert made.exit_code == ALREADY_EXPLAINED
    (told,) = made.errors
    assert "absent/contour/01-crds.yaml" in told, f"the file that is missing is named: {told}"


@pytest.mark.parametrize(
    "outputs", [{}, {"campuses": {}, "domain": "voice.example.org", "gateway": {}, "tls": {}}]
)
def test_a_campus_that_its_platform_does_not_know_gets_nothing(
    program: Program, outputs: dict[str, Any]
) -> None:
    made = program.up("campus-west", stacks={"organization/campus-voice/dev": outputs})
    assert made.exit_code == ALREADY_EXPLAINED
    assert made.read == ["organization/campus-voice/dev"], "the platform's stack is only looked at"
    assert [one.kind for one in made.resources.values()] == ["pulumi:pulumi:Stack"], (
        "nothing may be registered"
    )
    assert len(made.errors) == 1, made.errors


def test_a_platform_that_was_never_deployed_is_told_with_what_to_deploy_first(program: Program) -> None:
    made = program.up("campus-west", stacks={})
    assert made.exit_code == ALREADY_EXPLAINED, "a wrong name is no reason for a traceback"
    assert made.read == [], "the engine ends a program that reads a stack it does not know"
    assert [one.kind for one in made.resources.values()] == ["pulumi:pulumi:Stack"], (
        "nothing may be registered"
    )
    (told,) = made.errors
    assert "campus-voice:platform is 'organization/campus-voice/dev'" in told, told
    assert "Deploy the platform's stack first: `pulumi up -s organization/campus-voice/dev`" in told, told
