"""What a ContourGateway does not let into the cluster."""

from collections.abc import Mapping, Sequence

from campus_voice.shared import labels
from campus_voice.shared.manifests import Manifest, Objects, metadata

_API = "admissionregistration.k8s.io/v1"


def binding(policy_suffix: str) -> str:
    """Name the suffix of the binding that puts a policy into force."""
    return f"{policy_suffix}-binding"


def guard(
    suffix: str,
    name: str,
    *,
    namespaces: Mapping[str, object],
    kinds: Sequence[tuple[str, str]],
    validations: Sequence[Manifest],
    variables: Sequence[Manifest] = (),
) -> Objects:
    """Render a policy about every write of some kinds, and its binding, which denies.

    Args:
        suffix: suffix of the policy.
        name: name of both objects; they belong to no namespace.
        namespaces: selector of the namespaces that the policy covers.
        kinds: API group and plural of each kind.
        validations: what every object has to keep; a write that cannot be judged is denied.
        variables: what the validations use by name.
    """
    spec: Manifest = {
        "failurePolicy": "Fail",
        "matchConstraints": {
            "namespaceSelector": dict(namespaces),
            "resourceRules": [_every_write(group, resource) for group, resource in kinds],
        },
        "validations": list(validations),
    }
    if variables:
        spec["variables"] = list(variables)
    made = labels.common("admission", "gateway")
    return {
        suffix: {
            "apiVersion": _API,
            "kind": "ValidatingAdmissionPolicy",
            "metadata": metadata(name, made),
            "spec": spec,
        },
        binding(suffix): {
            "apiVersion": _API,
            "kind": "ValidatingAdmissionPolicyBinding",
            "metadata": metadata(name, made),
            "spec": {"policyName": name, "validationActions": ["Deny"]},
        },
    }


def outside(*namespaces: str) -> Manifest:
    """Make the selector of every namespace but these."""
    return {
        "matchExpressions": [
            {"key": labels.NAMESPACE_NAME, "operator": "NotIn", "values": list(namespaces)},
        ]
    }


def _every_write(group: str, resource: str) -> Manifest:
    return {
        "apiGroups": [group],
        "apiVersions": ["*"],
        "operations": ["CREATE", "UPDATE"],
        "resources": [resource],
    }
