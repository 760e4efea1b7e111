"""The dashboard shows campuses by themselves: adding one changes nothing here."""

import json
import re
from typing import Any

import pytest
from campus_voice.observability import dashboard
from campus_voice.tenant_route import checks, routes

from tests.unit.components.programs import ROUTE


@pytest.fixture(scope="module")
def board() -> Any:
    return json.loads(dashboard.campuses())


def test_the_same_dashboard_is_the_same_text() -> None:
    assert dashboard.campuses() == dashboard.campuses(), (
        "a dashboard that changes by itself is redeployed each time"
    )


def test_every_campus_is_found_in_the_names_that_envoy_counts_by(board: Any) -> None:
    (variable,) = [one for one in board["templating"]["list"] if one["name"] == "campus"]
    pattern = re.compile(variable["regex"].strip("/"))
    for campus in ("north", "music-school", "api"):
        settings = checks.settings("route", {**ROUTE, "campus": campus})
        for cluster in routes.envoy_clusters(settings):
            found = pattern.fullmatch(cluster)
            assert found, f"{cluster} belongs to a campus"
            assert found[1] == campus
    assert not pattern.fullmatch("projectcontour_contour_8001"), "Envoy's own clusters are no campus"


def test_no_panel_is_bound_to_one_data_source(board: Any) -> None:
    queries = [target for panel in board["panels"] for target in panel["targets"]]
    bound = [*board["panels"], *queries]
    assert {one["datasource"]["uid"] for one in bound} == {"${datasource}"}, (
        "every Grafana names its own otherwise"
    )


def test_every_panel_says_what_it_shows_in_which_unit_for_each_campus(board: Any) -> None:
    for panel in board["panels"]:
        assert panel["title"], "a panel has a title"
        assert panel["description"], f"{panel['title']} is explained"
        assert panel["fieldConfig"]["defaults"]["unit"], f"{panel['title']} has a unit"
        expression = panel["targets"][0]["expr"]
        assert "$campus" in expression, f"{panel['title']} shows the chosen campuses"
        assert re.search(r"sum by \((le, )?campus\)", expression), f"{panel['title']} tells campuses apart"
    titles = [panel["title"] for panel in board["panels"]]
    assert titles == ["Requests", "Errors", "Running streams", "Latency of the API, 95th percentile"]
