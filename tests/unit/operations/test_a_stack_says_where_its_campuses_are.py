"""What the operations know of a stack, and what they say when it is not up."""

import json
from pathlib import Path

import pytest

from operations.cluster import connect
from operations.command import carry_out
from operations.errors import OperationError
from operations.outputs import parse_outputs
from operations.smoke.__main__ import main as smoke
from operations.smoke.report import line
from operations.smoke.run import Outcome, chosen
from operations.stack import read_stack
from operations.summary import ca_file_of, words
from tests.unit.operations.stack_values import campus, values

PULUMI = """#!/bin/sh
case "$*" in
*--stack\\ missing*) echo "error: no stack named 'missing' found" >&2; exit 255;;
stack\\ output*) cat outputs.json;;
config*) cat config.json;;
esac
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a `pulumi` that answers from the files beside it."""
    command = tmp_path / "pulumi"
    command.write_text(PULUMI)
    command.chmod(0o755)
    (tmp_path / "outputs.json").write_text(json.dumps(values()))
    (tmp_path / "config.json").write_text("{}")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return tmp_path


def test_a_stack_names_its_campuses_and_its_cluster(project: Path) -> None:
    (project / "config.json").write_text(
        '{"kubernetes:context": {"value": "school"}, "kubernetes:kubeconfig": {"value": "school.yaml"}}'
    )
    stack = read_stack("prod")
    cluster = (stack.kubeconfig, stack.context)
    assert cluster == ("school.yaml", "school"), "the stack's own cluster is looked at, not the current one"
    assert stack.outputs.campuses["north"].envoy_clusters == ("voice_north-ui_7860", "voice_north-api_7860")
    assert stack.outputs.tls["south"].secret_name == "south-tls", "the CA is in the campus's Secret"


@pytest.mark.usefixtures("project")
def test_a_stack_that_names_no_cluster_is_on_the_current_one() -> None:
    stack = read_stack("dev")
    assert (stack.kubeconfig, stack.context) == (None, None), (
        "nothing said means the kubeconfig's current one"
    )


@pytest.mark.parametrize("key", ["kubernetes:kubeconfig", "kubernetes:context"])
def test_a_cluster_that_is_a_secret_is_refused_and_not_taken_for_the_current_one(
    project: Path, key: str
) -> None:
    (project / "config.json").write_text(json.dumps({key: {"value": "hidden", "secret": True}}))
    with pytest.raises(OperationError) as failure:
        read_stack("prod")
    assert f"its `{key}` is a secret" in failure.value.why, "the setting is named"
    assert f"pulumi config rm {key} --stack prod" in failure.value.way_out, "the way out can be copied"
    assert "KUBECONFIG" in failure.value.way_out, "another way to name the cluster is told"
    assert "hidden" not in str(failure.value), "a secret is never shown"


KUBECONFIG = """
clusters: [{name: school, cluster: {server: "https://school.example:6443"}}]
users: [{name: me, user: {token: x}}]
contexts: [{name: school, context: {cluster: school, user: me}}]
current-context: school
"""


def test_a_kubeconfig_may_be_a_file_or_its_contents(tmp_path: Path) -> None:
    (tmp_path / "kubeconfig").write_text(KUBECONFIG)
    for kubeconfig in (str(tmp_path / "kubeconfig"), KUBECONFIG):
        with pytest.raises(OperationError) as failure:
            connect(kubeconfig, "shool")
        assert failure.value.what == "The cluster 'shool' is not known", (
            "a context that is not in it is named"
        )
        connect(kubeconfig, "school")


def test_without_a_kubeconfig_the_way_to_a_cluster_is_told(tmp_path: Path) -> None:
    with pytest.raises(OperationError) as failure:
        connect(str(tmp_path / "none"))
    assert "`make up` starts the sandbox" in failure.value.way_out, "no cluster is no reason for a traceback"


@pytest.mark.usefixtures("project")
def test_a_stack_that_does_not_exist_is_said_so_in_pulumis_words() -> None:
    with pytest.raises(OperationError) as failure:
        read_stack("missing")
    assert str(failure.value) == (
        "Stack missing cannot be read: no stack named 'missing' found. "
        "Bring it up with `make up STACK=missing`, or name another one with STACK=."
    ), "what, why and the way out, in one line"


def test_without_pulumi_the_way_to_it_is_told(project: Path) -> None:
    (project / "pulumi").unlink()
    with pytest.raises(OperationError) as failure:
        read_stack("dev")
    assert "no `pulumi` on PATH" in failure.value.why, "the missing program is named"


def test_a_stack_that_was_never_brought_up_says_so() -> None:
    with pytest.raises(OperationError) as failure:
        parse_outputs("dev", {})
    assert failure.value.way_out == "Run `make up STACK=dev` first.", "an empty stack has nothing to look at"


def test_outputs_of_another_shape_are_named_field_by_field() -> None:
    given = values() | {"backends": None, "campuses": {}}
    with pytest.raises(OperationError) as failure:
        parse_outputs("dev", given)
    for field in ("campuses", "backends"):
        assert f"{field}: " in failure.value.why, "every field at once"


def test_a_campus_with_a_stack_of_its_own_is_left_to_it() -> None:
    west = parse_outputs("dev", values()).campuses["west"]
    words_for_west = line(Outcome("west", west.url, own_stack=True))
    assert west.backend is None, "the platform stack has no speech server for it"
    assert words_for_west.endswith("make smoke STACK=campus-west"), "the stack that speaks for it is told"


def test_a_proof_that_asks_no_campus_fails_with_the_stacks_to_ask(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["smoke", "--campus", "west"])
    assert carry_out(smoke) == 1, "nothing was proven, so the shell is told of a failure"
    assert "`make smoke STACK=campus-west`" in capsys.readouterr().err, "the stack that can be asked is named"

    given = values()
    given["campuses"] = {name: campus(name, None) for name in ("west", "east")}
    (project / "outputs.json").write_text(json.dumps(given))
    monkeypatch.setattr("sys.argv", ["smoke"])
    assert carry_out(smoke) == 1, "a stack of nothing but such campuses proves nothing either"
    assert "STACK=campus-west`, `make smoke STACK=campus-east`." in capsys.readouterr().err, "each is named"


def test_every_stack_has_a_file_of_its_own_for_its_ca() -> None:
    stacks = ("dev", "campus-west", "organization/campus-voice/prod")
    assert [str(ca_file_of(stack)) for stack in stacks] == [
        ".sandbox/dev-ca.crt",
        ".sandbox/campus-west-ca.crt",
        ".sandbox/prod-ca.crt",
    ], "one stack's CA is never written over another's"


def test_an_unknown_campus_is_refused_with_those_there_are() -> None:
    with pytest.raises(OperationError) as failure:
        chosen(parse_outputs("dev", values()), ["north", "norht"])
    assert str(failure.value).startswith("There is no campus norht: this stack has north, south, west.")


def test_a_problem_is_one_sentence_and_exit_code_one(capsys: pytest.CaptureFixture[str]) -> None:
    def main(_: object) -> int:
        raise OperationError("It fails", "of this", "Do that.")

    assert carry_out(main) == 1, "a failure is told to the shell"
    assert capsys.readouterr().err == "It fails: of this. Do that.\n", (
        "no traceback for what a person must solve"
    )


@pytest.mark.parametrize(
    ("ca_file", "curl"),
    [
        (
            ca_file_of("dev"),
            "curl --cacert .sandbox/dev-ca.crt https://north.voice.localhost/v1/voices",
        ),
        (None, "curl https://north.voice.localhost/v1/voices"),
    ],
)
def test_make_up_ends_with_the_urls_and_a_command_that_works_as_written(
    ca_file: Path | None, curl: str
) -> None:
    said = words("dev", parse_outputs("dev", values()), ca_file)
    assert f"  {curl}\n" in said, "the line can be copied as it is"
    for name in ("north", "south", "west"):
        assert f"https://{name}.voice.localhost/" in said, "every campus has its address"
    assert said.count("STACK=campus-west") == said.count("STACK=campus-") == 1, (
        "one campus needs its own stack"
    )
    assert ("import it into your browser" in said) is (ca_file is not None), "a public CA needs no import"
