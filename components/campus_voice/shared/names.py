"""What names may look like."""

import re

CAMPUS_MAXIMUM = 20
"""Longest id of a campus: `campus-<id>` and `<id>-api` stay far below Kubernetes' 63 characters."""

_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_LABEL_MAXIMUM = 63
_DOMAIN_MAXIMUM = 253 - CAMPUS_MAXIMUM - 1


def is_label(text: str) -> bool:
    """Tell whether `text` is a DNS label, as namespaces and most objects are named (RFC 1123)."""
    return len(text) <= _LABEL_MAXIMUM and _LABEL.fullmatch(text) is not None


def is_campus(text: str) -> bool:
    """Tell whether `text` may be the id of a campus: a short DNS label that begins with a letter.

    Services named after the campus need the letter (RFC 1035,
    https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#rfc-1035-label-names).
    """
    return len(text) <= CAMPUS_MAXIMUM and is_label(text) and text[0].isalpha()


def is_domain(text: str) -> bool:
    """Tell whether `text` is a DNS name in lower case that leaves room for a campus before it."""
    return len(text) <= _DOMAIN_MAXIMUM and all(is_label(part) for part in text.split("."))


def host(campus: str, domain: str) -> str:
    """Name the host at which a campus answers."""
    return f"{campus}.{domain}"


def certificate_secret(campus: str) -> str:
    """Name the Secret, in the routes' namespace, that holds the certificate served for a campus."""
    return f"{campus}-tls"


def envoy_cluster(namespace: str, service: str, port: int) -> str:
    """Name a Service the way Envoy's metrics and access log do.

    Contour sets it as `alt_stat_name`; Kubernetes names hold no underscore, so it splits safely
    (https://github.com/projectcontour/contour/blob/v1.33.6/internal/envoy/cluster.go).
    """
    return f"{namespace}_{service}_{port}"
