"""Who may make a virtual host of a ContourGateway.

`--root-namespaces` alone is no protection: a second virtual host of the same name is refused, and takes
the rightful one down with it (https://github.com/projectcontour/contour/issues/853).
"""

from campus_voice.shared.manifests import Manifest, Objects

from . import admission
from .checks import GatewaySettings

POLICY = "hosts-policy"

_CLASS_ANNOTATIONS = ("projectcontour.io/ingress.class", "kubernetes.io/ingress.class")


def objects(settings: GatewaySettings) -> Objects:
    """Render the policy, for every namespace of the cluster.

    Outside the routes' namespace nobody makes a virtual host, be it as HTTPProxy or as Ingress, that
    this gateway could serve: one that names its class, in any case of letters, or none. What clearly
    belongs to another gateway is left alone. Names of hosts need no rule here: their schemas allow
    lower case only.
    """
    return admission.guard(
        POLICY,
        f"{settings.ingress_class}-hosts",
        namespaces=admission.outside(settings.routes_namespace),
        kinds=[("projectcontour.io", "httpproxies"), ("networking.k8s.io", "ingresses")],
        validations=[_validation(settings)],
        variables=_variables(settings),
    )


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
