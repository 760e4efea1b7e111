"""What a ContourGateway does not let into the cluster.

`--root-namespaces` alone is no protection: a second virtual host of the same name is refused, and takes
the rightful one down with it (https://github.com/projectcontour/contour/issues/853).
"""

from campus_voice.shared import labels
from campus_voice.shared.manifests import Manifest, Objects, metadata

from .checks import GatewaySettings

POLICY = "hosts-policy"
BINDING = "hosts-policy-binding"

_API = "admissionregistration.k8s.io/v1"
_CLASS_ANNOTATIONS = ("projectcontour.io/ingress.class", "kubernetes.io/ingress.class")


def objects(settings: GatewaySettings) -> Objects:
    """Render the admission policy, for every namespace of the cluster.

    Outside the routes' namespace nobody makes a virtual host, be it as HTTPProxy or as Ingress, that
    this gateway could serve: one that names its class, in any case of letters, or none. What clearly
    belongs to another gateway is left alone. Names of hosts need no rule here: their schemas allow
    lower case only.
    """
    name = f"{settings.ingress_class}-hosts"
    return {
        POLICY: {
            "apiVersion": _API,
            "kind": "ValidatingAdmissionPolicy",
            "metadata": metadata(name, _labels()),
            "spec": {
                "failurePolicy": "Fail",
                "matchConstraints": {
                    "namespaceSelector": {
                        "matchExpressions": [
                            {
                                "key": labels.NAMESPACE_NAME,
                                "operator": "NotIn",
                                "values": [settings.routes_namespace],
                            }
                        ]
                    },
                    "resourceRules": [
                        _every_write("projectcontour.io", "httpproxies"),
                        _every_write("networking.k8s.io", "ingresses"),
                    ],
                },
                "validations": [_validation(settings)],
                "variables": _variables(settings),
            },
        },
        BINDING: {
            "apiVersion": _API,
            "kind": "ValidatingAdmissionPolicyBinding",
            "metadata": metadata(name, _labels()),
            "spec": {"policyName": name, "validationActions": ["Deny"]},
        },
    }


def _validation(settings: GatewaySettings) -> Manifest:
    return {
        "expression": (
            "(object.kind == 'HTTPProxy' && !has(object.spec.virtualhost)) || variables.servedElsewhere"
        ),
        "message": (
            f"only the namespace {settings.routes_namespace} may hold a virtual host of the gateway "
            f"{settings.ingress_class}: ask the platform for one, and let it include an HTTPProxy of this "
            "namespace"
        ),
        "reason": "Forbidden",
    }


def _variables(settings: GatewaySettings) -> list[Manifest]:
    """Render the classes that an object names, in whichever of the three places, and what they mean."""
    stated = " + ".join(
        [
            *(
                f"(has(object.metadata.annotations) && '{key}' in object.metadata.annotations "
                f"? [object.metadata.annotations['{key}'].lowerAscii()] : [])"
                for key in _CLASS_ANNOTATIONS
            ),
            "(has(object.spec.ingressClassName) ? [object.spec.ingressClassName.lowerAscii()] : [])",
        ]
    )
    return [
        {"expression": stated, "name": "classes"},
        {
            "expression": (
                "size(variables.classes) > 0 && "
                f"variables.classes.all(name, name != '' && name != '{settings.ingress_class}')"
            ),
            "name": "servedElsewhere",
        },
    ]


def _every_write(group: str, resource: str) -> Manifest:
    return {
        "apiGroups": [group],
        "apiVersions": ["*"],
        "operations": ["CREATE", "UPDATE"],
        "resources": [resource],
    }


def _labels() -> dict[str, str]:
    return labels.common("admission", "gateway")
