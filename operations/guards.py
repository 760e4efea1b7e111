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
    """Every object that the policy would refuse today."""
    name = str(policy["metadata"]["name"])
    for rule in policy["spec"]["matchConstraints"]["resourceRules"]:
        for group in rule["apiGroups"]:
            for resource in rule["resources"]:
                for one in cluster.raw(group, resource):
                    place, own = str(one["metadata"]["namespace"]), str(one["metadata"]["name"])
                    why = _refusal(cluster, name, group, resource, place, own)
                    if why is not None:
                        yield Finding(name, resource, place, own, why)


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
        return f"cannot be judged: {message}"
    return None


def _message(refused: ApiException) -> str:
    try:
        return str(json.loads(refused.body)["message"])
    except (ValueError, KeyError, TypeError):
        return str(refused.reason)
