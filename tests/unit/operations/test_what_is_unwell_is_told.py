"""The rows of `make status`."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from operations.backups import Outcome, Run, run_of
from operations.cluster import Claim, Custom, Pod
from operations.logs.selection import access_lines_of
from operations.outputs import parse_outputs
from operations.status.rows import Row, backup_row, certificate_row, claim_row, no_pod_row, pod_row, proxy_row
from tests.unit.operations.stack_values import values

NOW = datetime(2026, 1, 31, 9, 0, tzinfo=UTC)


def pod(*, ready: bool, restarts: int = 0, trouble: str = "") -> Pod:
    return Pod("voice", "cosyvoice-1", "sandbox", "Running", ready, restarts, trouble, ("cosyvoice",))


def certificate(ready: str, until: str | None) -> Custom:
    condition = {"type": "Ready", "status": ready, "message": "Issuing certificate as Secret does not exist"}
    return Custom("north-tls", {"conditions": [condition], "notAfter": until})


def proxy(**status: Any) -> dict[str, Custom]:
    return {"north": Custom("north", status)}


@pytest.mark.parametrize(
    ("row", "healthy", "state"),
    [
        (pod_row("server", pod(ready=True)), True, "Ready"),
        (pod_row("server", pod(ready=True, restarts=2)), True, "Ready, 2 restarts"),
        (
            pod_row("server", pod(ready=False, restarts=5, trouble="CrashLoopBackOff")),
            False,
            "Running, not ready, 5 restarts, CrashLoopBackOff",
        ),
        (no_pod_row("envoy", "projectcontour"), False, "no pod"),
        (no_pod_row("server", "voice", 0), False, "scaled to zero"),
        (
            certificate_row("r", certificate("True", "2026-05-01T09:00:00Z"), NOW),
            True,
            "until 2026-05-01 09:00 UTC, 90 days left",
        ),
        (certificate_row("r", certificate("True", "2026-01-31T08:59:59Z"), NOW), False, "has run out"),
        (
            certificate_row("r", certificate("False", None), NOW),
            False,
            "Issuing certificate as Secret does not exist",
        ),
        (certificate_row("r", Custom("north-tls", {}), NOW), False, "not issued yet"),
        (proxy_row("north", "r", "north", proxy(currentStatus="valid")), True, "valid"),
        (proxy_row("north", "r", "north", {}), False, "missing"),
        (proxy_row("north", "r", "north", proxy()), False, "not yet judged by Contour: no reason given"),
        (
            proxy_row(
                "north",
                "r",
                "north",
                proxy(
                    currentStatus="invalid",
                    description="At least one error present",
                    conditions=[{"type": "Valid", "errors": [{"message": "include voice/north not found"}]}],
                ),
            ),
            False,
            "invalid: include voice/north not found",
        ),
        (claim_row("server", "voice", "c", Claim("Bound", "10Gi")), True, "Bound 10Gi"),
        (claim_row("server", "voice", "c", Claim("Pending", "")), False, "Pending"),
        (claim_row("server", "voice", "c", None), False, "missing"),
        (backup_row("server", "voice", "b", None, NOW), False, "missing"),
        (backup_row("server", "voice", "b", Run(Outcome.NONE), NOW), True, "none yet"),
        (
            backup_row("server", "voice", "b", Run(Outcome.SUCCEEDED, NOW - timedelta(hours=7)), NOW),
            True,
            "succeeded 7 hours ago",
        ),
    ],
)
def test_each_part_tells_whether_it_is_well_and_why_not(*, row: Row, healthy: bool, state: str) -> None:
    assert (row.healthy, row.state) == (healthy, state), "health and the reason in the words of who found it"


def job(kind: str, **more: str) -> dict[str, Any]:
    condition = {"type": kind, "status": "True", "lastTransitionTime": "2026-01-31T08:48:00Z", **more}
    return {"metadata": {"creationTimestamp": "2026-01-31T08:45:00Z"}, "status": {"conditions": [condition]}}


def container(name: str, state: dict[str, Any]) -> dict[str, Any]:
    return {"status": {"initContainerStatuses": [{"name": name, "state": state}]}}


@pytest.mark.parametrize(
    ("told", "pods", "healthy", "state"),
    [
        (job("Complete"), [], True, "succeeded 12 min ago"),
        (
            job("Failed", message="Job has reached the specified backoff limit"),
            [container("verify", {"terminated": {"exitCode": 1, "message": "3 errors\nFatal: damaged\n"}})],
            False,
            "failed 12 min ago, verify: Fatal: damaged",
        ),
        (
            job("Failed", message="Job was active longer than specified deadline"),
            [container("save", {"terminated": {"exitCode": 0}})],
            False,
            "failed 12 min ago, Job was active longer than specified deadline",
        ),
        (
            job("Suspended"),
            [container("open", {"waiting": {"reason": "C", "message": 'secret "keys" not found'}})],
            False,
            'started 15 min ago, secret "keys" not found',
        ),
        (job("Suspended"), [container("open", {"running": {}})], True, "started 15 min ago"),
    ],
)
def test_a_backup_that_failed_names_the_step_and_its_last_words(
    *, told: dict[str, Any], pods: list[dict[str, Any]], healthy: bool, state: str
) -> None:
    row = backup_row("server", "voice", "b", run_of(told, pods), NOW)
    assert (row.healthy, row.state) == (healthy, state), "whoever reads it knows where to look"


@pytest.mark.parametrize(
    ("reasons", "own_stack", "healthy"),
    [
        (["IncludeNotFound"], True, True),
        (["IncludeNotFound"], False, False),
        (["IncludeNotFound", "SecretNotValid"], True, False),
    ],
)
def test_a_campus_with_a_stack_of_its_own_may_wait_for_it(
    *, reasons: list[str], own_stack: bool, healthy: bool
) -> None:
    errors = [{"reason": reason, "message": f"because of {reason}"} for reason in reasons]
    roots = proxy(currentStatus="invalid", conditions=[{"type": "Valid", "errors": errors}])
    row = proxy_row("north", "r", "north", roots, own_stack=own_stack)
    assert row.healthy is healthy, "only the child that another stack brings may be missing"


def test_a_campus_sees_its_own_access_lines_only() -> None:
    shown = access_lines_of(parse_outputs("dev", values()).campuses["north"])
    own = '{"authority": "north.voice.localhost", "upstream_cluster": null}'
    other = '{"authority": "south.voice.localhost", "upstream_cluster": "voice_south-ui_7860"}'
    assert shown(own), "also a request that reached no server is the campus's own"
    assert not shown(other), "another campus's requests are not shown"
    assert not shown("[info] north.voice.localhost"), "Envoy's own messages belong to no campus"
