"""The routes of a campus: what the gateway answers itself, the API, the pages, other applications."""

from campus_voice.shared import names
from campus_voice.shared.manifests import Manifest

from . import blocked, headers, sessions
from .applications import API_PREFIX, PAGES_PREFIX, START_PREFIXES, Application
from .checks import RouteSettings
from .limits import Bucket

_IDLE_SECONDS = 300


def pages_service(settings: RouteSettings) -> str:
    """Name the Service through which the pages are asked."""
    return f"{settings.campus}-ui"


def api_service(settings: RouteSettings) -> str:
    """Name the Service through which the API is asked."""
    return f"{settings.campus}-api"


def canary_service(settings: RouteSettings) -> str:
    """Name the Service of the second version."""
    return f"{settings.campus}-api-canary"


def envoy_clusters(settings: RouteSettings) -> list[str]:
    """Name the campus's Services as Envoy's metrics do: pages first, then the API, then its canary."""
    services = [pages_service(settings), api_service(settings)]
    if settings.canary is not None:
        services.append(canary_service(settings))
    return [
        names.envoy_cluster(settings.backend_namespace, service, settings.backend_port)
        for service in services
    ]


def routes(settings: RouteSettings) -> list[Manifest]:
    """Render every route of the campus."""
    replicas = settings.backend_replicas
    pages = {**_to(settings, pages_service(settings)), **sessions.of_pages(replicas)}
    return [
        *blocked.routes(voice_cloning=settings.voice_cloning),
        {
            **_serving(settings, API_PREFIX, settings.limits.syntheses),
            **_api(settings),
            **sessions.of_api(replicas),
        },
        *({**_serving(settings, prefix, settings.limits.syntheses), **pages} for prefix in START_PREFIXES),
        {
            **_serving(settings, PAGES_PREFIX, settings.limits.requests),
            **pages,
            "enableWebsockets": True,
        },
        *(route for one in settings.applications for route in _application(settings, one)),
    ]


def _serving(settings: RouteSettings, prefix: str, bucket: Bucket) -> Manifest:
    """Render what all routes to a backend have in common; a stream on them may last as long as a synthesis.

    Envoy's own bounds, 15 seconds for a response and 5 minutes without a byte, would cut it. There is no
    retry policy: a repeated synthesis costs the GPU twice.
    """
    return {
        **settings.access.of_route(api=prefix.startswith(API_PREFIX)),
        "conditions": [{"prefix": prefix}],
        "rateLimitPolicy": bucket.policy(),
        "requestHeadersPolicy": headers.request(
            settings.campus,
            voice_cloning=settings.voice_cloning,
            audible_label=settings.audible_label,
        ),
        "responseHeadersPolicy": headers.response(settings.headers),
        "timeoutPolicy": {
            "idle": f"{_IDLE_SECONDS}s",
            "response": f"{settings.longest_request_seconds}s",
        },
    }


def _to(settings: RouteSettings, service: str) -> Manifest:
    return {"services": [{"name": service, "port": settings.backend_port}]}


def _api(settings: RouteSettings) -> Manifest:
    if settings.canary is None:
        return _to(settings, api_service(settings))
    shares = {
        api_service(settings): 100 - settings.canary.percent,
        canary_service(settings): settings.canary.percent,
    }
    return {
        "services": [
            {"name": name, "port": settings.backend_port, "weight": weight} for name, weight in shares.items()
        ]
    }


def _application(settings: RouteSettings, application: Application) -> list[Manifest]:
    """Render the routes to another application.

    Under `/` it is a second version of the pages, which takes over the paths that start a synthesis too:
    they are longer prefixes, and a session must not be divided between two versions.
    """
    prefixes = [application.prefix]
    if application.prefix == PAGES_PREFIX:
        prefixes += START_PREFIXES
    bounds = settings.limits
    return [
        {
            **_serving(settings, prefix, bounds.syntheses if prefix in START_PREFIXES else bounds.requests),
            **application.target(),
            "conditions": application.conditions(prefix),
            "enableWebsockets": True,
        }
        for prefix in prefixes
    ]
