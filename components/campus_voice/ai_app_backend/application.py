"""An application that answers HTTP, in the words of Kubernetes: what every preset is turned into."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from campus_voice.shared.enums import AccessMode, SecurityProfile
from campus_voice.shared.manifests import Labels, Manifest, Text

from .placement import Placement
from .power import Power


@dataclass(frozen=True)
class Claim:
    """A volume that the application brings; its data outlives the pods."""

    suffix: str
    """Names the object within the component; never changes."""

    name: str
    """Name of the PersistentVolumeClaim."""

    size: str
    storage_class: str | None
    access: AccessMode
    rebuilt: bool = False
    """Whether the program makes its contents anew, so that it goes with the component in any case."""

    @property
    def spec(self) -> Manifest:
        """What is claimed, as in a PersistentVolumeClaim."""
        made: Manifest = {
            "accessModes": [self.access.value],
            "resources": {"requests": {"storage": self.size}},
        }
        return made if self.storage_class is None else {**made, "storageClassName": self.storage_class}


@dataclass(frozen=True)
class Volume:
    """Something that the container sees as a folder."""

    name: str
    mount_path: str
    source: Manifest
    """Where it comes from, as in a pod's `volumes`, without the name."""

    read_only: bool = False
    claim: Claim | None = None
    """The claim that is made for it; None when `source` is there already."""


@dataclass(frozen=True)
class Probe:
    """How the application is asked whether it is well."""

    path: str
    port: int
    period: int
    """Seconds from one question to the next."""

    failures: int
    """Bad answers in a row that count."""

    timeout: int = 5


@dataclass(frozen=True)
class Probes:
    """The three questions; each bad answer leads to something else."""

    startup: Probe
    """Until its first good answer the others are not asked; after its failures the container is restarted."""

    readiness: Probe
    """A bad answer takes the pod out of the Service."""

    liveness: Probe
    """A bad answer restarts the container."""


@dataclass(frozen=True)
class Egress:
    """A place that the application may talk to."""

    network: str
    """In CIDR notation."""

    port: int


@dataclass(frozen=True)
class Walls:
    """Who may talk to the application, and to whom it may talk."""

    gateway_namespace: Text
    gateway_selector: Labels
    gateway_networks: Sequence[str]
    monitoring_namespace: str
    egress: Sequence[Egress]
    """Empty: nobody, not even DNS."""


@dataclass(frozen=True)
class Application:
    """Everything that the objects of one application are rendered from."""

    name: str
    """Value of its label `app.kubernetes.io/name`, and name of its Deployment, wall, account and budget."""

    namespace: str
    image: Text
    pull_secrets: Sequence[str]
    command: Sequence[str]
    args: Sequence[str]
    working_dir: str | None
    environment: Mapping[str, Text]
    port: int
    service: str
    """Name of its Service."""

    service_port: int
    metrics_port: int | None
    metrics_path: str
    scrape_annotations: bool
    probes: Probes
    volumes: Sequence[Volume]
    scratch: str
    """How much may be written below /tmp."""

    shared_memory: str | None
    """Size of /dev/shm; None is the container runtime's 64 MiB."""

    placement: Placement
    power: Power
    profile: SecurityProfile
    user: int
    """Numeric user, with the profile `restricted`."""

    replicas: int
    recreate: bool
    """Whether the old pods end before the new ones start."""

    walls: Walls
    stop_seconds: int
    """How long a stop may take before the pod is killed."""

    pre_stop_seconds: int
    """How long a stopping pod serves on, for servers that do not drain by themselves; 0 for those that do."""

    delete_data: bool
    """Whether the claims go with the component."""

    annotations: Mapping[str, str] = field(default_factory=dict)
    """Annotations of its Deployment, for those who read what runs; a change of them restarts no pod."""

    scaled: bool = False
    """Whether something else sets the number of pods, and `replicas` is the most there are."""

    @property
    def start_seconds(self) -> int:
        """How long the application may take to start."""
        return self.probes.startup.period * self.probes.startup.failures

    @property
    def claims(self) -> Sequence[Claim]:
        """The volumes that the application brings."""
        return [volume.claim for volume in self.volumes if volume.claim is not None]
