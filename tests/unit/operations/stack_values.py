"""The outputs of a stack as `pulumi stack output --json` prints them."""

from typing import Any

GATEWAY: dict[str, Any] = {
    "namespace": "projectcontour",
    "routesNamespace": "campus-routes",
    "ingressClass": "campus-voice",
    "envoySelector": {"app": "envoy"},
    "httpPort": 80,
    "httpsPort": 443,
    "issuer": {"name": "campus-voice", "kind": "ClusterIssuer"},
    "exposure": "hostPort",
}


def campus(name: str, backend: str | None) -> dict[str, Any]:
    """One campus; `backend` is None where it has a stack of its own."""
    host = f"{name}.voice.localhost"
    namespace = backend or f"campus-{name}"
    clusters = [f"{namespace}_{name}-ui_7860", f"{namespace}_{name}-api_7860"]
    return {
        "url": f"https://{host}",
        "host": host,
        "envoyClusters": clusters,
        "backend": backend,
        "audibleLabel": False,
    }


def values() -> dict[str, Any]:
    """Two campuses that share a backend, and one with a stack of its own."""
    campuses = {
        "north": campus("north", "voice"),
        "south": campus("south", "voice"),
        "west": campus("west", None),
    }
    backend = {
        "namespace": "voice",
        "service": "cosyvoice-service",
        "port": 7860,
        "deployment": "cosyvoice",
        "selector": {"app.kubernetes.io/name": "cosyvoice"},
        "outputsClaim": "cosyvoice-output-pvc",
    }
    return {
        "domain": "voice.localhost",
        "campuses": campuses,
        "gateway": GATEWAY,
        "backends": {"voice": backend},
        "tls": {name: {"namespace": "campus-routes", "secretName": f"{name}-tls"} for name in campuses},
    }
