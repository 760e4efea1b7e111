"""Whole programs through the real Pulumi engine: what a user of the stand-ins sees."""

import base64
from pathlib import Path

import yaml

from .control_plane import ControlPlane
from .engine import Engine

VOICE = """
labels = {{"app": "voice"}}
meta = {{"name": "voice", "namespace": "{namespace}"}}
container = {{"name": "server", "image": "voice:1", "resources": {{"requests": {{"cpu": "0.5"}}}}}}
k8s.core.v1.ConfigMap("config", metadata=meta, data={{"colour": "{colour}"}})
k8s.apps.v1.Deployment("deployment", metadata=meta, spec={{
    "replicas": 0,
    "selector": {{"match_labels": labels}},
    "template": {{"metadata": {{"labels": labels}}, "spec": {{"containers": [container]}}}},
}})
ports = [{{"port": 7860}}]
service = k8s.core.v1.Service("service", metadata=meta, spec={{"selector": labels, "ports": ports}})
k8s.networking.v1.NetworkPolicy("policy", metadata=meta, spec={{
    "pod_selector": {{"match_labels": labels}},
    "policy_types": ["Ingress"],
    "ingress": [{{"ports": ports}}],
}})
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
    live = cluster.get(f"/api/v1/namespaces/{namespace}/configmaps/voice")
    assert live is not None
    assert live["data"] == {"colour": "red"}


def test_a_kind_and_its_first_object_come_in_one_update_after_a_preview(
    engine: Engine, cluster: ControlPlane
) -> None:
    engine.program(
        """
        spec = {"type": "object", "x_kubernetes_preserve_unknown_fields": True}
        schema = {"type": "object", "properties": {"spec": spec}}
        version = {"name": "v1", "served": True, "storage": True, "schema": {"open_apiv3_schema": schema}}
        crd = k8s.apiextensions.v1.CustomResourceDefinition("crd", metadata={"name": "bells.first.campus"},
            spec={"group": "first.campus", "scope": "Cluster", "names": {"kind": "Bell", "plural": "bells"},
                  "versions": [version]})
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
        def meta():
            return {{"namespace": "{namespace}", "annotations": {{"pulumi.com/skipAwait": "true"}}}}

        hidden = pulumi.Output.secret("{words[2]}")
        container = {{"name": "c", "image": "i", "env": [{{"name": "E", "value": hidden}}]}}
        k8s.core.v1.Secret("key", metadata=meta(), string_data={{"a": "{words[0]}"}})
        k8s.core.v1.ConfigMap("map", metadata=meta(), data={{"b": pulumi.Output.secret("{words[1]}")}})
        k8s.core.v1.Pod("pod", metadata=meta(), spec={{"containers": [container]}})
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
        names = {"kind": "Bell", "plural": "bells"}
        k8s.apiextensions.v1.CustomResourceDefinition("crd", metadata={"name": "bells.render.campus"},
            spec={"group": "render.campus", "scope": "Cluster", "names": names, "versions": []})
        k8s.apiextensions.CustomResource("bell", api_version="render.campus/v1", kind="Bell",
            metadata={"name": "bell"})
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


def test_a_cluster_that_cannot_be_reached_is_told_in_a_sentence(engine: Engine, namespace: str) -> None:
    engine.set_config("kubernetes:context", "moon")
    engine.program(f'k8s.core.v1.ConfigMap("x", metadata={{"namespace": "{namespace}"}}, data={{}})')
    said = engine.up().expect_failure()
    assert "the configured Kubernetes cluster is unreachable: kubeconfig has no context 'moon'" in said
    assert "Traceback" not in said
