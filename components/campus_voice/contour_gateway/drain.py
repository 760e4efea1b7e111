"""How long a stopping Envoy serves on."""

CONNECTION_IDLE_SECONDS = 60
"""After this long without a request Envoy closes a connection."""

_AFTER_DRAIN_SECONDS = 30


def listener_seconds(longest_request_seconds: int) -> int:
    """Tell how long the connections of a host stay that Envoy is told to serve differently.

    Envoy asks each of them to end with its next response, and closes what is left after this time: the last
    request may begin when the connection would have been closed as idle, and then take the longest.
    """
    return longest_request_seconds + CONNECTION_IDLE_SECONDS + _AFTER_DRAIN_SECONDS


def grace_seconds(longest_request_seconds: int, drain_delay_seconds: int) -> int:
    """Tell how long a stopping Envoy may take.

    What is in front of it has to notice that it stops; then its connections end like those of a listener.
    """
    return drain_delay_seconds + listener_seconds(longest_request_seconds)
