"""What was in the cluster before the gateway's admission policies, and what they would refuse today.

A policy judges writes only. So every object of the kinds it covers is written once more as it stands, as a
dry run: the API server applies the rule itself, and nothing of it is repeated here.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from kubernetes.client.exceptions import ApiException

from operations.cluster import Cluster

SELECTOR: Mapping[str, str] = {
    "app.kubernetes.io/name": "admission",
    "app.kubernetes.io/part-of": "campus-voice",
}
"""Labels of the policies."""

_NAMESPACE_NAME = "kubernetes.io/metadata.name"
_UNJUDGED = "cannot be judged"


@dataclass(frozen=True)
class Finding:
    """An object that a policy would refuse, or could not be asked about."""

    policy: str
    resource: str
    """Plural of the kind, such as `ingresses`."""

    namespace: str
    name: str
    why: str


def policies(cluster: Cluster, ingress_class: str) -> list[Mapping[str, Any]]:
    """The admission policies of the gateway that serves `ingress_class`, by name."""
    found = cluster.raw("admissionregistration.k8s.io", "validatingadmissionpolicies", SELECTOR)
    own = [one for one in found if one["metadata"]["name"].startswith(f"{ingress_class}-")]
    return sorted(own, key=lambda one: str(one["metadata"]["name"]))


def findings(cluster: Cluster, policy: Mapping[str, Any]) -> Iterator[Finding]:
    """Every object that the policy would refuse today; of a kind that cannot be judged, the first."""
    name, constraints = str(policy["metadata"]["name"]), policy["spec"]["matchConstraints"]
    for rule in constraints["resourceRules"]:
        for group in rule["apiGroups"]:
            for resource in rule["resources"]:
                yield from _of_kind(cluster, name, constraints.get("namespaceSelector", {}), group, resource)


def _of_kind(
    cluster: Cluster, policy: str, selector: Mapping[str, Any], group: str, resource: str
) -> Iterator[Finding]:
    for one in cluster.raw(group, resource):
        place, own = str(one["metadata"]["namespace"]), str(one["metadata"]["name"])
        if not _covers(selector, place):
            continue
        why = _refusal(cluster, policy, group, resource, place, own)
        if why is not None:
            yield Finding(policy, resource, place, own, why)
        if why is not None and why.startswith(_UNJUDGED):
            # The others are refused for the same reason: no right to ask, or somebody else's webhook.
            return


def _covers(selector: Mapping[str, Any], namespace: str) -> bool:
    """Whether a policy's selector takes in a namespace; the gateway's know namespaces by name only."""
    return all(
        (namespace in expression["values"]) == (expression["operator"] == "In")
        for expression in selector.get("matchExpressions", [])
        if expression["key"] == _NAMESPACE_NAME
    )


def _refusal(
    cluster: Cluster, policy: str, group: str, resource: str, namespace: str, name: str
) -> str | None:
    try:
        cluster.rehearse(group, resource, namespace, name)
    except ApiException as refused:
        if refused.status == HTTPStatus.NOT_FOUND:
            return None  # It went away since it was listed.
        message = _message(refused)
        if f"ValidatingAdmissionPolicy '{policy}'" in message:
            return message.partition("denied request: ")[2]
        if "ValidatingAdmissionPolicy" in message:
            return None  # Another policy's, which is asked about the object itself.
        return f"{_UNJUDGED}: {message}"
    return None


def _message(refused: ApiException) -> str:
    try:
        return str(json.loads(refused.body)["message"])
    except (ValueError, KeyError, TypeError):
        return str(refused.reason)
