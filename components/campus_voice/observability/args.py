"""What an Observability is told."""

from typing import NotRequired, TypedDict

from campus_voice.shared.enums import ObservabilityMode


class ObservabilityArgs(TypedDict):
    """What an Observability is told. Everything has a default."""

    mode: NotRequired[ObservabilityMode]
    """How metrics are collected. Default: `annotations`."""

    namespace: NotRequired[str]
    """Namespace of the dashboards, created here. Default: `monitoring`."""
