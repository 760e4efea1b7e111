"""What `kill -9` of `pulumi up` leaves in the sandbox, and how the next run goes on from there."""

from .control_plane import ControlPlane, wait_until
from .engine import Engine
from .manifests import RUNNING

UP = ("pulumi", "up", "--yes", "--skip-preview", "--color", "never")
ROLL_OUTS = """
def deployment(resource, app, **meta):
    labels = {{"app": app}}
    pod = {{"containers": [{{"name": "server", "image": "voice:1"}}]}}
    return k8s.apps.v1.Deployment(resource, metadata={{"namespace": "{namespace}", **meta}}, spec={{
        "selector": {{"match_labels": labels}},
        "template": {{"metadata": {{"labels": labels}}, "spec": pod}},
    }}, opts=ResourceOptions(depends_on=[key]))

key = k8s.core.v1.Secret("key", metadata={{"name": "key", "namespace": "{namespace}"}},
    string_data={{"word": "hidden-word"}})
named = deployment("named", "voice", name="voice")
nameless = deployment("nameless", "other")
k8s.core.v1.ConfigMap("after", metadata={{"name": "after", "namespace": "{namespace}"}}, data={{"a": "b"}},
    opts=ResourceOptions(depends_on=[named, nameless]))
"""


def both_roll_out(cluster: ControlPlane, namespace: str, *apps: str) -> bool:
    """Whether each Deployment has a pod, which nobody lets become ready."""
    return all(cluster.pods(namespace, f"app={app}") for app in apps)


def test_the_next_run_goes_on_where_an_update_was_killed(
    engine: Engine, cluster: ControlPlane, namespace: str
) -> None:
    engine.program(ROLL_OUTS.format(namespace=namespace))
    killed = engine.up_killed(lambda: both_roll_out(cluster, namespace, "voice", "other"), "both roll-outs")
    assert "locked by 1 lock(s)" in engine.up().expect_failure(), "this is what a user would meet"
    deployments = f"/apis/apps/v1/namespaces/{namespace}/deployments"
    made = {item["metadata"]["uid"] for item in (cluster.get(deployments) or {})["items"]}

    said = engine.in_sandbox("true").expect_success().output
    assert f"Pulumi stack dev: removed the lock of process {killed}, which was killed" in said
    assert f"a killed update made Deployment {namespace}/voice, the next one goes on with it" in said
    unready = [one["type"] for one in engine.resources() if one.get("initErrors")]
    assert unready == ["kubernetes:apps/v1:Deployment"] * 2, "the next update must wait for what was made"

    for app in ("voice", "other"):
        cluster.set_pod_status(cluster.pod(namespace, f"app={app}"), RUNNING)
    said = engine.in_sandbox(*UP).expect_success().output
    assert "pending" not in said
    assert {item["metadata"]["uid"] for item in (cluster.get(deployments) or {})["items"]} == made, (
        "nothing is made twice, and nothing of what was made is lost"
    )
    assert cluster.get(f"/api/v1/namespaces/{namespace}/configmaps/after") is not None
    assert engine.plan("--expect-no-changes") == {}
    assert "hidden-word" not in engine.state(), "secrets stay encrypted on the way"
    assert engine.in_sandbox("true").output == "", "there is nothing left to mend"


def test_what_a_killed_update_had_not_made_yet_is_made_by_the_next_run(
    engine: Engine, cluster: ControlPlane, namespace: str
) -> None:
    later = f"{namespace}-later"
    engine.program(
        f'k8s.core.v1.ConfigMap("it", metadata={{"name": "it", "namespace": "{later}"}}, data={{}})'
    )
    engine.up_killed(lambda: "ConfigMap::it" in engine.state(), "the create")
    wait_until(
        lambda: not engine.left_behind("campus_sandbox.providers.kubernetes"),
        "the end of the plugin, which waits for the namespace",
        10,
    )
    meta = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": later}}
    cluster.create("/api/v1/namespaces", meta)
    assert engine.in_sandbox("true").expect_success().output.count("\n") == 1, "only the lock is to mend"
    assert "pending" not in engine.in_sandbox(*UP).expect_success().output
    assert engine.plan("--expect-no-changes") == {}


def test_a_killed_replacement_is_finished_by_the_next_run(
    engine: Engine, cluster: ControlPlane, namespace: str
) -> None:
    source = ROLL_OUTS.format(namespace=namespace)
    engine.program(source)
    engine.up_killed(lambda: both_roll_out(cluster, namespace, "voice", "other"), "both roll-outs")
    for app in ("voice", "other"):
        cluster.set_pod_status(cluster.pod(namespace, f"app={app}"), RUNNING)
    engine.in_sandbox(*UP).expect_success()
    # A changed selector replaces a Deployment: delete before create for a given name, else the other way.
    engine.program(source.replace('labels = {"app": app}', 'labels = {"app": app + "-new"}'))
    engine.up_killed(lambda: both_roll_out(cluster, namespace, "voice-new", "other-new"), "both replacements")
    for app in ("voice-new", "other-new"):
        cluster.set_pod_status(cluster.pod(namespace, f"app={app}"), RUNNING)
    assert "pending" not in engine.in_sandbox(*UP).expect_success().output
    assert engine.plan("--expect-no-changes") == {}
    left = (cluster.get(f"/apis/apps/v1/namespaces/{namespace}/deployments") or {})["items"]
    assert sorted(item["spec"]["selector"]["matchLabels"]["app"] for item in left) == [
        "other-new",
        "voice-new",
    ]
