"""What a ContourGateway does not let into the cluster, and who may talk to its pods.

`--root-namespaces` alone is no protection: a second virtual host of the same name is refused, and takes
the rightful one down with it (https://github.com/projectcontour/contour/issues/853).
"""

from collections.abc import Sequence

from campus_voice.shared import labels
from campus_voice.shared.manifests import Manifest, Objects, metadata

from . import control_plane, edge
from .checks import GatewaySettings

HOSTS_POLICY = "hosts-policy"
HOSTS_BINDING = "hosts-policy-binding"
NAMES_POLICY = "names-policy"
NAMES_BINDING = "names-policy-binding"
CONTOUR_WALL = "contour-network-policy"
ENVOY_WALL = "envoy-network-policy"

_API = "admissionregistration.k8s.io/v1"
_CLASS_ANNOTATIONS = ("projectcontour.io/ingress.class", "kubernetes.io/ingress.class")


def policies(settings: GatewaySettings) -> Objects:
    """Render the admission policies, for every namespace of the cluster.

    Outside the routes' namespace nobody makes a virtual host, be it as HTTPProxy or as Ingress, that
    this gateway could serve: one that names its class, in any case of letters, or none. What clearly
    belongs to another gateway is left alone. Inside, names of hosts are in lower case, so that no two
    differ in that alone.
    """
    hosts = f"{settings.ingress_class}-hosts"
    names = f"{settings.ingress_class}-names"
    return {
        HOSTS_POLICY: _policy(
            hosts,
            [
                {"apiGroups": ["projectcontour.io"], "resources": ["httpproxies"]},
                {"apiGroups": ["networking.k8s.io"], "resources": ["ingresses"]},
            ],
            _selector(settings, "NotIn"),
            [
                {
                    "expression": (
                        "(object.kind == 'HTTPProxy' && !has(object.spec.virtualhost)) || "
                        "variables.servedElsewhere"
                    ),
                    "message": (
                        f"only the namespace {settings.routes_namespace} may hold a virtual host of the "
                        f"gateway {settings.ingress_class}: ask the platform for one, and let it include "
                        "an HTTPProxy of this namespace"
                    ),
                    "reason": "Forbidden",
                }
            ],
            variables=_variables(settings),
        ),
        HOSTS_BINDING: _binding(hosts),
        NAMES_POLICY: _policy(
            names,
            [{"apiGroups": ["projectcontour.io"], "resources": ["httpproxies"]}],
            _selector(settings, "In"),
            [
                {
                    "expression": (
                        "!has(object.spec.virtualhost) || "
                        "object.spec.virtualhost.fqdn == object.spec.virtualhost.fqdn.lowerAscii()"
                    ),
                    "message": "the name of a virtual host has to be in lower case",
                    "reason": "Invalid",
                }
            ],
        ),
        NAMES_BINDING: _binding(names),
    }


def walls(settings: GatewaySettings) -> Objects:
    """Render the NetworkPolicies: the world reaches the two served ports, Envoy alone reaches Contour."""
    monitoring = {
        "namespaceSelector": {"matchLabels": {labels.NAMESPACE_NAME: settings.monitoring_namespace}}
    }
    return {
        CONTOUR_WALL: _wall(
            settings,
            control_plane.NAME,
            control_plane.SELECTOR,
            [
                {
                    "from": [{"podSelector": {"matchLabels": dict(edge.SELECTOR)}}],
                    "ports": [_tcp(control_plane.XDS_PORT)],
                },
                {"from": [monitoring], "ports": [_tcp(control_plane.METRICS_PORT)]},
            ],
        ),
        ENVOY_WALL: _wall(
            settings,
            edge.NAME,
            edge.SELECTOR,
            [
                {"ports": [_tcp(edge.HTTP_PORT), _tcp(edge.HTTPS_PORT)]},
                {"from": [monitoring], "ports": [_tcp(edge.METRICS_PORT)]},
            ],
        ),
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


def _policy(
    name: str,
    kinds: Sequence[Manifest],
    namespaces: Manifest,
    validations: Sequence[Manifest],
    variables: Sequence[Manifest] = (),
) -> Manifest:
    spec: Manifest = {
        "failurePolicy": "Fail",
        "matchConstraints": {
            "namespaceSelector": namespaces,
            "resourceRules": [
                {**kind, "apiVersions": ["*"], "operations": ["CREATE", "UPDATE"]} for kind in kinds
            ],
        },
        "validations": list(validations),
    }
    if variables:
        spec["variables"] = list(variables)
    return {
        "apiVersion": _API,
        "kind": "ValidatingAdmissionPolicy",
        "metadata": metadata(name, _labels()),
        "spec": spec,
    }


def _binding(policy: str) -> Manifest:
    return {
        "apiVersion": _API,
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": metadata(policy, _labels()),
        "spec": {"policyName": policy, "validationActions": ["Deny"]},
    }


def _selector(settings: GatewaySettings, operator: str) -> Manifest:
    return {
        "matchExpressions": [
            {"key": labels.NAMESPACE_NAME, "operator": operator, "values": [settings.routes_namespace]}
        ]
    }


def _wall(
    settings: GatewaySettings, name: str, pods: dict[str, str], ingress: Sequence[Manifest]
) -> Manifest:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": metadata(name, _labels(), namespace=settings.namespace),
        "spec": {
            "ingress": list(ingress),
            "podSelector": {"matchLabels": dict(pods)},
            "policyTypes": ["Ingress"],
        },
    }


def _tcp(port: int) -> Manifest:
    return {"port": port, "protocol": "TCP"}


def _labels() -> dict[str, str]:
    return labels.common("admission", "gateway")
