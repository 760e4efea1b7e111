"""What becomes of objects whose API server stops answering, or refuses, while they are waited for."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from .control_plane import ControlPlane, wait_until
from .driver import FailedError, Provider, Resource
from .manifests import CONFIG_MAP, DEPLOYMENT, RUNNING, config_map, deployment
from .relay import Relay


@pytest.fixture
def relay(cluster: ControlPlane) -> Iterator[Relay]:
    """The line between `cut_off` and the API server."""
    with Relay(cluster.port) as line:
        yield line


@pytest.fixture
def cut_off(cluster: ControlPlane, relay: Relay, tmp_path: Path) -> Iterator[Provider]:
    """A provider that loses the API server when the line is cut; nobody else does."""
    kubeconfig = cluster.write_kubeconfig(tmp_path / "kubeconfig", relay.server)
    with Provider.started(kubeconfig=str(kubeconfig)) as running:
        yield running


@pytest.fixture
def background() -> Iterator[ThreadPoolExecutor]:
    """Where a call to the provider goes on while the test cuts its line."""
    with ThreadPoolExecutor(1) as pool:
        yield pool


def cut_while_waiting(cluster: ControlPlane, relay: Relay, namespace: str) -> None:
    """Cut the line once the Deployment is there, and see the provider try in vain."""
    cluster.pod(namespace, "app=voice")
    relay.cut()
    wait_until(lambda: relay.turned_away > 1, "a second attempt to reach the API server")


def test_a_roll_out_ends_well_when_the_api_server_comes_back_in_time(
    cut_off: Provider, relay: Relay, cluster: ControlPlane, namespace: str, background: ThreadPoolExecutor
) -> None:
    made: Future[Resource] = background.submit(cut_off.create, DEPLOYMENT, deployment(namespace))
    cut_while_waiting(cluster, relay, namespace)
    cluster.set_pod_status(cluster.pod(namespace, "app=voice"), RUNNING)
    assert not made.done(), "a server that does not answer is no reason to give up before the deadline"
    relay.mend()
    assert made.result(30).outputs["status"]["availableReplicas"] == 1


def test_what_was_made_is_recorded_when_the_api_server_stays_away(
    cut_off: Provider, relay: Relay, cluster: ControlPlane, namespace: str, background: ThreadPoolExecutor
) -> None:
    made: Future[Resource] = background.submit(cut_off.create, DEPLOYMENT, deployment(namespace), timeout=5)
    cut_while_waiting(cluster, relay, namespace)
    with pytest.raises(FailedError) as failure:
        made.result(30)
    said = str(failure.value)
    assert (
        f"Deployment {namespace}/voice was not ready after 5 s: waiting for the API server: context" in said
    )
    assert f"{relay.server} did not answer" in said
    live = cluster.get(f"/apis/apps/v1/namespaces/{namespace}/deployments/voice")
    assert live is not None
    assert failure.value.identity == f"{namespace}/voice", "else the next update fails with AlreadyExists"
    assert failure.value.state is not None
    assert failure.value.state["metadata"]["uid"] == live["metadata"]["uid"]


def test_what_was_changed_is_recorded_when_the_api_server_stays_away(
    cut_off: Provider, relay: Relay, cluster: ControlPlane, namespace: str, background: ThreadPoolExecutor
) -> None:
    made = cut_off.create(DEPLOYMENT, deployment(namespace, replicas=0))
    changed = background.submit(cut_off.update, made, deployment(namespace, replicas=1), timeout=5)
    cut_while_waiting(cluster, relay, namespace)
    with pytest.raises(FailedError, match="did not answer") as failure:
        changed.result(30)
    assert failure.value.state is not None
    assert failure.value.state["spec"]["replicas"] == 1


def test_a_refusal_while_waiting_ends_it_at_once_and_what_was_made_is_recorded(
    cluster: ControlPlane, namespace: str, tmp_path: Path
) -> None:
    may = [{"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["create"]}]
    kubeconfig = cluster.write_kubeconfig(tmp_path / "kubeconfig", token=cluster.token_of(namespace, may))
    with Provider.started(kubeconfig=str(kubeconfig)) as limited, pytest.raises(FailedError) as failure:
        limited.create(DEPLOYMENT, deployment(namespace))
    assert f"Deployment {namespace}/voice could not be waited for: " in str(failure.value)
    assert "is forbidden" in str(failure.value)
    assert failure.value.identity == f"{namespace}/voice", "else the next update fails with AlreadyExists"


def test_a_delete_that_nobody_confirms_fails_in_a_sentence(
    cut_off: Provider, relay: Relay, cluster: ControlPlane, namespace: str, background: ThreadPoolExecutor
) -> None:
    manifest = config_map(namespace)
    manifest["metadata"]["finalizers"] = ["campus.test/backup"]
    path = f"/api/v1/namespaces/{namespace}/configmaps/settings"
    made = cut_off.create(CONFIG_MAP, manifest)
    relay.cut()
    with pytest.raises(
        FailedError, match=rf"^ConfigMap {namespace}/settings was not deleted: context .* did not"
    ):
        cut_off.delete(made)
    relay.mend()
    deleted = background.submit(cut_off.delete, made, timeout=4)
    wait_until(lambda: (cluster.get(path) or {})["metadata"].get("deletionTimestamp"), "the deletion")
    relay.cut()
    with pytest.raises(
        FailedError, match=r"was not seen to be gone 4 s after its deletion: .* did not answer"
    ):
        deleted.result(30)
    relay.mend()
    cluster.patch(path, {"metadata": {"finalizers": None}})
    cut_off.delete(made)
