"""When objects are ready, as pure functions of what the API server answers."""

from typing import Any

import pytest

from campus_sandbox.providers.kubernetes import jsonpath
from campus_sandbox.providers.kubernetes.conditions import assess, conditions_of
from campus_sandbox.providers.kubernetes.pods import problems
from campus_sandbox.providers.kubernetes.rules import rule_of
from campus_sandbox.providers.kubernetes.state import READY, Phase, State, Surroundings
from campus_sandbox.providers.kubernetes.waiting import timeout_of


def state(
    api_version: str, kind: str, spec: Any, status: Any, around: Surroundings | None = None, **more: Any
) -> State:
    obj = {
        "apiVersion": api_version,
        "kind": kind,
        "metadata": {"generation": 2},
        "spec": spec,
        "status": status,
    }
    rule = rule_of(obj)
    assert rule is not None, f"{kind} must have a rule"
    return rule.assess({**obj, **more}, around or Surroundings())


ROLLED_OUT = {"observedGeneration": 2, "replicas": 2, "updatedReplicas": 2, "availableReplicas": 2}


@pytest.mark.parametrize(
    ("change", "phase", "reason"),
    [
        ({}, Phase.READY, ""),
        ({"observedGeneration": 1}, Phase.WAITING, "the controller to see the change"),
        ({"updatedReplicas": 1}, Phase.WAITING, "1 of 2 replicas updated"),
        ({"replicas": 3}, Phase.WAITING, "1 old replicas to end"),
        ({"availableReplicas": 0}, Phase.WAITING, "0 of 2 updated replicas available"),
        (
            {
                "conditions": [
                    {"type": "Progressing", "reason": "ProgressDeadlineExceeded", "message": "too late"}
                ]
            },
            Phase.FAILED,
            "too late",
        ),
    ],
)
def test_a_deployment_is_ready_when_rolled_out(change: dict[str, Any], phase: Phase, reason: str) -> None:
    found = state("apps/v1", "Deployment", {"replicas": 2}, {**ROLLED_OUT, **change})
    assert (found.phase, found.reason) == (phase, reason)


@pytest.mark.parametrize(
    ("spec", "status", "phase"),
    [
        ({}, {"currentRevision": "a", "updateRevision": "a"}, Phase.READY),
        ({}, {"currentRevision": "a", "updateRevision": "b"}, Phase.WAITING),
        ({}, {"readyReplicas": 1}, Phase.WAITING),
        (
            {"updateStrategy": {"type": "OnDelete"}},
            {"currentRevision": "a", "updateRevision": "b"},
            Phase.READY,
        ),
        ({"updateStrategy": {"rollingUpdate": {"partition": 1}}}, {"updatedReplicas": 1}, Phase.READY),
        ({"updateStrategy": {"rollingUpdate": {"partition": 1}}}, {"updatedReplicas": 0}, Phase.WAITING),
    ],
)
def test_a_stateful_set_is_ready_when_its_strategy_is_through(spec: Any, status: Any, phase: Phase) -> None:
    found = state("apps/v1", "StatefulSet", {"replicas": 2, **spec},
                  {"observedGeneration": 2, "readyReplicas": 2, **status})  # fmt: skip
    assert found.phase is phase


@pytest.mark.parametrize("lacking", ["updatedNumberScheduled", "numberReady", "numberAvailable"])
def test_a_daemon_set_is_ready_when_every_node_has_its_new_pod(lacking: str) -> None:
    full = dict.fromkeys(("updatedNumberScheduled", "numberReady", "numberAvailable"), 2)
    status = {"observedGeneration": 2, "desiredNumberScheduled": 2, **full}
    assert state("apps/v1", "DaemonSet", {}, status) == READY
    assert state("apps/v1", "DaemonSet", {}, {**status, lacking: 1}).phase is Phase.WAITING


@pytest.mark.parametrize(
    ("spec", "endpoints", "phase"),
    [
        ({"selector": {"a": "b"}}, [], Phase.READY),
        ({"selector": {"a": "b"}}, [{"conditions": {"ready": True}}], Phase.READY),
        ({"selector": {"a": "b"}}, [{"conditions": {"ready": False}}], Phase.WAITING),
        ({"selector": {"a": "b"}}, [{"conditions": {"ready": False, "terminating": True}}], Phase.READY),
        ({"selector": {"a": "b"}, "clusterIP": "None"}, [{"conditions": {"ready": False}}], Phase.READY),
        ({"type": "ExternalName"}, [{"conditions": {"ready": False}}], Phase.READY),
        ({}, [{"conditions": {"ready": False}}], Phase.READY),
        ({"type": "LoadBalancer"}, [], Phase.WAITING),
    ],
)
def test_a_service_is_ready_when_no_endpoint_it_selects_is_unready(
    spec: Any, endpoints: Any, phase: Phase
) -> None:
    around = Surroundings(endpoint_slices=[{"endpoints": endpoints}])
    assert state("v1", "Service", spec, {}, around).phase is phase


@pytest.mark.parametrize(
    ("kind", "status", "phase"),
    [
        ("Pod", {"phase": "Running"}, Phase.WAITING),
        ("Pod", {"conditions": [{"type": "Ready", "status": "True"}]}, Phase.READY),
        ("Pod", {"phase": "Succeeded"}, Phase.READY),
        ("Pod", {"phase": "Failed"}, Phase.FAILED),
        ("PersistentVolumeClaim", {"phase": "Bound"}, Phase.READY),
        ("PersistentVolumeClaim", {"phase": "Pending"}, Phase.WAITING),
        ("PersistentVolumeClaim", {"phase": "Lost"}, Phase.FAILED),
        ("Namespace", {"phase": "Active"}, Phase.READY),
        ("Namespace", {"phase": "Terminating"}, Phase.WAITING),
    ],
)
def test_core_kinds_are_ready_by_their_phase(kind: str, status: Any, phase: Phase) -> None:
    assert state("v1", kind, {}, status).phase is phase


def test_an_unready_pod_is_told_with_its_reason_once() -> None:
    crashed = {
        "name": "server",
        "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 10s"}},
        "lastState": {"terminated": {"exitCode": 1, "reason": "Error", "message": "no such voice\n"}},
    }
    unscheduled = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "no GPU"}
    pods = [
        {"metadata": {"name": "a"}, "status": {"containerStatuses": [crashed]}},
        {"metadata": {"name": "b"}, "status": {"conditions": [unscheduled]}},
        {
            "metadata": {"name": "c"},
            "status": {"containerStatuses": [{"name": "x", "state": {"running": {}}}]},
        },
    ]
    assert problems([*pods, pods[0]]) == [
        "pod a, container server: CrashLoopBackOff: back-off 10s (exit code 1 (Error): no such voice)",
        "pod b: Unschedulable: no GPU",
    ]


@pytest.mark.parametrize(
    ("expression", "ready"),
    [
        ("condition=Valid", True),
        ("condition=Valid=true", True),
        ("condition=Valid=False", False),
        ("condition=Other", False),
        ("jsonpath={.status.phase}=Ready", True),
        ("jsonpath={.status.phase}=Late", False),
        ("jsonpath={.status.phase}", True),
        ("jsonpath={.status.missing}", False),
        ("jsonpath=.status.phase=Ready", True),
        ('jsonpath={.status.conditions[?(@.type=="Valid")].status}=True', True),
        ("jsonpath={.status.list[0].n}=1", True),
        ("jsonpath={.status.list[*].n}=1", False),
        ('["condition=Valid", "jsonpath={.status.phase}=Ready"]', True),
        ('["condition=Valid", "condition=Other"]', False),
    ],
)
def test_a_wait_for_annotation_says_when_a_custom_object_is_ready(expression: str, ready: bool) -> None:
    status = {
        "phase": "Ready",
        "conditions": [{"type": "Valid", "status": "True"}],
        "list": [{"n": 1}, {"n": 2}],
    }
    obj = {"metadata": {"annotations": {"pulumi.com/waitFor": expression}}, "status": status}
    assert (assess(obj, conditions_of(obj)) == READY) is ready


@pytest.mark.parametrize("expression", ["Ready", "[]", "jsonpath={.a[?(@.b)]}", "jsonpath={.a..b}"])
def test_an_annotation_that_is_not_understood_is_an_error(expression: str) -> None:
    with pytest.raises(ValueError, match=r"must begin|empty list|not understood"):
        conditions_of({"metadata": {"annotations": {"pulumi.com/waitFor": expression}}})


def test_a_path_may_quote_names_with_dots() -> None:
    steps = jsonpath.parse(r"{.metadata.labels['app.kubernetes.io/name']}")
    assert jsonpath.find(steps, {"metadata": {"labels": {"app.kubernetes.io/name": "x"}}}) == ["x"]
    assert jsonpath.find(jsonpath.parse(r"{.a\.b}"), {"a.b": 1}) == [1]


@pytest.mark.parametrize(
    ("annotation", "custom", "seconds"), [(None, 0, 300), ("60", 0, 60), ("60", 5, 5), ("soon", 0, 300)]
)
def test_the_resources_own_timeout_wins_over_the_annotation(
    annotation: Any, custom: float, seconds: float
) -> None:
    obj = {"metadata": {"annotations": {"pulumi.com/timeoutSeconds": annotation} if annotation else {}}}
    assert timeout_of(obj, custom, 300) == seconds
