"""Waiting for real objects whose pods, volumes and conditions the test plays."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from .control_plane import ControlPlane, wait_until
from .driver import FailedError, Provider, Resource
from .manifests import (
    CLAIM,
    CRD,
    DAEMON_SET,
    DEPLOYMENT,
    JOB,
    RUNNING,
    SERVICE,
    claim,
    crd,
    custom,
    custom_type,
    deployment,
    job,
    pod_template,
    service,
)

IN_BACKGROUND = Callable[..., "Future[Resource]"]


@pytest.fixture
def in_background(provider: Provider) -> Iterator[IN_BACKGROUND]:
    """`create`, going on while the test changes the cluster."""
    with ThreadPoolExecutor(1) as pool:
        yield lambda *arguments, **options: pool.submit(provider.create, *arguments, **options)


def waiting_container(reason: str, message: str) -> dict[str, Any]:
    state = {"waiting": {"reason": reason, "message": message}}
    status = {
        "name": "server",
        "image": "voice:1",
        "imageID": "",
        "ready": False,
        "restartCount": 0,
        "state": state,
    }
    return {"phase": "Pending", "containerStatuses": [status]}


def test_a_deployment_is_done_when_its_pods_are_available(
    in_background: IN_BACKGROUND, cluster: ControlPlane, namespace: str
) -> None:
    made = in_background(DEPLOYMENT, deployment(namespace))
    pod = cluster.pod(namespace, "app=voice")
    assert not made.done(), "a pod that does not run yet is no rolled-out Deployment"
    cluster.set_pod_status(pod, RUNNING)
    assert made.result(30).outputs["status"]["availableReplicas"] == 1


def test_a_stuck_roll_out_fails_at_its_deadline_with_the_pods_reason(
    in_background: IN_BACKGROUND, cluster: ControlPlane, namespace: str
) -> None:
    made = in_background(DEPLOYMENT, deployment(namespace, progressDeadlineSeconds=1))
    pod = cluster.pod(namespace, "app=voice")
    cluster.set_pod_status(pod, waiting_container("ImagePullBackOff", 'Back-off pulling image "voice:1"'))
    with pytest.raises(
        FailedError, match=r"Deployment .*/voice failed: .*ImagePullBackOff: Back-off pulling image"
    ) as failure:
        made.result(60)
    assert failure.value.identity == f"{namespace}/voice"
    assert failure.value.state is not None, "what was made must be recorded even though it failed"
    assert failure.value.state["metadata"]["name"] == "voice"


def test_a_timeout_says_what_was_waited_for_and_what_was_seen_last(
    provider: Provider, namespace: str
) -> None:
    with pytest.raises(FailedError) as failure:
        provider.create(DEPLOYMENT, deployment(namespace), timeout=2)
    said = str(failure.value)
    assert f"Deployment {namespace}/voice was not ready after 2 s: waiting for" in said
    assert "0 of 1 updated replicas available" in said
    assert "last seen: " in said
    assert "Available=False" in said, "the last status conditions are told"


def test_the_annotation_sets_the_timeout_and_skip_await_sets_none(provider: Provider, namespace: str) -> None:
    impatient = deployment(namespace)
    impatient["metadata"]["annotations"] = {"pulumi.com/timeoutSeconds": "1"}
    with pytest.raises(FailedError, match="not ready after 1 s"):
        provider.create(DEPLOYMENT, impatient)
    carefree = service(namespace, type="LoadBalancer")
    carefree["metadata"]["annotations"] = {"pulumi.com/skipAwait": "true"}
    assert provider.create(SERVICE, carefree).identity == f"{namespace}/voice"


def test_a_failed_job_fails_at_once_with_its_containers_last_words(
    in_background: IN_BACKGROUND, cluster: ControlPlane, namespace: str
) -> None:
    made = in_background(JOB, job(namespace))
    pod = cluster.pod(namespace, "batch.kubernetes.io/job-name=fill")
    ended = {"exitCode": 3, "reason": "Error", "message": "checksum of model.onnx is wrong"}
    status = {"name": "server", "image": "voice:1", "imageID": "", "ready": False, "restartCount": 0}
    cluster.set_pod_status(
        pod, {"phase": "Failed", "containerStatuses": [{**status, "state": {"terminated": ended}}]}
    )
    with pytest.raises(
        FailedError, match=r"Job .*/fill failed: BackoffLimitExceeded.*exit code 3.*checksum of model\.onnx"
    ):
        made.result(60)


def test_a_job_is_done_when_it_completed(
    in_background: IN_BACKGROUND, cluster: ControlPlane, namespace: str
) -> None:
    made = in_background(JOB, job(namespace))
    pod = cluster.pod(namespace, "batch.kubernetes.io/job-name=fill")
    assert not made.done()
    cluster.set_pod_status(pod, {"phase": "Succeeded"})
    assert made.result(60).outputs["status"]["succeeded"] == 1


def test_a_daemon_set_without_nodes_is_done(provider: Provider, namespace: str) -> None:
    manifest = {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": "envoy", "namespace": namespace},
        "spec": {"selector": {"matchLabels": {"app": "voice"}}, "template": pod_template()},
    }
    made = provider.create(DAEMON_SET, manifest, timeout=20)
    assert made.outputs["status"]["desiredNumberScheduled"] == 0


def test_a_service_waits_until_no_endpoint_is_unready(
    in_background: IN_BACKGROUND, provider: Provider, cluster: ControlPlane, namespace: str
) -> None:
    def endpoints(ready: bool) -> dict[str, Any]:
        pod = {"kind": "Pod", "namespace": namespace, "name": "voice-0"}
        return {"endpoints": [{"addresses": ["10.1.1.1"], "conditions": {"ready": ready}, "targetRef": pod}]}

    slices = f"/apis/discovery.k8s.io/v1/namespaces/{namespace}/endpointslices"
    # Without nodes the real controller lists no endpoints; the slice is there before the waiting begins.
    for name in ("voice", "impatient"):
        meta = {"name": name, "labels": {"kubernetes.io/service-name": name}}
        kind = {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4"}
        cluster.create(slices, {**kind, "metadata": meta, **endpoints(ready=False)})
    with pytest.raises(FailedError, match="waiting for 1 of 1 endpoints to be ready: voice-0"):
        provider.create(SERVICE, service(namespace, "impatient"), timeout=1)
    made = in_background(SERVICE, service(namespace))
    wait_until(lambda: cluster.get(f"/api/v1/namespaces/{namespace}/services/voice"), "the Service")
    assert not made.done()
    cluster.patch(f"{slices}/voice", endpoints(ready=True))
    assert made.result(30).identity == f"{namespace}/voice"


def test_a_load_balancer_waits_for_its_address(
    in_background: IN_BACKGROUND, cluster: ControlPlane, namespace: str
) -> None:
    made = in_background(SERVICE, service(namespace, type="LoadBalancer", selector={}))
    path = f"/api/v1/namespaces/{namespace}/services/voice"
    wait_until(lambda: cluster.get(path), "the Service")
    assert not made.done()
    cluster.patch(f"{path}/status", {"status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}}})
    assert made.result(30).outputs["status"]["loadBalancer"]["ingress"] == [
        {"ip": "192.0.2.1", "ipMode": "VIP"}
    ]


def test_a_claim_is_waited_for_unless_it_is_bound_by_its_first_user(
    provider: Provider, cluster: ControlPlane, namespace: str
) -> None:
    for mode in ("Immediate", "WaitForFirstConsumer"):
        storage = {
            "apiVersion": "storage.k8s.io/v1",
            "kind": "StorageClass",
            "metadata": {"name": mode.lower()},
            "provisioner": "nobody.test/disk",
            "volumeBindingMode": mode,
        }
        cluster.create("/apis/storage.k8s.io/v1/storageclasses", storage)
    assert provider.create(CLAIM, claim(namespace, "waitforfirstconsumer"), timeout=20).identity
    other = claim(namespace, "immediate")
    other["metadata"]["name"] = "other"
    with pytest.raises(
        FailedError, match=r"waiting for a volume of storage class immediate \(phase Pending\)"
    ):
        provider.create(CLAIM, other, timeout=1)


@pytest.mark.parametrize(
    "wait_for",
    [
        "condition=Valid",
        "jsonpath={.status.currentStatus}=valid",
        '["condition=Valid", "jsonpath={.status.conditions[?(@.type==\\"Valid\\")].status}=True"]',
    ],
)
def test_a_custom_object_is_waited_for_as_its_annotation_says(
    in_background: IN_BACKGROUND, provider: Provider, cluster: ControlPlane, namespace: str, wait_for: str
) -> None:
    path = f"/apis/test.campus/v1/namespaces/{namespace}/routes/it"
    if cluster.get("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/routes.test.campus") is None:
        provider.create(CRD, crd("Route"))
    made = in_background(custom_type("Route"), custom("Route", namespace, {"pulumi.com/waitFor": wait_for}))
    wait_until(lambda: cluster.get(path), "the object")
    assert not made.done(), "it is not valid yet"
    valid = {"currentStatus": "valid", "conditions": [{"type": "Valid", "status": "True"}]}
    cluster.patch(f"{path}/status", {"status": valid})
    assert made.result(30).outputs["status"]["currentStatus"] == "valid"


def test_a_custom_object_without_the_annotation_is_done_when_it_exists(
    provider: Provider, namespace: str
) -> None:
    provider.create(CRD, crd("Note"))
    assert (
        provider.create(custom_type("Note"), custom("Note", namespace), timeout=5).identity
        == f"{namespace}/it"
    )


def test_a_condition_that_never_holds_is_told_with_what_it_is_now(
    provider: Provider, cluster: ControlPlane, namespace: str
) -> None:
    provider.create(CRD, crd("Grant"))
    path = f"/apis/test.campus/v1/namespaces/{namespace}/grants/it"
    orphan = {"type": "Valid", "status": "False", "reason": "Orphaned", "message": "no root includes it"}

    def play_controller() -> None:
        wait_until(lambda: cluster.get(path), "the object")
        cluster.patch(f"{path}/status", {"status": {"conditions": [orphan]}})

    controller = threading.Thread(target=play_controller)
    controller.start()
    with pytest.raises(
        FailedError, match=r"waiting for condition=Valid \(now False, Orphaned: no root includes it\)"
    ):
        provider.create(
            custom_type("Grant"),
            custom("Grant", namespace, {"pulumi.com/waitFor": "condition=Valid"}),
            timeout=3,
        )
    controller.join()


def test_a_refresh_records_that_a_deployment_is_not_ready(
    in_background: IN_BACKGROUND, provider: Provider, cluster: ControlPlane, namespace: str
) -> None:
    made = in_background(DEPLOYMENT, deployment(namespace))
    pod = cluster.pod(namespace, "app=voice")
    cluster.set_pod_status(pod, RUNNING)
    resource = made.result(30)
    cluster.set_pod_status(pod, {**RUNNING, "conditions": [{"type": "Ready", "status": "False"}]})
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments/voice"
    wait_until(
        lambda: not (cluster.get(path) or {})["status"].get("availableReplicas"), "the pod's unreadiness"
    )
    with pytest.raises(
        FailedError, match=r"Deployment .*/voice is not ready: 0 of 1 updated replicas available"
    ):
        provider.read(resource)
