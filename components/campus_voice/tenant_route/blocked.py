"""Paths that the gateway answers itself, whatever is behind it.

Our own server opens known paths only; this list also covers another Gradio application behind a campus.
Read in Gradio 6.31 (https://github.com/gradio-app/gradio/blob/gradio%406.31.0/gradio/routes.py). Contour
compares the text of a prefix, so `/monitoring` also covers `/monitoring/summary`.
"""

from collections.abc import Mapping
from http import HTTPStatus

from campus_voice.shared.manifests import Manifest

UPLOAD_PREFIX = "/gradio_api/upload"
"""Where recordings of a voice arrive; the progress of an upload is told below it too."""

VOICES_PREFIX = "/v1/voices"
"""Where the voices of a campus are listed (GET), enrolled and withdrawn (every other method)."""

_HEARTBEAT_PREFIX = "/gradio_api/heartbeat"

_ESCAPED_SLASH = "/(gradio_api|v1).*%2[Ff].*"
"""Envoy compares paths with `%2F` as they are and servers decode it: `/gradio_api%2Fupload` would reach what
the prefixes below guard. Neither Gradio's page nor the API writes it."""

INNER: Mapping[str, str] = {
    "/gradio_api/dev/reload": "tells whoever asks when a developer changes the page",
    "/gradio_api/file%3": "is the next one, spelt so that a prefix does not see it",
    "/gradio_api/file=http": "fetches an address of the caller's choice from inside the cluster",
    "/gradio_api/process_recording": "hands a screen recording of the caller's to ffmpeg",
    "/gradio_api/profiling": "tells how long other people's requests took",
    "/gradio_api/proxy%3": "is the next one, spelt so that a prefix does not see it",
    "/gradio_api/proxy=": "fetches an address of the caller's choice from inside the cluster",
    "/gradio_api/undo-vibe-edit": "changes the program of the page",
    "/gradio_api/vibe-": "reads and changes the program of the page",
    "/healthz": "tells operators, on a port of its own, whether the server lives",
    "/metrics": "tells operators, on a port of its own, what the server does",
    "/monitoring": "tells how often and how long other people spoke",
    "/readyz": "tells operators, on a port of its own, whether the server is ready",
}
"""Prefixes that nobody outside needs, each with what it does."""


def routes(*, voice_cloning: bool) -> list[Manifest]:
    """Render the routes that are answered without asking the server."""
    not_here = dict.fromkeys(INNER, "Not served here.")
    # The stream would hold each roll-out of Envoy for the whole grace period as long as one page is open.
    # Ending it early instead is no way out: Gradio then ends the session's running audio streams, and
    # neither of its clients asks again after a 404.
    not_here[_HEARTBEAT_PREFIX] = "No heartbeat here: sessions end by themselves."
    made = [
        _answer({"regex": _ESCAPED_SLASH}, HTTPStatus.NOT_FOUND, "Not served here."),
        *(_answer({"prefix": one}, HTTPStatus.NOT_FOUND, not_here[one]) for one in sorted(not_here)),
    ]
    if not voice_cloning:
        body = "This campus has voice cloning switched off: recordings are not accepted."
        # Envoy keeps the method among the headers, and Contour passes the name on as it is.
        not_listing = {"header": {"name": ":method", "notexact": "GET"}}
        made.append(_answer({"prefix": UPLOAD_PREFIX}, HTTPStatus.FORBIDDEN, body))
        made.append(_answer({"prefix": VOICES_PREFIX}, HTTPStatus.FORBIDDEN, body, not_listing))
    return made


def covers(prefix: str) -> str | None:
    """Tell the blocked prefix that `prefix` would reach into, if there is one."""
    blocked = (*INNER, _HEARTBEAT_PREFIX, UPLOAD_PREFIX, VOICES_PREFIX)
    return next((one for one in blocked if prefix.startswith(one)), None)


def _answer(path: Manifest, status: HTTPStatus, body: str, *also: Manifest) -> Manifest:
    return {
        "conditions": [path, *also],
        "directResponsePolicy": {"body": body, "statusCode": int(status)},
    }
