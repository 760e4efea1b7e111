"""What a ContourGateway accepts, and its settings with every default filled in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from campus_voice.shared import errors, versions
from campus_voice.shared.enums import CertManager, Exposure
from campus_voice.shared.fields import Fields
from campus_voice.shared.manifests import Manifest, Text
from campus_voice.shared.quantities import whole

from . import dns, drain
from .exposure_checks import check_exposure
from .issuer_checks import IssuerSettings, issuers

if TYPE_CHECKING:
    from .args import ContourGatewayArgs

_POD_HTTP_PORT = 8080
_POD_HTTPS_PORT = 8443
_CERT_MANAGER_NAMESPACE = "cert-manager"
_LEAST_MEMORY = "256Mi"
_BALANCED_DRAIN_DELAY_SECONDS = 15


@dataclass(frozen=True)
class EnvoySettings:
    """Computing power of one Envoy."""

    cpus: int
    memory: str


@dataclass(frozen=True)
class GatewaySettings:
    """A ContourGateway's arguments, checked."""

    namespace: str
    routes_namespace: str
    ingress_class: str
    exposure: Exposure
    http_port: int
    https_port: int
    node_networks: Sequence[str]
    dns: dns.DnsSettings
    edge_node_selector: Mapping[str, str]
    edge_tolerations: Sequence[Manifest]
    longest_request_seconds: int
    drain_delay_seconds: int
    grace_seconds: int
    manifests: str | None
    contour_replicas: int
    contour_image: Text
    envoy_image: Text
    envoy: EnvoySettings
    issuers: Sequence[IssuerSettings]
    cert_manager: CertManager
    cert_manager_namespace: str
    scrape_annotations: bool
    monitoring_namespace: str

    @property
    def on_host_network(self) -> bool:
        """Whether Envoy has no network of its own."""
        return self.exposure is Exposure.HOST_NETWORK

    @property
    def takes_host_ports(self) -> bool:
        """Whether two Envoys can never run on one node."""
        return self.exposure in {Exposure.HOST_PORT, Exposure.HOST_NETWORK}

    @property
    def http_listener(self) -> int:
        """Port on which Envoy itself listens for plain HTTP."""
        return self.http_port if self.on_host_network else _POD_HTTP_PORT

    @property
    def https_listener(self) -> int:
        """Port on which Envoy itself listens for HTTPS."""
        return self.https_port if self.on_host_network else _POD_HTTPS_PORT


def settings(name: str, args: "ContourGatewayArgs") -> GatewaySettings:
    """Check the arguments of the ContourGateway `name`.

    Raises:
        InvalidSettingsError: some cannot work; all of them are named.
    """
    fields = Fields(args)
    exposure = fields.choice("exposure", Exposure.HOST_PORT)
    balanced = exposure in {Exposure.LOAD_BALANCER, Exposure.NODE_PORT}
    longest = fields.integer("longest_request_seconds", 600, 1, 86400, "it bounds how long a roll-out waits")
    delay = fields.integer(
        "drain_delay_seconds",
        _BALANCED_DRAIN_DELAY_SECONDS if balanced else 0,
        0,
        600,
        "no load balancer looks less often",
    )
    needed = drain.grace_seconds(longest, delay)
    checked = GatewaySettings(
        namespace=fields.label("namespace", "projectcontour"),
        routes_namespace=fields.label("routes_namespace", "campus-routes"),
        ingress_class=fields.label("ingress_class", "campus-voice"),
        exposure=exposure,
        http_port=fields.port("http_port", 30080 if exposure is Exposure.NODE_PORT else 80),
        https_port=fields.port("https_port", 30443 if exposure is Exposure.NODE_PORT else 443),
        dns=dns.settings(fields, args, exposure),
        node_networks=fields.networks("node_networks"),
        edge_node_selector=args.get("edge_node_selector", {}),
        edge_tolerations=[dict(toleration) for toleration in args.get("edge_tolerations", [])],
        longest_request_seconds=longest,
        drain_delay_seconds=delay,
        grace_seconds=fields.integer("grace_seconds", needed, 1, 90000, "a stopping Envoy takes some time"),
        manifests=args.get("manifests"),
        contour_replicas=fields.integer("contour_replicas", 2, 1, 10, "Envoy needs a control plane"),
        contour_image=args.get("contour_image") or versions.contour_image(),
        envoy_image=args.get("envoy_image") or versions.envoy_image(),
        envoy=_envoy(fields.nested("envoy")),
        issuers=issuers(fields),
        cert_manager=fields.choice("cert_manager", CertManager.EXISTING),
        cert_manager_namespace=fields.label("cert_manager_namespace", _CERT_MANAGER_NAMESPACE),
        scrape_annotations=fields.flag("scrape_annotations", default=True),
        monitoring_namespace=fields.label("monitoring_namespace", "monitoring"),
    )
    _check_combinations(fields, checked, needed)
    if checked.cert_manager is CertManager.INSTALL:
        _check_installation(fields, checked)
    check_exposure(fields, exposure, checked.http_port, checked.https_port)
    errors.refuse(f"ContourGateway {name!r}", fields.problems)
    return checked


def _envoy(fields: Fields) -> EnvoySettings:
    memory = fields.quantity("memory", "512Mi")
    if fields.given("memory") is not None and whole(memory) < whole(_LEAST_MEMORY):
        fields.refuse(
            "memory",
            f"it has to be at least {_LEAST_MEMORY}",
            "less leaves no room for connections beside Envoy itself",
            "Leave it out for 512Mi, or give it more.",
        )
    return EnvoySettings(
        cpus=fields.integer("cpus", 2, 1, 64, "each becomes one worker of Envoy"), memory=memory
    )


def _check_combinations(fields: Fields, checked: GatewaySettings, needed: int) -> None:
    if checked.namespace == checked.routes_namespace:
        fields.refuse(
            "routes_namespace",
            "it has to differ from namespace",
            "whoever may read routes could then read the keys of the control plane",
            "Keep the defaults, or choose two names.",
        )
    if checked.grace_seconds < needed:
        fields.refuse(
            "grace_seconds",
            f"it has to be at least {needed}",
            f"a stopping Envoy needs that long for a request of longest_request_seconds "
            f"({checked.longest_request_seconds}) after drain_delay_seconds ({checked.drain_delay_seconds})",
            "Let the cluster grant more, or promise a shorter longest request.",
        )


def _check_installation(fields: Fields, checked: GatewaySettings) -> None:
    if checked.manifests is None:
        version = versions.pinned()["cert-manager"]["version"]
        fields.refuse_as(
            checked.cert_manager.value,
            "cert_manager",
            "it also needs manifests",
            "nothing is fetched without a pinned sha256, and for cert-manager none is pinned",
            f"Put the manifest of release {version} into a folder as cert-manager/cert-manager.yaml, with "
            "Contour's contour/01-crds.yaml, and name the folder in manifests; or install cert-manager "
            f"yourself and leave cert_manager at {CertManager.EXISTING.value}.",
        )
    if checked.cert_manager_namespace != _CERT_MANAGER_NAMESPACE:
        fields.refuse(
            "cert_manager_namespace",
            f"it has to be {_CERT_MANAGER_NAMESPACE} beside cert_manager {CertManager.INSTALL.value}",
            "the release's manifest names that namespace throughout",
            "Leave it out.",
        )
