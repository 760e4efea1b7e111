"""The arguments that an AiAppBackend and its presets have in common."""

from collections.abc import Sequence

from campus_voice.shared.enums import AccessMode
from campus_voice.shared.fields import Fields

from .application import Claim, Egress, Walls

_MOST_REPLICAS = 100


def walls(fields: Fields) -> Walls:
    """Read who may talk to the application, and to whom it may talk."""
    for name, output in (("gateway_namespace", "namespace"), ("gateway_selector", "envoy_selector")):
        if not fields.given(name):
            fields.refuse(
                name,
                "the gateway's Envoy has to be named",
                "nothing else may connect to the application",
                f"Pass the gateway's output {output!r}.",
            )
    return Walls(
        gateway_namespace=fields.given("gateway_namespace"),
        gateway_selector=fields.given("gateway_selector"),
        gateway_networks=fields.networks("gateway_networks"),
        monitoring_namespace=fields.label("monitoring_namespace", "monitoring"),
        egress=[_egress(entry) for entry in fields.each("egress")],
    )


def replicas(fields: Fields, claims: Sequence[Claim], access: str = "access") -> int:
    """Read how many pods there are; volumes of one node allow one.

    `access` is the argument that says who may use a volume.
    """
    count = fields.integer("replicas", 1, 0, _MOST_REPLICAS, "each pod takes its share of the nodes")
    bound = [claim.name for claim in claims if claim.access is AccessMode.ONE_NODE]
    if count > 1 and bound:
        fields.refuse(
            "replicas",
            f"it must not be above 1 beside volumes of one node, such as {bound[0]}",
            "the second pod would wait for ever on any other node",
            f"Write 1, or {access} {AccessMode.MANY_NODES} with a storage class that can share a volume.",
        )
    return count


def seconds(fields: Fields, name: str, default: int, why: str) -> int:
    """Read a time that a person may have to wait, in seconds."""
    return fields.integer(name, default, 1, 86400, why)


def _egress(fields: Fields) -> Egress:
    return Egress(network=fields.network("network"), port=fields.port("port", 443))
