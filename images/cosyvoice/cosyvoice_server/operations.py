"""The operations server: ``/healthz``, ``/readyz`` and ``/metrics``, on a port that is never routed to people.

It has its own thread, so that it answers while the model loads and when the event loop does not.
"""

import sys
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cosyvoice_server.lifecycle import Lifecycle, Phase
from cosyvoice_server.metrics import CONTENT_TYPE, Metrics
from cosyvoice_server.watchdog import Watchdog

PLAIN = "text/plain; charset=utf-8"


class Server(ThreadingHTTPServer):
    """A server whose log is not filled by probes that hang up early."""

    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Report what went wrong with a request, unless the client has just gone away."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def start(port: int, lifecycle: Lifecycle, watchdog: Watchdog, metrics: Metrics) -> ThreadingHTTPServer:
    """Listen on ``port`` and answer from a daemon thread until the process ends.

    Raises:
        OSError: the port is taken.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, content_type, body = answer(self.path.partition("?")[0], lifecycle, watchdog, metrics)
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing: probes come every few seconds."""

    server = Server(("", port), Handler)
    threading.Thread(target=server.serve_forever, name="operations", daemon=True).start()
    return server


def answer(path: str, lifecycle: Lifecycle, watchdog: Watchdog, metrics: Metrics) -> tuple[HTTPStatus, str, bytes]:
    """Answer one GET with a status, a content type and a body."""
    match path:
        case "/healthz":
            complaint = watchdog.complaint()
            status = HTTPStatus.SERVICE_UNAVAILABLE if complaint else HTTPStatus.OK
            return status, PLAIN, f"{complaint or 'alive'}\n".encode()
        case "/readyz":
            phase = lifecycle.phase
            status = HTTPStatus.OK if phase is Phase.READY else HTTPStatus.SERVICE_UNAVAILABLE
            return status, PLAIN, f"{phase}\n".encode()
        case "/metrics":
            return HTTPStatus.OK, CONTENT_TYPE, metrics.text()
    return HTTPStatus.NOT_FOUND, PLAIN, b"only /healthz, /readyz and /metrics are here\n"
