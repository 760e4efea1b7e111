"""What Contour is told in `contour.yaml`."""

import yaml

from . import drain

_ACCESS_LOG_FIELDS = (
    "@timestamp",
    "authority",
    "bytes_received",
    "bytes_sent",
    "campus=%REQ(X-CAMPUS-ID)%",
    "downstream_remote_address",
    "duration",
    "method",
    # The query string may hold a text that a pupil wants to hear.
    "path=%REQ_WITHOUT_QUERY(:PATH)%",
    "protocol",
    "request_id",
    "requested_server_name",
    "response_code",
    "response_code_details",
    "response_flags",
    "upstream_cluster",
    "upstream_host",
    "user_agent",
)

_CIPHERS = (
    "[ECDHE-ECDSA-AES128-GCM-SHA256|ECDHE-ECDSA-CHACHA20-POLY1305]",
    "[ECDHE-RSA-AES128-GCM-SHA256|ECDHE-RSA-CHACHA20-POLY1305]",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES256-GCM-SHA384",
)
"""Ciphers of TLS 1.2, those that keep past conversations secret when a key is lost; of two in brackets the
client's favourite is taken. TLS 1.3 has no others."""

CONNECTION_BUFFER_BYTES = 32 * 1024
"""What Envoy holds for one connection in one direction: the value of
https://www.envoyproxy.io/docs/envoy/latest/configuration/best_practices/edge."""

_STREAMS_PER_CONNECTION = 100
"""Requests that one HTTP/2 connection may have open, the least that RFC 9113 recommends."""

_REQUESTS_PER_TURN = 10
"""Requests that one connection is served before others have their turn, against floods of requests that
are cancelled at once (CVE-2023-44487)."""


def contour_yaml() -> str:
    """Write `contour.yaml`. Contour refuses to start on a key that it does not know.

    The keys are those of https://projectcontour.io/docs/1.33/configuration/.
    """
    return yaml.safe_dump(
        {
            "accesslog-format": "json",
            "disablePermitInsecure": True,
            # A Service could otherwise make Envoy fetch from any address (CVE-2021-32783).
            "enableExternalNameService": False,
            "json-fields": list(_ACCESS_LOG_FIELDS),
            "listener": {
                # Connections are few and long, so that chance would leave some workers idle.
                "connection-balancer": "exact",
                "http2-max-concurrent-streams": _STREAMS_PER_CONNECTION,
                "max-requests-per-io-cycle": _REQUESTS_PER_TURN,
                "per-connection-buffer-limit-bytes": CONNECTION_BUFFER_BYTES,
            },
            # The shutdown manager uses a socket in a file; nobody needs a port. Contour documents 0 for none,
            # and then overlays its default on it, as on every zero
            # (https://github.com/projectcontour/contour/blob/v1.33.6/internal/contourconfig/contourconfiguration.go).
            "network": {"admin-port": -1},
            # Hides which server, of which release, speaks behind Envoy.
            "serverHeaderTransformation": "overwrite",
            "timeouts": {
                "connection-idle-timeout": f"{drain.CONNECTION_IDLE_SECONDS}s",
                # One second, the default, cuts the end off a slow download.
                "delayed-close-timeout": "10s",
            },
            "tls": {"cipher-suites": list(_CIPHERS), "minimum-protocol-version": "1.2"},
        },
        sort_keys=True,
    )
