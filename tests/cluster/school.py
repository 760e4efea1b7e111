"""The school under test: its campuses' names and authorities, what its speech server counts, and its pupils."""

import base64
import json
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

from operations.outputs import StackOutputs, parse_outputs
from operations.voice.connection import LOOPBACK, client, trust
from tests.cluster.framework import Kubectl, StackUnderTest, wait_until
from tests.cluster.listeners import Listeners
from tests.cluster.poller import Poller

SERVER_METRICS = 9464
CERT_MANAGER = "cert-manager"
SLOW_CPUS, ALL_CPUS = "600m", "16"


@dataclass(frozen=True)
class Watch:
    """The pupils of every campus, while something is done to the gateway."""

    poller: Poller
    listeners: Listeners

    def assert_uninterrupted(self, *hosts: str) -> None:
        """Fail when one request failed on these hosts, or one reading was cut."""
        assert not self.poller.failures(hosts), (
            f"a campus that was not touched loses no request: {self.poller.told(hosts)}"
        )
        self.assert_heard(*hosts)

    def assert_heard(self, *hosts: str) -> None:
        """Fail when a reading was cut on one of these hosts, or none was heard."""
        for host in hosts:
            readings = self.listeners.of(host)
            cut = [reading.failure for reading in readings if reading.failure]
            assert readings, f"somebody listens to {host}"
            assert not cut, f"a running synthesis is heard to its end on {host}: {cut}"


class School:
    """The campuses of a stack whose speech servers the stack brings."""

    def __init__(self, stack: StackUnderTest, kubectl: Kubectl) -> None:
        self._kubectl = kubectl
        self.outputs: StackOutputs = parse_outputs(stack.name, stack.outputs())
        self.hosts: Mapping[str, str] = {
            name: campus.host for name, campus in self.outputs.spoken_here().items()
        }

    @property
    def authorities(self) -> Mapping[str, str]:
        """The CAs that signed each host's certificate and that will sign its next one, as PEM text.

        A stack that was destroyed and comes again has another CA, and serves the certificates that it finds.
        """
        next_one = self.secret(CERT_MANAGER, f"{self.outputs.gateway.issuer.name}-ca")["tls.crt"]
        return {
            host: self.secret(self.routes, self.outputs.tls[name].secret_name)["ca.crt"] + next_one
            for name, host in self.hosts.items()
        }

    @property
    def gateway(self) -> str:
        """Namespace of Contour and Envoy."""
        return self.outputs.gateway.namespace

    @property
    def routes(self) -> str:
        """Namespace of the virtual hosts and their certificates."""
        return self.outputs.gateway.routes_namespace

    @property
    def backend(self) -> str:
        """Namespace of the speech server that the campuses share."""
        (namespace,) = self.outputs.backends
        return namespace

    @contextmanager
    def watched(self, *, again: bool = True) -> Iterator[Watch]:
        """Every campus polled and listened to; without `again` each campus speaks a single reading."""
        with self._speaking_slowly(), Listeners(self.authorities, again=again) as listeners:
            wait_until(
                lambda: self.counted("cosyvoice_in_flight_requests") >= len(self.authorities),
                deadline=60,
                what="a reading of each campus is being spoken",
            )
            with Poller(self.authorities) as poller:
                poller.goes_on(answers=2)
                yield Watch(poller, listeners)
                poller.goes_on()
            # What is still being read is waited for.
            self._resize(ALL_CPUS)

    @contextmanager
    def _speaking_slowly(self) -> Iterator[None]:
        """Keep the speech server, which would take every core, from holding up what is done meanwhile.

        Its pod is resized in place, which restarts nothing and leaves its Deployment alone.
        """
        self._resize(SLOW_CPUS)
        try:
            yield
        finally:
            self._resize(ALL_CPUS)

    def _resize(self, cpus: str) -> None:
        limits = {"containers": [{"name": "cosyvoice", "resources": {"limits": {"cpu": cpus}}}]}
        change = json.dumps({"spec": limits})
        self._kubectl("-n", self.backend, "patch", self._pod(), "--subresource=resize", f"--patch={change}")

    def _pod(self) -> str:
        labels_of_server = self.outputs.backends[self.backend].selector.items()
        selector = ",".join(f"{key}={value}" for key, value in labels_of_server)
        (pod,) = self._kubectl("-n", self.backend, "get", "pods", "-l", selector, "-o", "name").split()
        return pod

    @contextmanager
    def pupil(self, campus: str) -> Iterator[httpx.Client]:
        """Somebody at a campus, with a browser."""
        host = self.hosts[campus]
        with client(
            f"https://{host}", address=LOOPBACK, ca=self.authorities[host], request_id="pupil", silence=30
        ) as browser:
            yield browser

    def served_certificate(self, campus: str) -> str:
        """The certificate that Envoy shows for a campus, as PEM text."""
        host = self.hosts[campus]
        with (
            socket.create_connection((LOOPBACK, 443), timeout=10) as connection,
            trust(self.authorities[host]).wrap_socket(connection, server_hostname=host) as encrypted,
        ):
            shown = encrypted.getpeercert(binary_form=True)
        assert shown is not None, "a verified peer has shown a certificate"
        return ssl.DER_cert_to_PEM_cert(shown)

    def route(self, campus: str, prefix: str) -> int:
        """The position of the route that a campus has for a prefix."""
        routes = self._kubectl.live(self.backend, "httpproxy", campus)["spec"]["routes"]
        (position,) = (
            number for number, route in enumerate(routes) if {"prefix": prefix} in route.get("conditions", [])
        )
        return int(position)

    def counted(self, metric: str, **labels: str) -> float:
        """The sum of a metric of the speech server over all series with these labels."""
        pod = self._pod().removeprefix("pod/")
        path = f"/api/v1/namespaces/{self.backend}/pods/{pod}:{SERVER_METRICS}/proxy/metrics"
        wanted = [f'{key}="{value}"' for key, value in labels.items()]
        return sum(
            float(line.rsplit(" ", 1)[1])
            for line in self._kubectl("get", "--raw", path).splitlines()
            if line.split("{")[0].split(" ")[0] == metric and all(label in line for label in wanted)
        )

    def secret(self, namespace: str, name: str) -> dict[str, str]:
        """What a Secret holds, as text."""
        data = self._kubectl.live(namespace, "secret", name)["data"]
        return {key: base64.b64decode(value).decode() for key, value in data.items()}
