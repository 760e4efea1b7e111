"""What the gateway does with the requests of one campus."""

import re
from pathlib import Path
from typing import Any

import pytest
from campus_voice.tenant_route import blocked, checks, render, sessions

from tests.cases import cases
from tests.unit.components.programs import ROUTE

CASES = [
    pytest.param(case, id=case.name)
    for case in cases.every()
    if case.parent.name == "tenant_route" and "child-proxy" in cases.rendered(case)
]


def serving(case: Path) -> list[dict[str, Any]]:
    """The case's routes that lead to a backend."""
    routes = cases.rendered(case)["child-proxy"]["spec"]["routes"]
    return [route for route in routes if "services" in route]


def status(path: str, *, voice_cloning: bool = False, method: str = "GET") -> int | None:
    """The status with which the gateway answers `path` itself; a pattern wins, then the longest prefix."""
    settings = checks.settings("north", {**ROUTE, "voice_cloning": voice_cloning})
    fitting: dict[int, int | None] = {}
    for route in render.child(settings)["child-proxy"]["spec"]["routes"]:
        condition, code = route["conditions"][0], route.get("directResponsePolicy", {}).get("statusCode")
        headers = [one["header"] for one in route["conditions"][1:]]
        if any(one["name"] == ":method" and one["notexact"] == method for one in headers):
            continue
        if re.fullmatch(condition.get("regex", ""), path):
            return int(code)
        if path.startswith(condition.get("prefix", "?")):
            fitting[len(condition["prefix"])] = code
    return fitting[max(fitting)]


@pytest.mark.parametrize("case", CASES)
def test_no_synthesis_is_ever_repeated(case: Path) -> None:
    assert all("retryPolicy" not in route for route in serving(case)), "a retry costs the GPU twice"


@pytest.mark.parametrize("case", CASES)
def test_nothing_is_served_in_clear_text(case: Path) -> None:
    routes = cases.rendered(case)["child-proxy"]["spec"]["routes"]
    assert all("permitInsecure" not in route for route in routes), (
        "without it Contour answers every request on port 80 with a redirect to https"
    )


@pytest.mark.parametrize("case", CASES)
def test_every_route_to_a_backend_is_limited_and_says_whose_it_is(case: Path) -> None:
    for route in serving(case):
        limit = route["rateLimitPolicy"]["local"]
        assert limit["responseStatusCode"] == 429
        assert {"name": "Retry-After", "value": "1"} in limit["responseHeadersToAdd"], (
            "and when to come again"
        )
        told = {one["name"]: one["value"] for one in route["requestHeadersPolicy"]["set"]}
        assert set(told) == {
            "X-Campus-Audible-Label",
            "X-Campus-Id",
            "X-Campus-Voice-Cloning",
            "X-Forwarded-For",
        }, "what a server trusts is overwritten on every route, or a sender could claim it"
        assert {"X-Forwarded-Host", "X-Gradio-Server"} <= set(route["requestHeadersPolicy"]["remove"])


@pytest.mark.parametrize(
    "path",
    [
        "/monitoring",
        "/monitoring/summary",
        "/gradio_api/dev/reload",
        "/gradio_api/vibe-code/",
        "/gradio_api/vibe-edit",
        "/gradio_api/proxy=http://169.254.169.254/",
        "/gradio_api/proxy%3Dhttp://169.254.169.254/",
        "/gradio_api%2Fproxy=http://169.254.169.254/",
        "/gradio_api/dev%2freload",
        "/v1%2Fvoices",
        "/gradio_api/file=https://example.org/",
        "/gradio_api/profiling/traces",
        "/gradio_api/heartbeat/abc",
        "/metrics",
        "/healthz",
        "/readyz",
    ],
)
def test_inner_paths_are_answered_at_the_gateway(path: str) -> None:
    assert status(path) == 404, f"{blocked.INNER.get(path, path)}: nobody outside needs it"


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/config",
        "/assets/index.js",
        "/gradio_api/info",
        "/gradio_api/queue/join",
        "/gradio_api/call/generate_audio",
        "/gradio_api/file=/tmp/gradio/a.wav",
        "/gradio_api/stream/a/b/1/playlist-file",
        "/openapi.json",
        "/read/speech",
        "/v1/audio/speech",
        "/v1/voices",
    ],
)
def test_what_a_page_needs_reaches_the_server(path: str) -> None:
    assert status(path) is None, "the gateway answers nothing that a page asks for"


def test_recordings_are_turned_away_where_voice_cloning_is_off() -> None:
    assert status("/gradio_api/upload") == 403, "off is the default"
    assert status("/gradio_api/upload", voice_cloning=True) is None


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/v1/voices"), ("DELETE", "/v1/voices/%E7%8E%8B%E8%80%81%E5%B8%88")]
)
def test_voices_are_enrolled_and_withdrawn_only_where_voice_cloning_is_on(method: str, path: str) -> None:
    assert status(path, method=method) == 403, "off is the default"
    assert status(path, method=method, voice_cloning=True) is None, "the server asks for the campus's key"


def test_a_pod_that_stopped_answering_is_left_out_within_thirty_seconds() -> None:
    assert sessions.LEFT_OUT_SECONDS < 30
    checks_of = {
        route["conditions"][0]["prefix"]: route.get("healthCheckPolicy")
        for route in serving(cases.FOLDER / "tenant_route" / "replicas")
    }
    assert all(checks_of.values()), f"each route checks the pods it asks: {checks_of}"
    assert all(
        "healthCheckPolicy" not in route for route in serving(cases.FOLDER / "tenant_route" / "whole")
    ), "with a single pod a check turns slow answers into errors"


def test_a_browser_stays_with_the_pod_that_holds_its_session() -> None:
    strategies = {
        route["conditions"][0]["prefix"]: route["loadBalancerPolicy"]["strategy"]
        for route in serving(cases.FOLDER / "tenant_route" / "replicas")
    }
    api = strategies.pop("/v1")
    assert set(strategies.values()) == {"Cookie"}, "one page's paths that differ would ask two pods"
    assert api == "WeightedLeastRequest", "calls of the API have no session"


def test_routes_that_are_older_than_a_guard_are_closed() -> None:
    host = cases.rendered(cases.FOLDER / "tenant_route" / "guarded-root")["root-proxy"]["spec"]["virtualhost"]
    assert [provider["default"] for provider in host["jwtProviders"]] == [True], (
        "a route that says nothing about tokens needs one"
    )
    assert host["authorization"]["failOpen"] is False, "nobody comes in while nobody decides"


def test_a_token_opens_the_api_and_a_login_the_pages() -> None:
    guards = {
        route["conditions"][0]["prefix"]: (route["jwtVerificationPolicy"], route.get("authPolicy"))
        for route in serving(cases.FOLDER / "tenant_route" / "guarded-child")
    }
    for prefix in ("/v1", "/v1/images"):
        assert guards.pop(prefix) == ({"require": "tokens"}, {"disabled": True}), (
            f"{prefix} is below the API, and a longer route must not open what the token guards"
        )
    assert set(map(str, guards.values())) == {str(({"disabled": True}, None))}, (
        "a browser's event stream sends no token, and the login decides about every path of the pages"
    )
