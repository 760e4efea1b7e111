"""What a CosyVoiceBackend is told."""

from typing import Any, NotRequired, TypedDict

import pulumi

from campus_voice.ai_app_backend.backup_args import AiAppBackendBackupS3Args
from campus_voice.shared.enums import AccessMode, Engine, SecurityProfile, SpeechServer, Update

from .acceleration_args import CosyVoiceBackendAccelerationArgs
from .model_args import CosyVoiceBackendModelArgs
from .scaling_args import CosyVoiceBackendScalingArgs


class CosyVoiceBackendTolerationArgs(TypedDict):
    """A taint that the speech pods accept."""

    key: NotRequired[str]
    """Key of the taint. Default: every key."""

    operator: NotRequired[str]
    """`Exists` or `Equal`. Default: `Equal`."""

    value: NotRequired[str]
    """Value of the taint, with `Equal`."""

    effect: NotRequired[str]
    """`NoSchedule`, `PreferNoSchedule` or `NoExecute`. Default: every effect."""


class CosyVoiceBackendResourcesArgs(TypedDict):
    """Computing power of one speech pod. The GPUs are not here: see `gpus`."""

    cpu_request: NotRequired[str]
    """CPU that is reserved. Default: `100m` without a GPU, `2` with one."""

    cpu_limit: NotRequired[str]
    """CPU that is never exceeded. Default: none without a GPU, `4` with one."""

    memory_request: NotRequired[str]
    """Memory that is reserved. Default: `1Gi` without a GPU, `8Gi` with one."""

    memory_limit: NotRequired[str]
    """Memory at which the pod is killed; the server restarts itself before, between two requests. Default:
    `2Gi` without a GPU, `16Gi` with one."""

    storage_request: NotRequired[str]
    """Space on the node's disk that is reserved: for what the container writes beside its volumes.
    Default: `256Mi` without a GPU, `5Gi` with one."""

    storage_limit: NotRequired[str]
    """Space on the node's disk at which the pod is evicted. Default: `4Gi` without a GPU, `30Gi` with
    one."""


class CosyVoiceBackendEgressArgs(TypedDict):
    """A place that the speech server may talk to."""

    network: str
    """The network, in CIDR notation."""

    port: NotRequired[int]
    """TCP port there. Default: 443."""


class CosyVoiceBackendBackupArgs(TypedDict):
    """The backup of recordings and voices. Exactly one of `storage`, `claim` and `s3` is given."""

    secret: str
    """Secret in the backend's namespace that encrypts the backups by its key `password`, and opens the store
    by `access-key-id` and `secret-access-key`. Without the password no backup can be read, and it must not
    change: keep it elsewhere too. The component does not make it, so that it outlives every stack."""

    storage: NotRequired[str]
    """Size of a volume that is made for the backups, with a claim `cosyvoice-backup-pvc`; it is retained
    when the component is destroyed."""

    storage_class: NotRequired[str]
    """StorageClass of that volume, better not on the disks of the other volumes. Default: the cluster's
    own."""

    claim: NotRequired[str]
    """PersistentVolumeClaim that is there already."""

    s3: NotRequired[AiAppBackendBackupS3Args]
    """A bucket of an S3-compatible store."""

    recordings: NotRequired[bool]
    """Whether the recordings are saved beside the voices. Default: true."""

    schedule: NotRequired[str]
    """When backups are made, as in a Kubernetes CronJob. Default: `30 1 * * *`, every night."""

    time_zone: NotRequired[str]
    """Time zone of the schedule, such as `Europe/Berlin`. Default: `Etc/UTC`."""

    daily_days: NotRequired[int]
    """For so many days one backup of each day is kept. Default: 7."""

    keep_days: NotRequired[int]
    """For so many days one backup of each week is kept, and none longer: what was deleted, such as a
    withdrawn voice, is gone from the backups by then. Default: 30."""

    verify_percent: NotRequired[int]
    """How much of the stored data, chosen at random, is read back after each run; that all of it is there is
    verified each time. Default: 10."""

    image: NotRequired[pulumi.Input[str]]
    """Image with restic and a shell. Default: the pinned release's."""


class CosyVoiceBackendArgs(TypedDict):
    """What a CosyVoiceBackend is told."""

    namespace: str
    """Namespace of the backend, which must exist. A namespace holds one backend."""

    gpus: int
    """GPUs of each speech pod; 0 speaks on the CPU."""

    storage: str
    """Size of the volume that keeps the recordings, such as `20Gi`."""

    image: NotRequired[pulumi.Input[str]]
    """Image of the speech server. Default: the release's CPU image without a GPU; required with one, and
    for a third party's server."""

    server: NotRequired[SpeechServer]
    """Whose speech server the image holds. A third party's is started with `bash run.sh` in `/root`, as
    root, and gets no environment and no volume but that of the recordings; it cannot be `shared`, and a
    request that wedges it is not noticed. Default: `campusVoice`."""

    pull_secrets: NotRequired[list[str]]
    """Secrets of the namespace with which the image is pulled. Default: none."""

    command: NotRequired[list[str]]
    """Program that is started, with its first arguments. Default: the image's, and `bash run.sh` of a third
    party's server."""

    args: NotRequired[list[str]]
    """Arguments of the program. Default: the image's."""

    working_dir: NotRequired[str]
    """Folder in which the program is started. Default: the image's, and `/root` of a third party's server."""

    env: NotRequired[dict[str, pulumi.Input[str]]]
    """Environment of the program beside what the component sets. Default: none. Not for secrets."""

    port: NotRequired[int]
    """Port at which the server answers people. Default: 7860, which the Service always has."""

    outputs_path: NotRequired[str]
    """Folder in which the server keeps the recordings. Default: `/root/CosyVoice/outputs`."""

    security_profile: NotRequired[SecurityProfile]
    """Pod Security level of the pods, which the namespace has to allow. Default: `restricted`, and
    `baseline` of a third party's server."""

    engine: NotRequired[Engine]
    """What turns text into speech, in this release's server. Default: `kokoro` without a GPU, `cosyvoice`
    with one."""

    model: NotRequired[CosyVoiceBackendModelArgs]
    """Where the model comes from. Required with `cosyvoice`; `kokoro` is in the image."""

    acceleration: NotRequired[CosyVoiceBackendAccelerationArgs]
    """How `cosyvoice` uses its GPU. Default: as its image does by itself."""

    replicas: NotRequired[int]
    """Speech pods. Default: 1, the most that volumes of one node allow: see `storage_access`. Not beside
    `scaling`."""

    scaling: NotRequired[CosyVoiceBackendScalingArgs]
    """How their number follows the need. Default: it is fixed."""

    update: NotRequired[Update]
    """How a new version takes the place of the old one; either way a pod finishes what it speaks. Default:
    `recreate`, which needs no room but is silent until the new model is loaded."""

    spare_gpus: NotRequired[int]
    """GPUs that are free for an update while nothing is updated: `surge` needs those of one pod. Default:
    0."""

    shared: NotRequired[bool]
    """Whether several campuses use this backend: each request must then carry `X-Campus-Id`, which the
    gateway sets. Default: false."""

    node_selector: NotRequired[dict[str, str]]
    """Labels of the nodes that may run the speech pods. Default: every node."""

    affinity: NotRequired[dict[str, Any]]
    """Affinity of the speech pods, as in a Kubernetes pod. Default: none."""

    tolerations: NotRequired[list[CosyVoiceBackendTolerationArgs]]
    """Taints that the speech pods accept. Default: none without a GPU, the vendor's own with one, such as
    `nvidia.com/gpu`."""

    runtime_class: NotRequired[str]
    """RuntimeClass of the speech pods. Default: the cluster's own."""

    priority_class: NotRequired[str]
    """PriorityClass of the speech pods. Default: the cluster's own."""

    topology_key: NotRequired[str]
    """Label of the nodes over whose values several pods are spread. Default: `kubernetes.io/hostname`."""

    gpu_resource: NotRequired[str]
    """Resource under which the cluster counts GPUs: whole ones, MIG profiles such as
    `nvidia.com/mig-1g.10gb`, or shares such as `nvidia.com/gpu.shared`. Default: `nvidia.com/gpu`."""

    gpu_memory: NotRequired[str]
    """Memory that each GPU has at least, by the label of NVIDIA's GPU feature discovery, without which no
    node fits. Default: any GPU, but of MIG profiles only those with the `8Gi` that CosyVoice3 needs."""

    shared_memory: NotRequired[str]
    """Size of `/dev/shm`, which counts towards the memory. Default: the container runtime's 64 MiB without a
    GPU, `1Gi` with one."""

    scratch: NotRequired[str]
    """How much may be written below `/tmp`; a pod that writes more is evicted. Default: `2Gi` without a GPU,
    `10Gi` with one."""

    storage_class: NotRequired[str]
    """StorageClass of the volumes. Default: the cluster's own."""

    storage_access: NotRequired[AccessMode]
    """From where the volumes can be used. Default: `ReadWriteOnce`."""

    voices_storage: NotRequired[str]
    """Size of the volume that keeps the teachers' voices. Default: `1Gi`."""

    outputs_ttl_days: NotRequired[int]
    """Days after which a recording is deleted; 0 keeps them all. Default: 30. A third party's server keeps
    them all."""

    enrolment_keys: NotRequired[dict[str, pulumi.Input[str]]]
    """By id of a campus, the key with which voices are enrolled there. Default: nobody enrols a voice."""

    backup: NotRequired[CosyVoiceBackendBackupArgs]
    """The backup of recordings and voices. Default: none is made."""

    delete_data: NotRequired[bool]
    """Whether the volumes go with the component, and with them every recording and every voice. It has to
    be deployed before the component is destroyed. Default: false."""

    resources: NotRequired[CosyVoiceBackendResourcesArgs]
    """Computing power of one speech pod."""

    gateway_namespace: pulumi.Input[str]
    """Namespace of the gateway's Envoy, which alone may connect: the gateway's output `namespace`."""

    gateway_selector: pulumi.Input[dict[str, str]]
    """Labels of the gateway's Envoy pods: the gateway's output `envoy_selector`."""

    gateway_networks: NotRequired[list[str]]
    """Networks from which the gateway's Envoy connects where it runs in the network of its nodes, which no
    label tells apart: the gateway's `node_networks`. Every process on those nodes may then connect.
    Default: none."""

    egress: NotRequired[list[CosyVoiceBackendEgressArgs]]
    """Places that the speech server may talk to, and with them DNS; this release's server needs none.
    Default: nobody."""

    monitoring_namespace: NotRequired[str]
    """Namespace whose pods may read the metrics. Default: `monitoring`."""

    longest_request_seconds: NotRequired[int]
    """The longest synthesis that a stop must let finish, in seconds: the same value as the routes'.
    Default: 600."""

    start_seconds: NotRequired[int]
    """How long a pod may take to pull its image, load its model and build what `acceleration` needs, in
    seconds; after that a deployment fails. Default: 300 without a GPU, 1800 with one."""

    scrape_annotations: NotRequired[bool]
    """Whether the pods carry `prometheus.io/*` annotations. Default: true."""
