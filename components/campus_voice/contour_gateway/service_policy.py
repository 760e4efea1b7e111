"""Where the Services behind a ContourGateway's routes may lead.

A Service of type ExternalName would make Envoy, which passes every wall, fetch from an address of the
tenant's choice (CVE-2021-32783). Contour refuses them too, as `contour.yaml` says; this is the second lock.
"""

from campus_voice.shared import labels
from campus_voice.shared.manifests import Objects

from . import admission
from .checks import GatewaySettings

POLICY = "services-policy"


def objects(settings: GatewaySettings) -> Objects:
    """Render the policy, for the namespaces of backends and of the gateway.

    A route reaches Services of its own namespace only, and a virtual host includes routes of these only.
    """
    return admission.guard(
        POLICY,
        f"{settings.ingress_class}-services",
        namespaces=labels.namespaces_of("backend", "gateway"),
        kinds=[("", "services")],
        validations=[
            {
                "expression": "object.spec.type != 'ExternalName'",
                "message": (
                    "behind the gateway no Service may be an ExternalName: let it select pods of its own "
                    "namespace"
                ),
                "reason": "Forbidden",
            }
        ],
    )
