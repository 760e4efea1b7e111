"""The few calls to the API server that the sandbox makes itself; quick to start, unlike a whole client."""

import base64
import http.client
import json
import os
import ssl
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import yaml

TIMEOUT_SECONDS: Final = 5.0


class ApiError(Exception):
    """The API server did not answer, or not with success."""


class Api:
    """A caller with the rights of a kubeconfig's current user."""

    def __init__(self, kubeconfig: Path) -> None:
        content = yaml.safe_load(kubeconfig.read_text(encoding="utf-8"))
        cluster = content["clusters"][0]["cluster"]
        self._server = urlsplit(cluster["server"])
        authority = base64.b64decode(cluster["certificate-authority-data"]).decode("ascii")
        self._tls = ssl.create_default_context(cadata=authority)
        _identify(self._tls, content["users"][0]["user"])

    def get(self, path: str) -> dict[str, Any]:
        """The object or list at `path`.

        Raises:
            ApiError: no answer, or one that is not a success.
        """
        return dict(json.loads(self._call("GET", path, None, {})))

    def text(self, path: str) -> str:
        """What is at `path`, as text; raises as `get` does."""
        return self._call("GET", path, None, {})

    def create(self, path: str, body: Mapping[str, Any]) -> None:
        """Create `body` in the collection at `path`; raises as `get` does."""
        self._call("POST", path, json.dumps(body), {"Content-Type": "application/json"})

    def delete(self, path: str) -> None:
        """Delete the object at `path`; raises as `get` does."""
        self._call("DELETE", path, None, {})

    def _call(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> str:
        connection = http.client.HTTPSConnection(
            self._server.hostname or "", self._server.port, timeout=TIMEOUT_SECONDS, context=self._tls
        )
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            text = answer.read().decode("utf-8")
        except (OSError, http.client.HTTPException) as failure:
            raise ApiError(f"{method} {path}: {failure or type(failure).__name__}") from failure
        finally:
            connection.close()
        if answer.status >= 400:
            raise ApiError(f"{method} {path}: {answer.status} {_message(text)}")
        return text


def _message(text: str) -> str:
    """The message of a Status object, or the text itself."""
    try:
        return str(json.loads(text).get("message", text))
    except (ValueError, AttributeError):
        return text


def _identify(tls: ssl.SSLContext, user: Mapping[str, str]) -> None:
    """Load the client certificate; the TLS library reads it from a file only, gone again at once."""
    descriptor, name = tempfile.mkstemp(prefix="campus-voice-")
    try:
        with os.fdopen(descriptor, "wb") as stream:
            for key in ("client-certificate-data", "client-key-data"):
                stream.write(base64.b64decode(user[key]))
        tls.load_cert_chain(name)
    finally:
        Path(name).unlink()
