"""Single objects on a real API server: created, changed, read, replaced and deleted."""

from dataclasses import replace
from typing import Any

import pytest

from campus_sandbox.providers.properties import Secret, plain

from .control_plane import ControlPlane
from .driver import FailedError, Provider
from .manifests import (
    CONFIG_MAP,
    CRD,
    DEPLOYMENT,
    SECRETS,
    SERVICE,
    config_map,
    crd,
    custom,
    custom_type,
    deployment,
    service,
)


def live_config_map(cluster: ControlPlane, namespace: str, name: str = "settings") -> dict[str, Any]:
    live = cluster.get(f"/api/v1/namespaces/{namespace}/configmaps/{name}")
    assert live is not None, f"ConfigMap {namespace}/{name} must exist"
    return live


def unawaited(manifest: dict[str, Any]) -> dict[str, Any]:
    meta = {**manifest["metadata"], "annotations": {"pulumi.com/skipAwait": "true"}}
    return {**manifest, "metadata": meta}


def test_an_object_without_a_name_gets_the_resources_name_and_keeps_it(
    provider: Provider, cluster: ControlPlane, namespace: str
) -> None:
    made = provider.create(CONFIG_MAP, config_map(namespace, None, colour="blue"), name="shades")
    name = made.identity.removeprefix(f"{namespace}/")
    assert name.startswith("shades-"), "automatic names begin with the resource's name"
    assert live_config_map(cluster, namespace, name)["data"] == {"colour": "blue"}
    again = provider.check(CONFIG_MAP, "shades", config_map(namespace, None, colour="red"), made)
    assert again["metadata"]["name"] == name, "an automatic name stays when other inputs change"


def test_an_object_without_a_namespace_goes_into_the_default_one(provider: Provider) -> None:
    checked = provider.check(
        CONFIG_MAP, "x", {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}}
    )
    assert checked["metadata"]["namespace"] == "default"
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "x"}}
    checked = provider.check("kubernetes:rbac.authorization.k8s.io/v1:ClusterRole", "x", role)
    assert "namespace" not in checked["metadata"], "cluster-scoped objects have no namespace"


def test_creating_what_exists_fails_and_leaves_it_alone(
    provider: Provider, cluster: ControlPlane, namespace: str
) -> None:
    cluster.create(f"/api/v1/namespaces/{namespace}/configmaps", config_map(namespace, colour="blue"))
    with pytest.raises(FailedError, match=r"already exists\. Import it .* \(upsertExistingObjects\)"):
        provider.create(CONFIG_MAP, config_map(namespace, colour="red"))
    assert live_config_map(cluster, namespace)["data"] == {"colour": "blue"}


def test_an_adopting_provider_takes_over_what_exists(
    provider: Provider, cluster: ControlPlane, namespace: str
) -> None:
    cluster.create(f"/api/v1/namespaces/{namespace}/configmaps", config_map(namespace, colour="blue"))
    with Provider.started(kubeconfig=str(cluster.kubeconfig), upsertExistingObjects=True) as adopting:
        made = adopting.create(CONFIG_MAP, config_map(namespace, colour="blue", size="big"))
    assert made.identity == f"{namespace}/settings"
    assert live_config_map(cluster, namespace)["data"] == {"colour": "blue", "size": "big"}


@pytest.mark.parametrize("manager", ["kubectl-edit", "kubectl-client-side-apply"])
def test_an_edit_with_kubectl_is_repaired_without_a_conflict(
    provider: Provider, cluster: ControlPlane, namespace: str, manager: str
) -> None:
    made = provider.create(SERVICE, service(namespace, selector={}))
    path = f"/api/v1/namespaces/{namespace}/services/voice"
    cluster.patch(path, {"spec": {"sessionAffinity": "ClientIP"}}, manager)
    cluster.patch(path, {"spec": {"ports": [{"port": 7860, "targetPort": 1}]}}, manager)
    wanted = service(
        namespace, selector={}, ports=[{"port": 7860, "targetPort": 7860}], sessionAffinity="None"
    )
    provider.update(made, wanted)
    live = cluster.get(path)
    assert live is not None
    assert (live["spec"]["sessionAffinity"], live["spec"]["ports"][0]["targetPort"]) == ("None", 7860)


def test_a_field_of_another_manager_is_a_conflict_that_names_both(
    provider: Provider, cluster: ControlPlane, namespace: str
) -> None:
    made = provider.create(DEPLOYMENT, unawaited(deployment(namespace)))
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments/voice"
    cluster.patch(path, {"spec": {"replicas": 3}}, "autoscaler")
    wanted = unawaited(deployment(namespace, replicas=2))
    with pytest.raises(
        FailedError, match=r'\.spec\.replicas \(conflict with "autoscaler".*pulumi\.com/patchForce'
    ):
        provider.update(made, wanted)
    wanted["metadata"]["annotations"]["pulumi.com/patchForce"] = "true"
    provider.update(made, wanted)
    live = cluster.get(path)
    assert live is not None
    assert live["spec"]["replicas"] == 2, "patchForce takes the field over"


def test_ignored_changes_leave_another_managers_value_alone(
    provider: Provider, cluster: ControlPlane, namespace: str
) -> None:
    made = provider.create(DEPLOYMENT, unawaited(deployment(namespace)))
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments/voice"
    cluster.patch(path, {"spec": {"replicas": 3}}, "autoscaler")
    wanted = unawaited(deployment(namespace, replicas=2, minReadySeconds=5))
    assert set(provider.diff(made, wanted, ignore=("spec.replicas",)).changes) == {"spec.minReadySeconds"}
    provider.update(made, wanted, ignore=("spec.replicas",))
    live = cluster.get(path)
    assert live is not None
    assert (live["spec"]["replicas"], live["spec"]["minReadySeconds"]) == (3, 5)


def test_what_the_server_adds_or_rewrites_is_no_change(provider: Provider, namespace: str) -> None:
    for token, manifest in (
        (DEPLOYMENT, unawaited(deployment(namespace))),
        (SERVICE, service(namespace, selector={})),
        (SECRETS, {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": namespace},
                  "stringData": {"key": "clear"}}),
    ):  # fmt: skip
        made = provider.create(token, manifest)
        assert provider.diff(made, manifest).changes == {}, (
            f"{token}: an unchanged program must change nothing"
        )
        refreshed = provider.read(made)
        assert refreshed is not None
        assert provider.diff(refreshed, manifest).changes == {}, f"{token}: nor must it after a refresh"
        assert plain(refreshed.inputs) == plain(made.inputs), (
            f"{token}: a refresh of an unchanged object finds nothing"
        )


def test_a_changed_selector_replaces_a_deployment_and_a_fixed_name_means_delete_first(
    provider: Provider, namespace: str
) -> None:
    made = provider.create(DEPLOYMENT, unawaited(deployment(namespace)))
    changed = unawaited(deployment(namespace, selector={"matchLabels": {"app": "other"}}))
    plan = provider.diff(made, changed)
    assert plan.replaces == ("spec.selector.matchLabels.app",)
    assert plan.delete_first, "two objects cannot have the same name"


def test_an_automatic_name_allows_create_before_delete(provider: Provider, namespace: str) -> None:
    made = provider.create(CONFIG_MAP, config_map(namespace, None, colour="blue"))
    plan = provider.diff(made, config_map(namespace, None, colour="red"))
    assert plan.replaces == ("data.colour",), (
        "a ConfigMap's data is replaced unless the provider says otherwise"
    )
    assert not plan.delete_first


def test_mutable_config_maps_are_updated_in_place(cluster: ControlPlane, namespace: str) -> None:
    with Provider.started(kubeconfig=str(cluster.kubeconfig), enableConfigMapMutable="true") as provider:
        made = provider.create(CONFIG_MAP, config_map(namespace, colour="blue"))
        plan = provider.diff(made, config_map(namespace, colour="red"))
        assert (plan.changes, plan.replaces) == ({"data.colour": "UPDATE"}, ())
        provider.update(made, config_map(namespace, colour="red"))
    assert live_config_map(cluster, namespace)["data"] == {"colour": "red"}


def test_a_field_that_the_server_calls_immutable_means_replacement(
    provider: Provider, namespace: str
) -> None:
    rule = {"rule": "self.owner == oldSelf.owner", "message": "owner is immutable"}
    provider.create(CRD, crd("Fixed", **{"x-kubernetes-validations": [rule],
                                         "properties": {"owner": {"type": "string"}}}))  # fmt: skip
    made = provider.create(custom_type("Fixed"), custom("Fixed", namespace, owner="north"))
    plan = provider.diff(made, custom("Fixed", namespace, owner="south"))
    assert plan.replaces == ("spec.owner",)
    assert plan.delete_first
    same = provider.diff(made, custom("Fixed", namespace, owner="north", colour="blue"))
    assert (same.changes, same.replaces) == ({"spec.colour": "ADD"}, ()), "other fields change in place"


def test_a_refresh_finds_exactly_the_drifted_field_and_the_update_repairs_it(
    provider: Provider, cluster: ControlPlane, namespace: str
) -> None:
    wanted = service(namespace, selector={})
    made = provider.create(SERVICE, wanted)
    path = f"/api/v1/namespaces/{namespace}/services/voice"
    cluster.patch(path, {"spec": {"ports": [{"port": 80}]}}, "kubectl-edit")
    refreshed = provider.read(made)
    assert refreshed is not None
    assert provider.diff(refreshed, wanted).changes == {"spec.ports[0].port": "UPDATE"}
    provider.update(refreshed, wanted)
    live = cluster.get(path)
    assert live is not None
    assert [port["port"] for port in live["spec"]["ports"]] == [7860]


def test_an_object_deleted_behind_pulumis_back_is_gone_for_refresh_and_delete(
    provider: Provider, cluster: ControlPlane, namespace: str
) -> None:
    made = provider.create(CONFIG_MAP, config_map(namespace))
    cluster.delete(f"/api/v1/namespaces/{namespace}/configmaps/settings")
    assert provider.read(made) is None
    provider.delete(made)


def test_an_object_that_is_only_looked_at_is_the_same_at_every_refresh(
    provider: Provider, cluster: ControlPlane, namespace: str
) -> None:
    cluster.create(f"/api/v1/namespaces/{namespace}/services", service(namespace, selector={}))
    looked_at = replace(provider.import_(SERVICE, f"{namespace}/voice"), inputs={})
    again = provider.read(looked_at)
    assert again is not None
    assert plain(again.outputs) == plain(looked_at.outputs), "a refresh finds nothing"


def test_an_imported_object_needs_no_change_when_the_program_describes_it(
    provider: Provider, cluster: ControlPlane, namespace: str
) -> None:
    cluster.create(f"/api/v1/namespaces/{namespace}/services", service(namespace, selector={}))
    imported = provider.import_(SERVICE, f"{namespace}/voice")
    assert imported.inputs["spec"]["ports"][0]["port"] == 7860
    assert "status" not in imported.inputs
    assert "uid" not in imported.inputs["metadata"]
    assert provider.diff(imported, imported.inputs).changes == {}


def test_a_delete_waits_for_the_objects_end_and_says_what_keeps_it(
    provider: Provider, cluster: ControlPlane, namespace: str
) -> None:
    manifest = config_map(namespace)
    manifest["metadata"]["finalizers"] = ["campus.test/backup"]
    made = provider.create(CONFIG_MAP, manifest)
    with pytest.raises(FailedError, match=r"was still there 1 s after its deletion: .*campus\.test/backup"):
        provider.delete(made, timeout=1)
    cluster.patch(f"/api/v1/namespaces/{namespace}/configmaps/settings", {"metadata": {"finalizers": None}})
    provider.delete(made)
    assert cluster.get(f"/api/v1/namespaces/{namespace}/configmaps/settings") is None


def test_secret_contents_and_secret_inputs_stay_secret(provider: Provider, namespace: str) -> None:
    manifest = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "key", "namespace": namespace},
        "stringData": {"password": "not marked as secret"},
    }
    made = provider.create(SECRETS, manifest)
    refreshed = provider.read(made)
    assert refreshed is not None
    for seen in (made, refreshed):
        for values in (seen.outputs, seen.inputs, seen.outputs["__inputs"]):
            shown = {key: value for key, value in values.items() if key in ("data", "stringData")}
            assert shown, "the contents are part of what is recorded"
            assert all(isinstance(value, Secret) for value in shown.values()), (
                "a Secret's contents are secret"
            )
    template = config_map(namespace, token=Secret("s3cret"))
    mapped = provider.create(CONFIG_MAP, template)
    assert isinstance(mapped.outputs["data"]["token"], Secret), "what came from a secret input stays secret"


def test_a_refused_object_is_told_in_the_servers_words(provider: Provider, namespace: str) -> None:
    with pytest.raises(
        FailedError, match=r"Service .*/voice was not created: .*spec\.ports\[0\]\.port.*must be between"
    ):
        provider.create(SERVICE, service(namespace, ports=[{"port": 0}]))


def test_a_missing_kind_is_told_with_its_likely_cause(provider: Provider, namespace: str) -> None:
    lost = custom("Nowhere", namespace)
    made = provider.create(custom_type("Nowhere"), lost, preview=True)
    assert made.outputs["kind"] == "Nowhere", "a preview must cope with a kind that does not exist yet"


@pytest.mark.parametrize(
    ("token", "inputs", "message"),
    [
        ("kubernetes:core/v1:ConfigMapPatch", {"kind": "ConfigMap"}, "does not support patch resources"),
        ("kubernetes:helm.sh/v3:Release", {"chart": "x"}, "does not support Helm releases"),
        (CONFIG_MAP, {"metadata": {"generateName": "x"}}, "generateName does not work"),
        (
            CONFIG_MAP,
            {"metadata": {"name": "x", "annotations": {"pulumi.com/waitFor": "Ready"}}},
            'must begin with "condition=" or "jsonpath="',
        ),
    ],
)
def test_what_the_stand_in_cannot_do_is_refused_before_anything_is_made(
    provider: Provider, token: str, inputs: dict[str, Any], message: str
) -> None:
    with pytest.raises(AssertionError, match=message):
        provider.check(token, "x", inputs)
