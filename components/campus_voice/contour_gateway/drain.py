"""How long a stopping Envoy serves on."""

CONNECTION_IDLE_SECONDS = 60
"""After this long without a request Envoy closes a connection."""

_AFTER_DRAIN_SECONDS = 30


def grace_seconds(longest_request_seconds: int, drain_delay_seconds: int) -> int:
    """Tell how long a stopping Envoy may take.

    It serves on until its last connection is closed: what is in front of it has to notice that it stops,
    then the longest request, then the time after which an idle connection is closed, then a margin.
    """
    return drain_delay_seconds + longest_request_seconds + CONNECTION_IDLE_SECONDS + _AFTER_DRAIN_SECONDS
