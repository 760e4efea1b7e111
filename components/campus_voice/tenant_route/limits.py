"""How much one campus may ask of the gateway before it is slowed down.

Both kinds of limit are counted by each Envoy for itself: with three edge nodes a campus may reach three
times the numbers. What a campus may have spoken at once is the server's to say, which counts it exactly.
"""

from dataclasses import dataclass

from campus_voice.shared.fields import Fields
from campus_voice.shared.manifests import Manifest

_MOST = 1_000_000
_RETRY_AFTER_SECONDS = 1
"""A bucket is refilled every second."""


@dataclass(frozen=True)
class Bucket:
    """How often something may be asked for."""

    per_second: int
    burst: int

    def policy(self) -> Manifest:
        """Render it for a route, which then has a bucket of its own."""
        return {
            "local": {
                "burst": self.burst,
                "requests": self.per_second,
                "responseHeadersToAdd": [{"name": "Retry-After", "value": str(_RETRY_AFTER_SECONDS)}],
                "responseStatusCode": 429,
                "unit": "second",
            }
        }


@dataclass(frozen=True)
class Limits:
    """The buckets of a campus."""

    requests: Bucket
    """Pages, their files, uploads and streams: a class of thirty that opens the page at once passes."""

    syntheses: Bucket
    """Whatever starts a synthesis."""


@dataclass(frozen=True)
class Fuse:
    """Envoy's circuit breakers: the fuse that blows when everything else has failed."""

    connections: int
    pending_requests: int
    requests: int
    retries: int

    def annotations(self) -> dict[str, str]:
        """Render it for a Service."""
        return {
            "projectcontour.io/max-connections": str(self.connections),
            "projectcontour.io/max-pending-requests": str(self.pending_requests),
            "projectcontour.io/max-requests": str(self.requests),
            "projectcontour.io/max-retries": str(self.retries),
        }


def read(fields: Fields) -> Limits:
    """Read the argument `limits`."""
    why = "each Envoy counts to it every second"
    limits = fields.nested("limits")
    return Limits(
        requests=Bucket(
            limits.integer("requests_per_second", 300, 1, _MOST, why),
            limits.integer("burst", 3000, 0, _MOST, why),
        ),
        syntheses=Bucket(
            limits.integer("syntheses_per_second", 20, 1, _MOST, why),
            limits.integer("syntheses_burst", 40, 0, _MOST, why),
        ),
    )


def read_fuse(fields: Fields) -> Fuse:
    """Read the argument `circuit_breakers`."""
    why = "Contour takes 0 for Envoy's own default"
    fuse = fields.nested("circuit_breakers")
    return Fuse(
        connections=fuse.integer("max_connections", 512, 1, _MOST, why),
        pending_requests=fuse.integer("max_pending_requests", 128, 1, _MOST, why),
        requests=fuse.integer("max_requests", 512, 1, _MOST, why),
        retries=fuse.integer("max_retries", 3, 1, _MOST, why),
    )
