"""A hub on this machine that answers as the real one does, and misbehaves when it is told to.

The contract is that of https://huggingface.co/docs/hub/api, as its own client reads it: the listing with ``siblings``, the
redirect to storage on another host with ``X-Linked-Size`` and ``X-Linked-Etag``, the reason of a refusal in ``X-Error-Code``.
A folder with a ``SHA256SUMS`` is served beside it.
"""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

REPOSITORY = "FunAudioLLM/Fun-CosyVoice3-0.5B-2512"
REVISION = "29e01c4e8d000f4bcd70751be16fa94bf3d85a18"
SIGNATURE = "Signature=of-the-storage"


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@dataclass
class HubState:
    """What the hub holds, how it misbehaves, and what it was asked."""

    files: dict[str, bytes]
    stored: tuple[str, ...] = ()
    """Files in Git LFS; the others are in the repository."""
    sizes: dict[str, int] = field(default_factory=dict)
    """Sizes that the listing claims."""
    served: dict[str, bytes] = field(default_factory=dict)
    """What is sent in place of the right bytes."""
    cuts: dict[str, list[int]] = field(default_factory=dict)
    """After how many bytes each of the next connections for a file breaks."""
    ranges: bool = True
    refusal: tuple[int, str] | None = None
    token: str | None = None
    hold: threading.Event | None = None
    """Half of a file is sent, and the other half, or what is asked for later, once this is set."""
    asked: list[str] = field(default_factory=list)
    """``<method> <path> [<range>]`` of every request."""

    def sums(self) -> bytes:
        return "".join(f"{sha256(content)}  {path}\n" for path, content in self.files.items()).encode()

    def listing(self) -> dict[str, object]:
        return {"id": REPOSITORY, "sha": REVISION, "siblings": [self._sibling(path) for path in self.files]}

    def _sibling(self, path: str) -> dict[str, object]:
        content = self.files[path]
        size = self.sizes.get(path, len(content))
        blob = hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
        sibling: dict[str, object] = {"rfilename": path, "blobId": blob, "size": size}
        return sibling | ({"lfs": {"sha256": sha256(content), "size": size, "pointerSize": 135}} if path in self.stored else {})


class Handler(BaseHTTPRequestHandler):
    """Answers for the hub of ``server.state``."""

    protocol_version = "HTTP/1.1"
    server: "HubServer"

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        state, path = self.server.state, urlsplit(self.path).path
        state.asked.append(" ".join(filter(None, (self.command, self.path, self.headers.get("Range")))))
        _, kind, *rest = path.split("/")
        if kind == "storage":
            self.send_stored("/".join(rest))
        elif kind == "folder":
            self.send("/".join(rest))
        else:
            self.send_of_hub(path)

    def send_of_hub(self, path: str) -> None:
        state = self.server.state
        if state.refusal is not None:
            status, code = state.refusal
            return self.answer(status, b"{}", {"X-Error-Code": code})
        if state.token is not None and self.headers.get("Authorization") != f"Bearer {state.token}":
            return self.answer(401, b"{}", {"X-Error-Code": "RepoNotFound"})
        if self.path == f"/api/models/{REPOSITORY}/revision/{REVISION}?blobs=true":
            return self.answer(200, json.dumps(state.listing()).encode())
        name = path.removeprefix(f"/{REPOSITORY}/resolve/{REVISION}/")
        if name in state.stored:
            headers = {"X-Linked-Size": str(len(state.files[name])), "X-Linked-Etag": f'"{sha256(state.files[name])}"'}
            place = f"http://localhost:{self.server.server_port}/storage/{name}?{SIGNATURE}"
            return self.answer(302, b"", headers | {"X-Repo-Commit": REVISION, "Location": place})
        return self.send(name)

    def send_stored(self, name: str) -> None:
        """Object storage refuses a request that is signed twice."""
        if SIGNATURE in self.path and "Authorization" not in self.headers:
            self.send_file(name)
        else:
            self.answer(400, b"")

    def send(self, name: str) -> None:
        state = self.server.state
        if name == "SHA256SUMS":
            return self.answer(200, state.sums())
        return self.send_file(name) if name in state.files else self.answer(404, b"", {"X-Error-Code": "EntryNotFound"})

    def send_file(self, name: str) -> None:
        state = self.server.state
        whole = state.served.get(name, state.files[name])
        asked = self.headers.get("Range", "") if state.ranges else ""
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0
        if start >= len(whole) > 0:
            return self.answer(416, b"")
        headers = {"Content-Range": f"bytes {start}-{len(whole) - 1}/{len(whole)}"} if asked else {}
        body, cuts = whole[start:], state.cuts.get(name, [])
        self.send_response(206 if asked else 200)
        self.send_header("Content-Length", str(len(body)))
        for header, value in headers.items():
            self.send_header(header, value)
        self.end_headers()
        if self.command == "HEAD":
            return None
        if state.hold is not None:
            half = 0 if asked else len(body) // 2
            self.wfile.write(body[:half])
            state.hold.wait()
            body = body[half:]
        if cuts:
            body = body[: cuts.pop(0)]
            self.close_connection = True
        self.wfile.write(body)
        return None

    def answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for header, value in ({"Content-Length": str(len(body))} | (headers or {})).items():
            self.send_header(header, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


class HubServer(ThreadingHTTPServer):
    """The hub's listener; a client that is killed is no error of the hub's."""

    daemon_threads = True

    def __init__(self, state: HubState) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.state = state

    def handle_error(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def serving(state: HubState) -> Iterator[str]:
    """Serve the hub, and yield its address."""
    with HubServer(state) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            if state.hold is not None:
                state.hold.set()
            server.shutdown()
            thread.join()
