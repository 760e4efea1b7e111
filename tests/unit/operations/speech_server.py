"""A web server that answers as a test says, behind TLS with a certificate for one name."""

import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = "north.voice.localhost"
INFO = """{"named_endpoints": {"/generate_audio": {"parameters": [
  {"parameter_name": "tts_text", "type": {"type": "string"}},
  {"parameter_name": "sft_dropdown", "type": {"enum": ["中文女", "英文女"]}}]}}}"""
NO_VOICES = INFO.replace('"中文女", "英文女"', "")
PLAYLIST = "/gradio_api/stream/s/r/1/playlist.m3u8"
FILE = '[{"path": "s/r/1/playlist.m3u8", "is_stream": true}]'
GENERATING, COMPLETE = f"event: generating\ndata: {FILE}\n\n", f"event: complete\ndata: {FILE}\n\n"


@dataclass(frozen=True)
class Answer:
    """One reply; a `broken` one promises more bytes than it sends."""

    body: str | bytes
    status: int = 200
    broken: bool = False


def talk(events: str, **others: Answer) -> dict[str, Answer]:
    """The replies of a speech server whose event stream is `events`."""
    playlist = "#EXTM3U\n#EXTINF:0.1,\na.aac\n#EXTINF:2.9,\nb.aac\n#EXT-X-ENDLIST\n"
    return {
        "GET /gradio_api/info": Answer(INFO),
        "POST /gradio_api/call/generate_audio": Answer('{"event_id": "e"}'),
        "GET /gradio_api/call/generate_audio/e": Answer(events),
        f"GET {PLAYLIST}": Answer(playlist),
        "GET /gradio_api/stream/s/r/1/a.aac": Answer(b"first "),
        "GET /gradio_api/stream/s/r/1/b.aac": Answer(b"second"),
        **others,
    }


@dataclass
class Running:
    """A server that runs."""

    port: int
    ca: str
    requests: list[tuple[str, Mapping[str, str]]]
    """Method and path of each request, and its headers."""

    bodies: dict[str, bytes]
    """What came with the last request of each method and path."""


@contextmanager
def serving(answers: Mapping[str, Answer], folder: Path) -> Iterator[Running]:
    """A server on this machine with a certificate for HOST, signed by itself."""
    seen: list[tuple[str, Mapping[str, str]]] = []
    bodies: dict[str, bytes] = {}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            asked = f"{self.command} {self.path}"
            bodies[asked] = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            seen.append((asked, dict(self.headers.items())))
            given = answers.get(asked, Answer("no such page", 404))
            body = given.body.encode() if isinstance(given.body, str) else given.body
            self.send_response(given.status)
            stream = body.startswith(b"event:")
            self.send_header("Content-Type", "text/event-stream" if stream else "text/plain; charset=utf-8")
            self.send_header("Content-Length", str(len(body) + (10 if given.broken else 0)))
            self.end_headers()
            self.wfile.write(body)
            self.close_connection = given.broken

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    for method in ("GET", "POST"):
        setattr(Handler, f"do_{method}", Handler.answer)

    certificate, key = _certificate(HOST)
    (folder / "key.pem").write_bytes(key + certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "key.pem")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield Running(server.server_port, certificate.decode(), seen, bodies)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _certificate(host: str) -> tuple[bytes, bytes]:
    """A certificate for `host` and its key, both PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    today = datetime(2020, 1, 1, tzinfo=UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today)
        .not_valid_after(today + timedelta(days=36500))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    encoding = serialization.Encoding.PEM
    private = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return certificate.public_bytes(encoding), private
