"""A line to the API server that can be cut and mended."""

import socket
import threading
from contextlib import suppress
from types import TracebackType


class Relay:
    """Passes TCP connections on to a port of 127.0.0.1; a context manager.

    Attributes:
        server: URL to reach the API server by. Its address is the server's own, which its certificate names.
        turned_away: how many connections came while the line was cut.
    """

    def __init__(self, port: int) -> None:
        self._target = ("127.0.0.1", port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._lock = threading.Lock()
        self._open: list[socket.socket] = []
        self._cut = False
        self._acceptor = threading.Thread(target=self._accept)
        self._pumps: list[threading.Thread] = []
        self.server = f"https://127.0.0.1:{self._listener.getsockname()[1]}"
        self.turned_away = 0

    def __enter__(self) -> "Relay":
        self._acceptor.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._acceptor.join()
        self._listener.close()
        self.cut()
        for pump in self._pumps:
            pump.join()

    def cut(self) -> None:
        """End every connection, and every new one as soon as it comes."""
        with self._lock:
            self._cut = True
            for end in self._open:
                _end(end)
            self._open.clear()

    def mend(self) -> None:
        """Pass new connections on again."""
        with self._lock:
            self._cut = False

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                if self._cut:
                    self.turned_away += 1
                    near.close()
                    continue
                far = socket.create_connection(self._target)
                self._open += [near, far]
                pair = threading.Thread(target=_join, args=(near, far))
                self._pumps.append(pair)
                pair.start()


def _join(near: socket.socket, far: socket.socket) -> None:
    with near, far:
        back = threading.Thread(target=_pump, args=(far, near))
        back.start()
        _pump(near, far)
        back.join()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    _end(source)
    _end(sink)


def _end(end: socket.socket) -> None:
    # The other side may have been quicker.
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
