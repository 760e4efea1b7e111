"""Whole programs through the real Pulumi engine: what a user of the stand-ins sees."""

import base64
from pathlib import Path

import pytest
import yaml

from .control_plane import ControlPlane
from .engine import Engine

VOICE = """
labels = {{"app": "voice"}}
config = k8s.core.v1.ConfigMap("config", metadata={{"name": "config", "namespace": "{namespace}"}}, data={{"colour": "{colour}"}})
deployment = k8s.apps.v1.Deployment("deployment",
    metadata={{"name": "voice", "namespace": "{namespace}"}},
    spec={{"replicas": 0, "selector": {{"match_labels": labels}}, "template": {{"metadata": {{"labels": labels}},
        "spec": {{"containers": [{{"name": "server", "image": "voice:1", "resources": {{"requests": {{"cpu": "0.5"}}}}}}]}}}}}})
service = k8s.core.v1.Service("service", metadata={{"name": "voice", "namespace": "{namespace}"}},
    spec={{"selector": labels, "ports": [{{"port": 7860}}]}})
policy = k8s.networking.v1.NetworkPolicy("policy", metadata={{"name": "voice", "namespace": "{namespace}"}},
    spec={{"pod_selector": {{"match_labels": labels}}, "policy_types": ["Ingress"],
          "ingress": [{{"ports": [{{"port": 7860}}]}}]}})
pulumi.export("address", service.spec.cluster_ip)
"""


def test_a_program_is_brought_up_found_unchanged_and_taken_down(
    engine: Engine, cluster: ControlPlane, namespace: str
) -> None:
    engine.program(VOICE.format(namespace=namespace, colour="blue"))
    engine.up().expect_success()
    assert engine.outputs()["address"].startswith("10.96.")
    assert engine.plan("--expect-no-changes") == {}, "a second preview changes nothing"
    engine.run("refresh", "--yes", "--skip-preview", "--expect-no-changes").expect_success()
    engine.run("destroy", "--yes", "--skip-preview").expect_success()
    assert cluster.get(f"/apis/apps/v1/namespaces/{namespace}/deployments/voice") is None


def test_drift_is_named_exactly_and_repaired(engine: Engine, cluster: ControlPlane, namespace: str) -> None:
    engine.program(VOICE.format(namespace=namespace, colour="blue"))
    engine.up().expect_success()
    policy = f"/apis/networking.k8s.io/v1/namespaces/{namespace}/networkpolicies/voice"
    deployment = f"/apis/apps/v1/namespaces/{namespace}/deployments/voice"
    service = f"/api/v1/namespaces/{namespace}/services/voice"
    cluster.patch(policy, {"spec": {"ingress": [{"ports": [{"port": 22}]}]}}, "kubectl-edit")
    cluster.patch(deployment, {"metadata": {"labels": {"by": "hand"}}}, "kubectl-label")
    cluster.delete(service)
    said = engine.run("preview", "--refresh", "--expect-no-changes").expect_failure()
    assert "no changes were expected" in said
    engine.run("refresh", "--yes", "--skip-preview").expect_success()
    assert engine.plan() == {"service": "create", "policy": "update"}, (
        "only what drifted from the program is touched"
    )
    engine.up().expect_success()
    live = cluster.get(policy)
    assert live is not None
    assert live["spec"]["ingress"][0]["ports"][0]["port"] == 7860
    assert cluster.get(service) is not None
    engine.run("preview", "--refresh", "--expect-no-changes").expect_success()


def test_a_fixed_name_is_deleted_before_its_replacement_is_created(
    engine: Engine, cluster: ControlPlane, namespace: str
) -> None:
    engine.program(VOICE.format(namespace=namespace, colour="blue"))
    engine.up().expect_success()
    engine.program(VOICE.format(namespace=namespace, colour="red"))
    assert engine.plan()["config"] in ("replace", "create-replacement", "delete-replaced")
    engine.up().expect_success()
    live = cluster.get(f"/api/v1/namespaces/{namespace}/configmaps/config")
    assert live is not None
    assert live["data"] == {"colour": "red"}


def test_a_kind_and_its_first_object_come_in_one_update_after_a_preview(
    engine: Engine, cluster: ControlPlane
) -> None:
    engine.program(
        """
        schema = {"type": "object", "properties": {"spec": {"type": "object", "x_kubernetes_preserve_unknown_fields": True}}}
        crd = k8s.apiextensions.v1.CustomResourceDefinition("crd", metadata={"name": "bells.first.campus"},
            spec={"group": "first.campus", "scope": "Cluster", "names": {"kind": "Bell", "plural": "bells"},
                  "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"open_apiv3_schema": schema}}]})
        suffix = random.RandomId("suffix", byte_length=2)
        bell = k8s.apiextensions.CustomResource("bell", api_version="first.campus/v1", kind="Bell",
            metadata={"name": "bell"}, spec={"tone": suffix.hex}, opts=ResourceOptions(depends_on=[crd]))
        """
    )
    planned = engine.plan()
    assert {planned["crd"], planned["bell"]} == {"create"}, (
        "a preview must cope with kinds that do not exist yet"
    )
    engine.up().expect_success()
    live = cluster.get("/apis/first.campus/v1/bells/bell")
    assert live is not None
    assert len(live["spec"]["tone"]) == 4
    engine.run("destroy", "--yes", "--skip-preview").expect_success()
    assert cluster.get("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/bells.first.campus") is None


def test_secrets_are_nowhere_in_clear_in_the_state(engine: Engine, namespace: str) -> None:
    words = ("first-secret", "second-secret", "third-secret")
    engine.program(
        f"""
        k8s.core.v1.Secret("key", metadata={{"namespace": "{namespace}"}}, string_data={{"a": "{words[0]}"}})
        k8s.core.v1.ConfigMap("map", metadata={{"namespace": "{namespace}"}}, data={{"b": pulumi.Output.secret("{words[1]}")}})
        k8s.core.v1.Pod("pod", metadata={{"namespace": "{namespace}", "annotations": {{"pulumi.com/skipAwait": "true"}}}},
            spec={{"containers": [{{"name": "c", "image": "i", "env": [{{"name": "E", "value": pulumi.Output.secret("{words[2]}")}}]}}]}})
        password = random.RandomPassword("password", length=20, min_special=2)
        pulumi.export("password", password.result)
        """
    )
    engine.up().expect_success()
    engine.run("refresh", "--yes", "--skip-preview").expect_success()
    state = engine.state()
    for word in (*words, engine.outputs()["password"]):
        encoded = base64.b64encode(word.encode()).decode()
        assert word not in state, "a secret must be encrypted in the state"
        assert encoded not in state, "so must its base64 form"
        assert encoded.rstrip("=") not in state


def test_rendering_writes_files_and_contacts_no_cluster(engine: Engine, tmp_path: Path) -> None:
    engine.set_environment("KUBECONFIG", str(tmp_path / "no-such-file"))
    engine.set_config("kubernetes:renderYamlToDirectory", str(tmp_path / "out"))
    engine.program(
        """
        k8s.apiextensions.v1.CustomResourceDefinition("crd", metadata={"name": "bells.render.campus"},
            spec={"group": "render.campus", "scope": "Cluster", "names": {"kind": "Bell", "plural": "bells"}, "versions": []})
        k8s.apiextensions.CustomResource("bell", api_version="render.campus/v1", kind="Bell", metadata={"name": "bell"})
        k8s.apps.v1.Deployment("voice", metadata={"name": "voice", "namespace": "north"}, spec={
            "selector": {"match_labels": {"a": "b"}}, "template": {"metadata": {"labels": {"a": "b"}},
            "spec": {"containers": [{"name": "c", "image": "i"}]}}})
        k8s.core.v1.ConfigMap("plain", metadata={"name": "plain"}, data={"a": "b"})
        """
    )
    engine.up().expect_success()
    files = {str(file.relative_to(tmp_path / "out")) for file in (tmp_path / "out").rglob("*.yaml")}
    assert files == {
        "0-crd/apiextensions.k8s.io_v1-customresourcedefinition-default-bells.render.campus.yaml",
        "1-manifest/apps_v1-deployment-north-voice.yaml",
        "1-manifest/render.campus_v1-bell-default-bell.yaml",
        "1-manifest/v1-configmap-default-plain.yaml",
    }
    voice = yaml.safe_load((tmp_path / "out/1-manifest/apps_v1-deployment-north-voice.yaml").read_text())
    assert (voice["kind"], voice["spec"]["selector"]) == ("Deployment", {"matchLabels": {"a": "b"}})


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("kubernetes:context", "moon", "kubeconfig has no context 'moon'; it has test"),
        ("kubernetes:kubeconfig", "/no/such/file", "kubeconfig /no/such/file does not exist"),
    ],
)
def test_a_cluster_that_cannot_be_reached_is_told_in_a_sentence(
    engine: Engine, namespace: str, key: str, value: str, sentence: str
) -> None:
    engine.set_config(key, value)
    engine.program(f'k8s.core.v1.ConfigMap("x", metadata={{"namespace": "{namespace}"}}, data={{}})')
    said = engine.up().expect_failure()
    assert f"the configured Kubernetes cluster is unreachable: {sentence}" in said
    assert "Traceback" not in said
