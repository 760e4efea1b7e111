"""HTTPS connections to a campus whose name the machine may not be able to resolve."""

import ssl

import httpx

from operations.errors import OperationError

LOOPBACK = "127.0.0.1"


def address_of(host: str, override: str | None = None) -> str:
    """Where to connect for `host`: `override`, this machine for `*.localhost`, otherwise the name itself.

    Browsers resolve every name under localhost to this machine (RFC 6761, 6.3); the C library that Python
    asks does not.
    """
    if override:
        return override
    return LOOPBACK if host == "localhost" or host.endswith(".localhost") else host


class AddressedTransport(httpx.HTTPTransport):
    """Connects to one address and keeps the name of the URL in SNI, certificate check and Host header.

    httpcore, below, turns Nagle's algorithm off on every connection; without that each POST would wait
    some 40 ms for a delayed acknowledgement and the times measured here would be the client's own.
    """

    def __init__(self, address: str, verify: ssl.SSLContext) -> None:
        super().__init__(verify=verify)
        self._address = address

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send `request` to the address."""
        request.extensions = {**request.extensions, "sni_hostname": request.url.host}
        request.url = request.url.copy_with(host=self._address)
        return super().handle_request(request)


def trust(ca: str | None) -> ssl.SSLContext:
    """What signs an acceptable certificate: the PEM text `ca` alone, or the public authorities.

    Raises:
        OperationError: `ca` holds no certificate.
    """
    if ca is None:
        return ssl.create_default_context()
    try:
        return ssl.create_default_context(cadata=ca)
    except ssl.SSLError as error:
        raise OperationError(
            "The campus's CA certificate cannot be used",
            f"ca.crt in its Secret is no PEM certificate ({error})",
            "Delete the Secret's certificate so that cert-manager issues it anew.",
        ) from error


def client(url: str, *, address: str, ca: str | None, request_id: str, silence: float) -> httpx.Client:
    """A client of the campus at `url` whose every request carries `request_id` in X-Request-Id.

    `silence` is how many seconds a connection may stay without a byte. The server's event stream sends a
    heartbeat every 15 seconds, so anything above that only ends what hangs.
    """
    return httpx.Client(
        base_url=url,
        transport=AddressedTransport(address, trust(ca)),
        headers={"X-Request-Id": request_id, "User-Agent": "campus-voice-operations"},
        timeout=httpx.Timeout(silence, connect=10),
    )
