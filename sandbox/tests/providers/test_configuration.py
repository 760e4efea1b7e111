"""Where the provider finds its cluster, and what a change of its arguments means."""

import base64
from pathlib import Path
from typing import Any

import pytest
import yaml

from campus_sandbox.providers.kubernetes import kubeconfig
from campus_sandbox.providers.kubernetes.render import render
from campus_sandbox.providers.kubernetes.session import ApiError, Session, UnreachableError
from campus_sandbox.providers.kubernetes.settings import Settings, changed_arguments, conflicts
from campus_sandbox.providers.properties import UNKNOWN


def config(**user: Any) -> dict[str, Any]:
    return {
        "current-context": "one",
        "clusters": [{"name": "c", "cluster": {"server": "http://127.0.0.1:1/"}}],
        "users": [{"name": "u", "user": user}],
        "contexts": [
            {"name": "one", "context": {"cluster": "c", "user": "u", "namespace": "voice"}},
            {"name": "lost", "context": {"cluster": "nowhere", "user": "u"}},
        ],
    }


def test_the_current_context_says_server_namespace_and_credentials() -> None:
    found = kubeconfig.connection(kubeconfig.load(yaml.safe_dump(config(token="t"))))
    assert (found.context, found.server, found.namespace) == ("one", "http://127.0.0.1:1", "voice")
    assert found.headers == {"Authorization": "Bearer t"}


def test_a_password_is_sent_as_basic_authentication() -> None:
    found = kubeconfig.connection(config(username="a", password="b"))
    assert found.headers == {"Authorization": "Basic " + base64.b64encode(b"a:b").decode()}


@pytest.mark.parametrize(
    ("user", "context", "message"),
    [
        ({}, "moon", "no context 'moon'; it has one, lost"),
        ({}, "lost", "context 'lost' names no cluster"),
        ({"exec": {"command": "aws"}}, "one", "which only the official provider supports"),
    ],
)
def test_a_context_that_cannot_be_used_is_told_why(user: dict[str, Any], context: str, message: str) -> None:
    with pytest.raises(kubeconfig.KubeconfigError, match=message):
        kubeconfig.connection(config(**user), context)


def test_several_files_are_merged_and_the_first_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.write_text(yaml.safe_dump({"current-context": "lost"}))
    second.write_text(yaml.safe_dump(config()))
    monkeypatch.setenv("KUBECONFIG", f"{first}:{second}:{tmp_path / 'missing'}")
    merged = kubeconfig.load("")
    assert merged["current-context"] == "lost"
    assert kubeconfig.connection(merged, "one").server == "http://127.0.0.1:1"


@pytest.mark.parametrize(
    ("contents", "message"),
    [(None, "does not exist"), ("a: [", "is not YAML"), ("- a", "is not a kubeconfig")],
)
def test_a_file_that_is_no_kubeconfig_is_named(tmp_path: Path, contents: str | None, message: str) -> None:
    file = tmp_path / "config"
    if contents is not None:
        file.write_text(contents)
    with pytest.raises(kubeconfig.KubeconfigError, match=message) as failure:
        kubeconfig.load(str(file))
    assert str(file) in str(failure.value)


def test_a_server_that_does_not_answer_is_named_with_its_context() -> None:
    with pytest.raises(UnreachableError) as failure:
        Session.open(Settings(kubeconfig=yaml.safe_dump(config())))
    assert str(failure.value) == 'context "one" at http://127.0.0.1:1 did not answer: Connection refused'


def test_arguments_win_over_environment_variables() -> None:
    environment = {"PULUMI_K8S_ENABLE_PATCH_FORCE": "true", "PULUMI_K8S_UPSERT_EXISTING_OBJECTS": "true"}
    found = Settings.read({"enablePatchForce": False, "enableSecretMutable": "true"}, environment)
    assert (found.patch_force, found.upsert, found.secret_mutable) == (False, True, True)
    assert found.render_to is None
    assert Settings.read({"renderYamlToDirectory": "out"}, {}).render_to == Path("out")


def test_rendering_excludes_a_cluster() -> None:
    assert conflicts({"renderYamlToDirectory": "out", "context": "c", "kubeconfig": ""}) == ["context"]
    assert conflicts({"context": "c"}) == []


@pytest.mark.parametrize(
    ("old", "new", "replacing"),
    [
        ({"context": "one"}, {"context": "two"}, []),
        ({"renderYamlToDirectory": "a"}, {"renderYamlToDirectory": "b"}, ["renderYamlToDirectory"]),
        ({"kubeconfig": "x"}, {"kubeconfig": UNKNOWN}, ["kubeconfig"]),
        (
            {"clusterIdentifier": "a", "kubeconfig": "1\n"},
            {"clusterIdentifier": "a", "kubeconfig": "2\n"},
            [],
        ),
        ({"clusterIdentifier": "a"}, {"clusterIdentifier": "b"}, ["clusterIdentifier"]),
    ],
)
def test_only_another_cluster_or_folder_replaces_everything(
    old: dict[str, Any], new: dict[str, Any], replacing: list[str]
) -> None:
    changed, found = changed_arguments(old, new)
    assert changed, "a changed argument is at least an update"
    assert found == replacing


def test_new_credentials_are_an_update_and_a_new_server_is_another_cluster() -> None:
    before = {"kubeconfig": yaml.safe_dump(config(token="1"))}
    assert changed_arguments(before, {"kubeconfig": yaml.safe_dump(config(token="2"))}) == (
        ["kubeconfig"],
        [],
    )
    moved = config()
    moved["clusters"][0]["cluster"]["server"] = "https://elsewhere"
    after = {"kubeconfig": yaml.safe_dump(moved)}
    assert changed_arguments(before, after) == (["kubeconfig"], ["kubeconfig"])


@pytest.mark.parametrize(
    ("message", "causes", "fields"),
    [
        ("x", [("FieldValueInvalid", "spec.a", "field is immutable")], ("spec.a",)),
        ("Forbidden: updates to statefulset spec for fields other than", [], ("",)),
        ("spec.a: Invalid value", [("FieldValueInvalid", "spec.a", "must be positive")], ()),
    ],
)
def test_an_immutable_field_is_told_from_a_wrong_value(message: str, causes: Any, fields: Any) -> None:
    assert ApiError(422, "Invalid", message, causes).immutable_fields == fields


def test_rendered_files_are_readable_by_their_owner_only(tmp_path: Path) -> None:
    obj = {"kind": "Secret", "apiVersion": "v1", "metadata": {"name": "k"}, "data": {"z": "1", "a": "2"}}
    file = render(obj, tmp_path / "out")
    assert file.stat().st_mode & 0o777 == 0o600, "a rendered Secret is in clear"
    assert file.read_text().index("apiVersion") < file.read_text().index("kind"), (
        "keys are sorted: same bytes each time"
    )
