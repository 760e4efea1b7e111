"""Every value a setting may take, once. The schema, the checks and the documentation derive from these."""

from enum import StrEnum


class Exposure(StrEnum):
    """How the world reaches Envoy."""

    HOST_PORT = "hostPort"
    """Each edge node listens on the host ports; no load balancer is needed."""

    HOST_NETWORK = "hostNetwork"
    """Envoy runs in the network of each edge node itself; for clusters whose network has no host ports."""

    LOAD_BALANCER = "loadBalancer"
    """The cluster's load balancer forwards to Envoy."""

    NODE_PORT = "nodePort"
    """Every edge node forwards two node ports to Envoy; somebody else's load balancer is in front."""


class IssuerKind(StrEnum):
    """Who signs the certificates of the campuses."""

    OWN_CA = "ownCa"
    """A certificate authority of this gateway's own, made by cert-manager."""

    SELF_SIGNED = "selfSigned"
    """Each certificate signs itself."""

    ACME = "acme"
    """A public authority that speaks ACME, such as Let's Encrypt: by a file served through this gateway
    (HTTP-01), or by a DNS record (DNS-01)."""

    EXISTING = "existing"
    """A ClusterIssuer that is already in the cluster."""


class CertManager(StrEnum):
    """Where cert-manager comes from."""

    EXISTING = "existing"
    """It is on the cluster already, and somebody else looks after it."""

    INSTALL = "install"
    """The gateway brings it."""


class Engine(StrEnum):
    """What turns text into speech."""

    KOKORO = "kokoro"
    """A small model that speaks on a CPU."""

    COSYVOICE = "cosyvoice"
    """CosyVoice3, on a GPU."""


class SecurityProfile(StrEnum):
    """Pod Security level that pods keep (https://kubernetes.io/docs/concepts/security/pod-security-standards/)."""

    RESTRICTED = "restricted"
    """A user that is not root, a root file system that cannot be written, no capabilities."""

    BASELINE = "baseline"
    """Root inside its own container, which it may write to; for images that need it."""


class SpeechServer(StrEnum):
    """Whose speech server an image holds."""

    CAMPUS_VOICE = "campusVoice"
    """The one of this release, or one with the same ports, paths and environment."""

    THIRD_PARTY = "thirdParty"
    """A web page with CosyVoice that somebody else has packed: it runs as root, knows no campuses and tells
    no metrics."""

    @property
    def profile(self) -> SecurityProfile:
        """The Pod Security level that it keeps by itself."""
        return SecurityProfile.RESTRICTED if self is SpeechServer.CAMPUS_VOICE else SecurityProfile.BASELINE


class AccessMode(StrEnum):
    """From where a volume can be used."""

    ONE_NODE = "ReadWriteOnce"
    """From one node at a time."""

    MANY_NODES = "ReadWriteMany"
    """From every node at once; few storage classes can."""


class Update(StrEnum):
    """How a new version takes the place of the old one."""

    RECREATE = "recreate"
    """The old pods finish what they speak and end, then the new ones start."""

    SURGE = "surge"
    """A new pod starts beside the old ones, one of which then finishes what it speaks and ends, and so on."""


class RoutePart(StrEnum):
    """Which part of a campus's route a TenantRoute makes."""

    WHOLE = "whole"
    """Both parts, in one stack."""

    ROOT = "root"
    """The certificate and the virtual host, in the platform's stack."""

    CHILD = "child"
    """The routes and their Services, in the campus's own stack."""


class TlsVersion(StrEnum):
    """Oldest version of TLS that a host speaks."""

    V1_2 = "1.2"
    """TLS 1.2, which every browser in use speaks."""

    V1_3 = "1.3"
    """TLS 1.3 only."""


class ObservabilityMode(StrEnum):
    """How metrics are collected."""

    ANNOTATIONS = "annotations"
    """A Prometheus that follows prometheus.io annotations on pods."""

    NONE = "none"
    """Not at all."""
