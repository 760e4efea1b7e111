"""Property values on the wire and in state: secrets, unknown values, names."""

from typing import Any

import pytest

from campus_sandbox.providers.kubernetes.checkpoint import (
    Checkpoint,
    read_checkpoint,
    to_object,
    write_checkpoint,
)
from campus_sandbox.providers.kubernetes.naming import adopt_old_name, assign_name
from campus_sandbox.providers.properties import (
    UNKNOWN,
    Secret,
    contains_secret,
    contains_unknown,
    from_struct,
    mark_secrets,
    plain,
    to_struct,
)


def test_values_survive_the_wire() -> None:
    values = {"a": [1, 2.5, True, "x", {}], "b": Secret({"c": UNKNOWN}), "d": UNKNOWN, "e": []}
    assert from_struct(to_struct(values)) == values
    assert isinstance(from_struct(to_struct({"n": 3.0}))["n"], int), "whole numbers arrive as floats"
    assert from_struct(to_struct({"n": None})) == {}


def test_an_engine_that_accepts_no_secrets_gets_plain_values() -> None:
    assert from_struct(to_struct({"a": Secret("b")}, keep_secrets=False)) == {"a": "b"}


def test_secrets_and_unknown_values_are_found_at_any_depth() -> None:
    assert contains_secret({"a": [{"b": Secret(1)}]})
    assert contains_unknown({"a": Secret([UNKNOWN])})
    assert plain({"a": Secret({"b": Secret(1)})}) == {"a": {"b": 1}}
    assert "clear" not in repr(Secret("clear"))


def test_outputs_are_secret_where_inputs_were() -> None:
    outputs: dict[str, Any] = {"spec": {"a": 1, "list": [{"env": 1}]}, "status": 1}
    mark_secrets(
        outputs, {"spec": {"a": Secret(1), "list": [{"env": Secret(1)}]}, "status": 1, "more": Secret(1)}
    )
    assert outputs == {"spec": {"a": Secret(1), "list": Secret([{"env": 1}])}, "status": 1}


def test_recorded_state_is_read_back_as_it_was_written() -> None:
    live = {"kind": "C", "schema": {"x-kubernetes-list-type": "map"}}
    checkpoint = Checkpoint(live, {"kind": "C"}, "manager", "v1")
    written = write_checkpoint(checkpoint, {})
    assert written["schema"] == {"x_kubernetes_list_type": "map"}, "SDKs know these names with underscores"
    assert read_checkpoint(written) == checkpoint
    assert to_object({"x_kubernetes_map_type": 1, "x_other": 2}) == {"x-kubernetes-map-type": 1, "x_other": 2}


def test_a_secrets_contents_are_never_recorded_in_clear() -> None:
    live = {
        "apiVersion": "v1",
        "kind": "Secret",
        "data": {"a": "Yg=="},
        "metadata": {"annotations": {"kubectl.kubernetes.io/last-applied-configuration": "b", "kept": "c"}},
    }
    inputs = {"apiVersion": "v1", "kind": "Secret", "stringData": {"a": "b"}}
    written = write_checkpoint(Checkpoint(live, inputs, "m", "v1"), inputs)
    assert written["data"] == Secret({"a": "Yg=="})
    assert written["__inputs"]["stringData"] == Secret({"a": "b"})
    assert written["metadata"]["annotations"] == {"kept": "c"}


def test_automatic_names_are_the_same_in_preview_and_update_and_differ_between_resources() -> None:
    names = []
    for seed in (b"1", b"1", b"2"):
        obj: dict[str, Any] = {"metadata": {"labels": {}}}
        assign_name(obj, "voice", seed)
        names.append(obj["metadata"]["name"])
    assert names[0] == names[1] != names[2]
    assert names[0].startswith("voice-")
    assert len(names[0]) == len("voice-") + 8


@pytest.mark.parametrize("meta", [{"name": "own"}, {"generateName": "own-"}, {"name": UNKNOWN}, UNKNOWN])
def test_a_name_of_the_programs_own_is_kept(meta: Any) -> None:
    obj = {"metadata": meta}
    assign_name(obj, "voice")
    assert obj == {"metadata": meta}


def test_only_an_automatic_name_is_adopted() -> None:
    fixed: dict[str, Any] = {}
    adopt_old_name(fixed, {"metadata": {"name": "chosen"}})
    assert fixed == {}
    automatic: dict[str, Any] = {}
    adopt_old_name(automatic, {"metadata": {"name": "x-1", "annotations": {"pulumi.com/autonamed": "true"}}})
    assert automatic["metadata"]["name"] == "x-1"
