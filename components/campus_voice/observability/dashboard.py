"""The dashboard of the campuses, as Grafana's JSON."""

import json

from grafana_foundation_sdk.builders import dashboard, prometheus, timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.common import DataSourceRef
from grafana_foundation_sdk.models.dashboard import VariableRefresh, VariableSort

UID = "campus-voice-campuses"
"""Identifier of the dashboard, a part of its address."""

_SOURCE = DataSourceRef(type_val="prometheus", uid="${datasource}")
_CAMPUS = "[^_]+_([^_]+)-(?:ui|api)_[0-9]+"
"""Envoy names a campus's Services `<namespace>_<campus>-<ui or api>_<port>`."""

_WIDTH, _HEIGHT = 12, 8


def campuses() -> str:
    """Build the dashboard: for each campus requests, errors, running streams and latency.

    The campuses come from the metrics themselves, so that adding one changes nothing here. The same call
    returns the same text.
    """
    built = (
        dashboard.Dashboard("Campuses")
        .uid(UID)
        .description("What each campus sends through the gateway, and how it is answered.")
        .tags(["campus-voice"])
        .timezone("browser")
        .time("now-6h", "now")
        .refresh("30s")
        .readonly()
        .with_variable(_source_variable())
        .with_variable(_campus_variable())
        .with_panel(
            _panel(
                "Requests",
                "Answered requests per second.",
                "reqps",
                _answered(),
            )
        )
        .with_panel(
            _panel(
                "Errors",
                "Share of the requests that were answered with a status of 500 or above.",
                "percentunit",
                f"{_errors()} / {_answered()}",
            )
        )
        .with_panel(
            _panel(
                "Running streams",
                "Requests that are being answered at this moment.",
                "short",
                _by_campus(f"envoy_cluster_upstream_rq_active{{{_series('ui|api')}}}"),
            )
        )
        .with_panel(
            _panel(
                "Latency of the API, 95th percentile",
                "Time until the answer was complete. Pages are left out: their streams last as long as "
                "somebody listens. Requests that ran into a timeout are not counted by Envoy.",
                "ms",
                _latency("0.95"),
            )
        )
        .build()
    )
    return json.dumps(built, cls=JSONEncoder, indent=2, sort_keys=True)


def _source_variable() -> dashboard.DatasourceVariable:
    return dashboard.DatasourceVariable("datasource").label("Data source").type("prometheus")


def _campus_variable() -> dashboard.QueryVariable:
    return (
        dashboard.QueryVariable("campus")
        .label("Campus")
        .datasource(_SOURCE)
        .query("label_values(envoy_cluster_upstream_rq_total, envoy_cluster_name)")
        .regex(f"/^{_CAMPUS}$/")
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(VariableSort.ALPHABETICAL_ASC)
        .multi(multi=True)
        .include_all(include_all=True)
        .all_value("[^_]+")
    )


def _panel(title: str, description: str, unit: str, expression: str) -> timeseries.Panel:
    return (
        timeseries.Panel()
        .title(title)
        .description(description)
        .datasource(_SOURCE)
        .unit(unit)
        .min(0)
        .height(_HEIGHT)
        .span(_WIDTH)
        .with_target(
            prometheus.Dataquery()
            .datasource(_SOURCE)
            .expr(expression)
            .legend_format("{{campus}}")
            .ref_id("A")
        )
    )


def _series(classes: str) -> str:
    """Select the chosen campuses' series of some route classes."""
    return f'envoy_cluster_name=~"[^_]+_($campus)-({classes})_[0-9]+"'


def _by_campus(expression: str, *also: str) -> str:
    """Sum an expression for each campus, whatever namespace and route class it comes from."""
    labels = ", ".join([*also, "campus"])
    return (
        f'sum by ({labels}) (label_replace({expression}, "campus", "$1", "envoy_cluster_name", "{_CAMPUS}"))'
    )


def _answered() -> str:
    return _by_campus(f"rate(envoy_cluster_upstream_rq_completed{{{_series('ui|api')}}}[$__rate_interval])")


def _errors() -> str:
    matching = f'{_series("ui|api")}, envoy_response_code_class="5"'
    return _by_campus(f"rate(envoy_cluster_upstream_rq_xx{{{matching}}}[$__rate_interval])")


def _latency(quantile: str) -> str:
    buckets = f"rate(envoy_cluster_upstream_rq_time_bucket{{{_series('api')}}}[$__rate_interval])"
    return f"histogram_quantile({quantile}, {_by_campus(buckets, 'le')})"
