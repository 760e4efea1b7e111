"""What a person reads when a command cannot be run in a pod; the client is the real one, over real sockets."""

import base64
import hashlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from kubernetes import client

from operations.cluster import Cluster, Pod
from operations.errors import OperationError

POD = Pod("voice", "cosyvoice-1", "sandbox", "Running", True, 0, "", ("cosyvoice",))
KEY_SUFFIX = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
"""What a WebSocket's server adds to the client's key (https://www.rfc-editor.org/rfc/rfc6455#section-1.3)."""
REFUSED = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"


def opened(request: bytes) -> bytes:
    """The answer that opens a WebSocket."""
    lines = dict(line.split(b": ", 1) for line in request.split(b"\r\n") if b": " in line)
    key = base64.b64encode(
        hashlib.sha1(lines[b"Sec-WebSocket-Key"] + KEY_SUFFIX, usedforsecurity=False).digest()
    )
    switch = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    return switch + b"Sec-WebSocket-Accept: " + key + b"\r\n\r\n"


@contextmanager
def api_server(*, refuses: bool) -> Iterator[Cluster]:
    """A cluster whose API server answers one request, and then breaks the connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                request = connection.recv(65536)
                connection.sendall(REFUSED if refuses else opened(request))

        serving = threading.Thread(target=answer)
        serving.start()
        yield cluster_at(listener.getsockname()[1])
        serving.join()


def cluster_at(port: int) -> Cluster:
    configuration = client.Configuration()
    configuration.host = f"http://127.0.0.1:{port}"
    return Cluster(client.ApiClient(configuration))


def test_a_connection_that_breaks_in_the_middle_of_a_command_is_told() -> None:
    with api_server(refuses=False) as cluster, pytest.raises(OperationError) as told:
        cluster.run(POD, "cosyvoice", ["true"])
    assert told.value.what == "A command in the pod voice/cosyvoice-1 was cut off"
    assert "its work may be done, or a part of it" in told.value.why, "nobody takes it for undone"


def test_a_right_that_is_missing_is_told_as_such() -> None:
    with api_server(refuses=True) as cluster, pytest.raises(OperationError, match="answered 403 Forbidden"):
        cluster.run(POD, "cosyvoice", ["true"])


def test_an_api_server_that_is_not_there_has_not_answered() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(OperationError, match="the cluster's API server does not answer"):
        cluster_at(port).run(POD, "cosyvoice", ["true"])
