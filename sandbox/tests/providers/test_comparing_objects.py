"""What counts as a change, and what a change does to the object. No cluster is needed."""

from typing import Any

import pytest

from campus_sandbox.providers.kubernetes.diff import (
    Change,
    deletes_first,
    difference,
    marked_immutable,
    path_text,
    pruned,
    with_dropped_empties,
    without_ignored,
)
from campus_sandbox.providers.kubernetes.kinds import replacing_fields
from campus_sandbox.providers.kubernetes.normalize import comparable, normalized
from campus_sandbox.providers.kubernetes.ownership import apply_ignored, taken_over
from campus_sandbox.providers.kubernetes.quantity import canonical
from campus_sandbox.providers.properties import UNKNOWN


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("1000m", "1"),
        ("0.5", "500m"),
        (2, "2"),
        (0.25, "250m"),
        ("1024Mi", "1Gi"),
        ("1.5Gi", "1536Mi"),
        ("512", "512"),
        ("1000", "1k"),
        ("100M", "100M"),
        ("0", "0"),
        ("0.5Ki", "512"),
        ("0.9765625Ki", "1k"),
        ("voice", None),
        ("1e3", None),
    ],
)
def test_quantities_are_compared_as_the_server_writes_them(written: str | float, stored: str | None) -> None:
    assert canonical(written) == stored


def test_only_quantities_of_built_in_kinds_are_rewritten() -> None:
    spec = {"resources": {"requests": {"cpu": "1000m"}}, "nodeSelector": {"limits": {"cpu": "1000m"}}}
    pod = normalized({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x", "uid": "1"}, "spec": spec})
    assert pod["spec"]["resources"]["requests"]["cpu"] == "1"
    assert pod["spec"]["nodeSelector"]["limits"]["cpu"] == "1000m"
    assert pod["metadata"] == {"name": "x"}, "what only the server sets is no input"
    custom = {"apiVersion": "a.b/v1", "kind": "C", "spec": spec}
    assert normalized(custom)["spec"] == spec, "the server stores custom objects as they are written"


def test_a_definition_may_call_a_property_like_a_list_of_quantities() -> None:
    schema = {"properties": {"requests": {"minimum": 1, "type": "integer"}}}
    definition = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "spec": schema}
    assert normalized(definition) == definition, "a bound of a number is no quantity"


def test_a_secrets_clear_text_is_compared_with_its_encoded_form() -> None:
    given = {
        "apiVersion": "v1",
        "kind": "Secret",
        "stringData": {"a": "b", "c": UNKNOWN},
        "data": {"d": "ZQ=="},
    }
    assert comparable(given)["data"] == {"a": "Yg==", "c": UNKNOWN, "d": "ZQ=="}
    assert "stringData" not in comparable(given)


def test_the_servers_additions_are_cut_off_but_drift_is_kept() -> None:
    live = {
        "spec": {"ports": [{"port": 2, "protocol": "TCP"}, {"port": 3}], "type": "ClusterIP"},
        "status": {},
    }
    assert pruned(live, {"spec": {"ports": [{"port": 1}]}}) == {"spec": {"ports": [{"port": 2}]}}


def test_empty_values_the_server_does_not_store_are_no_difference() -> None:
    inputs = {"spec": {"hostNetwork": False, "containers": [{"name": "a", "env": []}], "replicas": 2}}
    live = {"spec": {"containers": [{"name": "a"}]}}
    assert with_dropped_empties(live, inputs) == {
        "spec": {"hostNetwork": False, "containers": [{"name": "a", "env": []}]}
    }, "a missing value that is not empty is a difference"


def test_every_kind_of_change_is_found_and_named_as_the_engine_names_it() -> None:
    old = {"data": {"a.b": "1", "gone": "x"}, "spec": {"ports": [{"port": 1}, {"port": 2}], "same": 1}}
    new = {"data": {"a.b": "2", "new": "y"}, "spec": {"ports": [{"port": 1}], "same": 1.0, "later": UNKNOWN}}
    found = difference(old, new, ())
    assert {path_text(path): change for path, change in found.changes.items()} == {
        'data["a.b"]': Change.UPDATE,
        "data.gone": Change.DELETE,
        "data.new": Change.ADD,
        "spec.ports[1]": Change.DELETE,
        "spec.later": Change.ADD,
    }


@pytest.mark.parametrize(
    ("old", "new", "replaced"),
    [
        ({"spec": {"selector": {"a": 1}}}, {"spec": {"selector": {"a": 2}}}, {"spec.selector.a"}),
        ({"spec": {"replicas": 1}}, {"spec": {"replicas": 2}}, set()),
        ({}, {"spec": {"selector": {}}}, {"spec"}),
        ({}, {"spec": {"replicas": 1}}, set()),
        ({"metadata": {"name": "a"}}, {"metadata": {"name": "b"}}, {"metadata.name"}),
        ({"metadata": {"name": "a"}}, {"metadata": UNKNOWN}, {"metadata"}),
    ],
)
def test_a_change_at_or_around_an_immutable_field_replaces_the_object(
    old: dict[str, Any], new: dict[str, Any], replaced: set[str]
) -> None:
    fields = replacing_fields({"apiVersion": "apps/v1", "kind": "Deployment"})
    assert {path_text(path) for path in difference(old, new, fields).replacing} == replaced


@pytest.mark.parametrize(
    ("kind", "mutable", "immutable", "replaces"),
    [
        ("ConfigMap", False, False, True),
        ("ConfigMap", True, False, False),
        ("ConfigMap", True, True, True),
        ("Secret", False, False, True),
        ("Secret", True, False, False),
        ("Secret", True, True, True),
    ],
)
def test_data_is_replaced_unless_the_provider_makes_it_mutable(
    kind: str, mutable: bool, immutable: bool, replaces: bool
) -> None:
    obj = {"apiVersion": "v1", "kind": kind, "immutable": immutable}
    fields = replacing_fields(obj, config_map_mutable=mutable, secret_mutable=mutable)
    assert (("data",) in fields) is replaces


def test_the_fields_that_the_server_names_as_immutable_replace_and_all_when_it_names_none_of_them() -> None:
    found = difference({"spec": {"a": 1, "b": 1}}, {"spec": {"a": 2, "b": 2}}, ())
    assert marked_immutable(found, ["spec.a"]).replacing == {("spec", "a")}
    assert marked_immutable(found, ["spec"]).replacing == {("spec", "a"), ("spec", "b")}
    assert marked_immutable(found, ["status"]).replacing == {("spec", "a"), ("spec", "b")}


def test_ignored_paths_are_left_out_of_the_difference() -> None:
    found = difference({"spec": {"a": 1, "ab": 1}}, {"spec": {"a": 2, "ab": 2}}, (("spec", "a"),))
    kept = without_ignored(found, ["spec.a"])
    assert (set(kept.changes), kept.replacing) == ({("spec", "ab")}, set())


@pytest.mark.parametrize(
    ("wanted", "first"),
    [
        ({"name": "a", "namespace": "n"}, True),
        ({"name": "b", "namespace": "n"}, False),
        ({"name": "a", "namespace": "m"}, False),
        ({"name": "a", "namespace": "n", "annotations": {"pulumi.com/autonamed": "true"}}, False),
    ],
)
def test_only_a_fixed_name_in_the_same_place_is_deleted_first(wanted: dict[str, Any], first: bool) -> None:
    live = {"metadata": {"name": "a", "namespace": "n"}, "type": "x"}
    new = {"metadata": wanted, "type": "y"}
    assert deletes_first(difference(live, new, (("type",),)), live, new) is first


def entry(manager: str, operation: str, fields: dict[str, Any], **more: str) -> dict[str, Any]:
    return {"manager": manager, "operation": operation, "fieldsV1": fields, **more}


def test_fields_written_by_kubectl_and_by_our_create_become_ours_and_others_stay() -> None:
    entries = [
        entry("pulumi-kubernetes-1", "Update", {"f:a": {}}),
        entry("kubectl-edit", "Update", {"f:b": {"f:c": {}}}),
        entry("pulumi-kubernetes-2", "Apply", {"f:b": {"f:d": {}}}),
        entry("autoscaler", "Update", {"f:e": {}}),
        entry("kubectl", "Update", {"f:status": {}}, subresource="status"),
    ]
    taken = taken_over({"metadata": {"managedFields": entries}}, "pulumi-kubernetes-2")
    assert taken == [
        entries[3],
        entries[4],
        entry("pulumi-kubernetes-2", "Apply", {"f:a": {}, "f:b": {"f:c": {}, "f:d": {}}}),
    ]
    assert taken_over({"metadata": {"managedFields": taken}}, "pulumi-kubernetes-2") is None, "once is enough"


def test_an_ignored_field_is_left_to_its_owner_and_otherwise_kept_as_it_is() -> None:
    live = {
        "spec": {"replicas": 3, "paused": True},
        "metadata": {
            "managedFields": [
                entry("autoscaler", "Update", {"f:spec": {"f:replicas": {}}}),
                entry("us", "Apply", {"f:spec": {"f:paused": {}}}),
            ]
        },
    }
    wanted = {"spec": {"replicas": 1, "paused": False, "other": 1}}
    sent = apply_ignored(wanted, live, "us", ["spec.replicas", "spec.paused", "spec.absent"])
    assert sent == {"spec": {"paused": True, "other": 1}}
    assert wanted["spec"]["replicas"] == 1, "the inputs themselves stay as they are"
