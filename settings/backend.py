"""What a stack's file may say about its backend."""

from typing import Annotated

from campus_voice import AccessMode, SecurityProfile, SpeechServer, Update
from pydantic import Field, JsonValue

from .acceleration import AccelerationSettings
from .backend_types import (
    Cpu,
    Days,
    FolderPath,
    GpuCount,
    Key,
    Memory,
    Network,
    Port,
    Replicas,
    ResourceName,
    StartSeconds,
    Variables,
    Words,
)
from .backup import BackupSettings
from .gateway import TolerationSettings
from .model import ModelSettings
from .rule import Rule
from .scaling import ScalingSettings, SpareGpus
from .strict import Strict
from .types import Image, Labels, ObjectName, Quantity, Seconds, Switch


class ResourcesSettings(Strict):
    """Computing power of one speech pod; the GPUs are not here, but in `gpus`."""

    cpu_request: Cpu | None = None
    """CPU that is reserved. Default: `100m` without a GPU, `2` with one."""

    cpu_limit: Cpu | None = None
    """CPU that is never exceeded. Default: none without a GPU, `4` with one."""

    memory_request: Memory | None = None
    """Memory that is reserved. Default: `1Gi` without a GPU, `8Gi` with one."""

    memory_limit: Memory | None = None
    """Memory at which the pod is killed. Default: `2Gi` without a GPU, `16Gi` with one."""

    storage_request: Memory | None = None
    """Space on the node's disk that is reserved. Default: `256Mi` without a GPU, `5Gi` with one."""

    storage_limit: Memory | None = None
    """Space on the node's disk at which the pod is evicted. Default: `4Gi` without a GPU, `30Gi` with one."""


class EgressSettings(Strict):
    """A place that the speech server may talk to."""

    network: Network
    """The network."""

    port: Port | None = None
    """TCP port there. Default: 443."""


class BackendSettings(Strict):
    """What every stack says about its backend."""

    gpus: GpuCount
    """GPUs of a speech pod; 0 speaks on the CPU."""

    storage: Quantity
    """Size of the volume that keeps the recordings."""

    image: Image | None = None
    """Image of the speech server. Default: the release's CPU image; required with GPUs."""

    server: Annotated[
        SpeechServer,
        Rule(
            f"it must be one of {', '.join(SpeechServer)}",
            "another server is started, asked and guarded in another way",
            f"Leave it out for {SpeechServer.CAMPUS_VOICE}.",
        ),
    ] = SpeechServer.CAMPUS_VOICE
    """Whose speech server the image holds. Default: `campusVoice`."""

    pull_secrets: Annotated[
        tuple[ObjectName, ...],
        Rule(
            "it must be a list of names of Secrets",
            "the nodes pull the image with them",
            "Write the Secrets of the backend's namespace, as in [registry], or leave it out.",
        ),
    ] = ()
    """Secrets with which the image is pulled. Default: none."""

    command: Words | None = None
    """Program that is started. Default: the image's; `[bash, run.sh]` of a third party's server."""

    args: Words | None = None
    """Arguments of the program. Default: the image's."""

    working_dir: FolderPath | None = None
    """Folder in which it is started. Default: the image's; `/root` of a third party's server."""

    env: Variables = Field(default_factory=dict)
    """Environment of the program, beside what the component sets. Default: none."""

    port: Port | None = None
    """Port at which the server answers. Default: 7860."""

    outputs_path: FolderPath | None = None
    """Folder of the recordings in the container. Default: `/root/CosyVoice/outputs`."""

    security_profile: (
        Annotated[
            SecurityProfile,
            Rule(
                f"it must be one of {', '.join(SecurityProfile)}",
                "the backend's namespace enforces it",
                f"Leave it out, or write {SecurityProfile.BASELINE} for an image that runs as root.",
            ),
        ]
        | None
    ) = None
    """Pod Security level. Default: `restricted`; `baseline` for a third party's server."""

    model: (
        Annotated[
            ModelSettings,
            Rule(
                "it must be a block with one of the keys claim, hub, url",
                "the model's files are on a volume, on which they are already or are fetched",
                "Write `model: {hub: {}}` to fetch the release's own, or name the PersistentVolumeClaim that "
                "holds them, as in `model: {claim: cosyvoice-model}`.",
            ),
        ]
        | None
    ) = None
    """Where the model comes from; required with GPUs."""

    acceleration: (
        Annotated[
            AccelerationSettings,
            Rule(
                "it must be a block with some of the keys fp16, tensorrt, vllm, storage, storageClass",
                "it decides how CosyVoice uses its GPU",
                "Write it like `acceleration: {tensorrt: true}`, or leave it out.",
            ),
        ]
        | None
    ) = None
    """How CosyVoice uses its GPU. Default: as it does by itself."""

    replicas: Replicas = 1
    """Speech pods. Default: 1, the most that volumes of one node allow."""

    scaling: (
        Annotated[
            ScalingSettings,
            Rule(
                "it must be a block with maxReplicas and one of the keys schoolHours, prometheus",
                "the number of speech pods follows them",
                "Leave it out, and set replicas.",
            ),
        ]
        | None
    ) = None
    """How the number of speech pods follows the need, with KEDA on the cluster. Default: it is fixed."""

    update: Annotated[
        Update,
        Rule(
            f"it must be one of {', '.join(Update)}",
            "a new version takes the place of the old one in these ways",
            f"Leave it out for {Update.RECREATE}.",
        ),
    ] = Update.RECREATE
    """How a new version takes the place of the old one. Default: `recreate`."""

    spare_gpus: SpareGpus = 0
    """GPUs that are free for an update, which `surge` needs. Default: 0."""

    node_selector: Labels = Field(default_factory=dict)
    """Labels of the nodes that run the speech pods. Default: every node."""

    affinity: Annotated[
        dict[str, JsonValue],
        Rule(
            "it must be a block with the affinity of a Kubernetes pod",
            "it is passed on as it stands",
            "Write it as in a pod's `affinity`, or leave it out.",
        ),
    ] = Field(default_factory=dict)
    """Affinity of the speech pods. Default: none."""

    tolerations: (
        Annotated[
            tuple[TolerationSettings, ...],
            Rule(
                "it must be a list of tolerations",
                "a speech pod runs on a tainted node only where it tolerates the taint",
                "Write one `- {key: <key>, operator: Exists}` per taint, or leave it out.",
            ),
        ]
        | None
    ) = None
    """Taints that the speech pods accept. Default: with GPUs their vendor's own, such as `nvidia.com/gpu`."""

    runtime_class: ObjectName | None = None
    """RuntimeClass of the speech pods. Default: the cluster's own."""

    priority_class: ObjectName | None = None
    """PriorityClass of the speech pods. Default: the cluster's own."""

    topology_key: Key | None = None
    """Label over whose values several pods are spread. Default: `kubernetes.io/hostname`."""

    gpu_resource: ResourceName | None = None
    """Resource under which the cluster counts GPUs, whole or in parts. Default: `nvidia.com/gpu`."""

    gpu_memory: Memory | None = None
    """Memory that each GPU has at least. Default: any."""

    resources: Annotated[
        ResourcesSettings,
        Rule(
            "it must be a block of quantities",
            "it is the computing power of one speech pod",
            "Write it like `resources: {memoryLimit: 16Gi}`, or leave it out for the defaults.",
        ),
    ] = ResourcesSettings()
    """Computing power of one speech pod."""

    shared_memory: Memory | None = None
    """Size of `/dev/shm`. Default: 64 MiB without a GPU, `1Gi` with one."""

    scratch: Memory | None = None
    """How much may be written below `/tmp`. Default: `2Gi` without a GPU, `10Gi` with one."""

    storage_class: ObjectName | None = None
    """StorageClass of the volumes. Default: the cluster's own."""

    storage_access: Annotated[
        AccessMode,
        Rule(
            f"it must be one of {', '.join(AccessMode)}",
            "volumes are shared in these ways",
            f"Leave it out for {AccessMode.ONE_NODE}.",
        ),
    ] = AccessMode.ONE_NODE
    """From where the volumes can be used. Default: `ReadWriteOnce`."""

    voices_storage: Quantity | None = None
    """Size of the volume that keeps the teachers' voices. Default: `1Gi`."""

    outputs_ttl_days: Days | None = None
    """Days after which a recording is deleted; 0 keeps them all. Default: 30."""

    backup: (
        Annotated[
            BackupSettings,
            Rule(
                "it must be a block with the key secret and one of storage, claim and s3",
                "recordings and voices are encrypted, and kept somewhere else",
                "Write `backup: {secret: cosyvoice-backup, storage: 40Gi}`, or leave it out for no backup.",
            ),
        ]
        | None
    ) = None
    """The backup of recordings and voices. Default: none."""

    delete_data: Switch = False
    """Whether recordings and voices are deleted with the stack, those of every campus. It counts from the
    next `pulumi up` on. Default: false."""

    egress: Annotated[
        tuple[EgressSettings, ...],
        Rule(
            "it must be a list of places",
            "the speech server may talk to nobody else",
            "Write one `- {network: <network>, port: <port>}` per place, or leave it out.",
        ),
    ] = ()
    """Places that the speech server may talk to, and with them DNS. Default: nobody."""

    start_seconds: StartSeconds | None = None
    """How long a speech pod may take to start before an `up` fails. Default: 300 without a GPU, 1800 with
    one."""

    longest_request_seconds: Seconds = 600
    """How long one request may take, in seconds. Default: 600."""
