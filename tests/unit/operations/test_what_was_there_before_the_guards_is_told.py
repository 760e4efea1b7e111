"""Objects that the gateway's admission policies would refuse, and that are older than the policies."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from kubernetes.client.exceptions import ApiException

from operations.cluster import Cluster
from operations.guards import Finding, findings, policies
from operations.status.rows import finding_row, guard_row, no_guard_row

POLICY: Mapping[str, Any] = {
    "metadata": {"name": "campus-voice-hosts"},
    "spec": {
        "matchConstraints": {
            "namespaceSelector": {
                "matchExpressions": [
                    {"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": ["campus-routes"]}
                ]
            },
            "resourceRules": [{"apiGroups": ["networking.k8s.io"], "resources": ["ingresses"]}],
        }
    },
}
OTHERS: Mapping[str, Any] = {"metadata": {"name": "elsewhere-hosts"}}


class PlayedCluster(Cluster):
    """A cluster with an Ingress in each of three namespaces and the two gateways' policies, which answers a write as it is told."""

    def __init__(self, status: int = 200, message: str = "") -> None:
        self._status, self._answer = status, message

    def raw(
        self, group: str, plural: str, selector: Mapping[str, str] | None = None
    ) -> list[Mapping[str, Any]]:
        if plural == "validatingadmissionpolicies":
            assert selector is not None, "other people's policies are not asked about"
            return [OTHERS, POLICY]
        assert (group, plural) == ("networking.k8s.io", "ingresses")
        return [
            {"metadata": {"namespace": namespace, "name": "old"}}
            for namespace in ("campus-routes", "library", "music")
        ]

    def rehearse(self, group: str, plural: str, namespace: str, name: str) -> None:
        assert (group, plural, name) == ("networking.k8s.io", "ingresses", "old")
        assert namespace != "campus-routes", "the policy leaves that namespace alone"
        if self._status != 200:
            refused = ApiException(status=self._status, reason="Forbidden")
            refused.body = json.dumps({"message": self._answer})
            raise refused


def denied(policy: str) -> str:
    """The API server's words."""
    return (
        f"ingresses \"old\" is forbidden: ValidatingAdmissionPolicy '{policy}' with binding '{policy}' denied "
        "request: only the namespace campus-routes may hold a virtual host"
    )


@pytest.mark.parametrize(
    ("cluster", "told"),
    [
        (PlayedCluster(), []),
        (
            PlayedCluster(403, denied("campus-voice-hosts")),
            [
                ("library", "only the namespace campus-routes may hold a virtual host"),
                ("music", "only the namespace campus-routes may hold a virtual host"),
            ],
        ),
        (PlayedCluster(403, denied("somebody-elses")), []),
        (PlayedCluster(404, "not found"), []),
        (
            PlayedCluster(403, 'User "viewer" cannot patch resource'),
            [("library", 'cannot be judged: User "viewer" cannot patch resource')],
        ),
    ],
    ids=["kept", "broken", "another policy's", "gone meanwhile", "not allowed to ask"],
)
def test_what_a_policy_would_refuse_today_is_told_in_its_own_words(
    cluster: PlayedCluster, told: list[tuple[str, str]]
) -> None:
    expected = [Finding("campus-voice-hosts", "ingresses", place, "old", why) for place, why in told]
    assert list(findings(cluster, POLICY)) == expected, (
        "only where the policy holds, and the lack of a right is told once"
    )


def test_only_the_policies_of_the_stacks_own_gateway_are_looked_at() -> None:
    assert policies(PlayedCluster(), "campus-voice") == [POLICY]


def test_a_finding_makes_the_stack_unwell_and_so_does_the_lack_of_a_policy() -> None:
    row = finding_row(Finding("campus-voice-hosts", "ingresses", "library", "old", "refused"))
    assert (row.name, row.where, row.healthy) == ("ingresses/old", "library", False)
    assert guard_row("campus-voice-hosts").healthy
    assert not no_guard_row("campus-voice").healthy
