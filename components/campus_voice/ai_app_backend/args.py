"""What an AiAppBackend is told."""

from typing import Any, NotRequired, TypedDict

import pulumi

from campus_voice.shared.enums import AccessMode, SecurityProfile

from .backup_args import AiAppBackendBackupArgs


class AiAppBackendProbesArgs(TypedDict):
    """How the application is asked whether it is well."""

    port: NotRequired[int]
    """Port that answers. Default: the application's."""

    readiness_path: NotRequired[str]
    """Path that answers with 200 to 399 while the application can serve, and no sooner. Default: `/`."""

    liveness_path: NotRequired[str]
    """Path that answers with 200 to 399 unless only a restart helps. Default: `/`."""

    start_seconds: NotRequired[int]
    """How long the application may take to start before it is restarted, in seconds. Default: 120."""


class AiAppBackendVolumeArgs(TypedDict):
    """A folder of the application. Exactly one of `size`, `claim`, `config_map` and `secret` is given."""

    name: str
    """Name of the volume, unique within the application."""

    mount_path: str
    """The folder, as the application sees it."""

    size: NotRequired[str]
    """Size of a volume that is made for it, such as `20Gi`, with a claim `<application>-<name>`."""

    storage_class: NotRequired[str]
    """StorageClass of the volume that is made. Default: the cluster's own."""

    access: NotRequired[AccessMode]
    """From where the volume that is made can be used. Default: `ReadWriteOnce`."""

    claim: NotRequired[str]
    """PersistentVolumeClaim that is there already."""

    config_map: NotRequired[pulumi.Input[str]]
    """ConfigMap that is there already."""

    secret: NotRequired[pulumi.Input[str]]
    """Secret that is there already."""

    read_only: NotRequired[bool]
    """Whether the application may only read it. Default: false."""


class AiAppBackendTolerationArgs(TypedDict):
    """A taint that the pods accept."""

    key: NotRequired[str]
    """Key of the taint. Default: every key."""

    operator: NotRequired[str]
    """`Exists` or `Equal`. Default: `Equal`."""

    value: NotRequired[str]
    """Value of the taint, with `Equal`."""

    effect: NotRequired[str]
    """`NoSchedule`, `PreferNoSchedule` or `NoExecute`. Default: every effect."""


class AiAppBackendResourcesArgs(TypedDict):
    """Computing power of one pod. The GPUs are not here: see `gpus`."""

    cpu_request: NotRequired[str]
    """CPU that is reserved. Default: `100m`."""

    cpu_limit: NotRequired[str]
    """CPU that is never exceeded. Default: none."""

    memory_request: NotRequired[str]
    """Memory that is reserved. Default: `128Mi`."""

    memory_limit: NotRequired[str]
    """Memory at which the pod is killed. Default: `512Mi`."""

    storage_request: NotRequired[str]
    """Space on the node's disk that is reserved: for what the container writes beside its volumes.
    Default: `128Mi`."""

    storage_limit: NotRequired[str]
    """Space on the node's disk at which the pod is evicted. Default: `2Gi`."""


class AiAppBackendEgressArgs(TypedDict):
    """A place that the application may talk to."""

    network: str
    """The network, in CIDR notation."""

    port: NotRequired[int]
    """TCP port there. Default: 443."""


class AiAppBackendArgs(TypedDict):
    """What an AiAppBackend is told."""

    namespace: str
    """Namespace of the application, which must exist: that of a campus's backend, since its routes reach no
    other."""

    application: NotRequired[str]
    """Name of the application, its pods and its Service, unique within the namespace; it never changes.
    Default: the component's name."""

    image: pulumi.Input[str]
    """Image of the application."""

    pull_secrets: NotRequired[list[str]]
    """Secrets of the namespace with which the image is pulled. Default: none."""

    command: NotRequired[list[str]]
    """Program that is started, with its first arguments. Default: the image's."""

    args: NotRequired[list[str]]
    """Arguments of the program. Default: the image's."""

    working_dir: NotRequired[str]
    """Folder in which the program is started. Default: the image's."""

    env: NotRequired[dict[str, pulumi.Input[str]]]
    """Environment of the program. Default: the image's. Not for secrets: mount a Secret as a volume."""

    port: NotRequired[int]
    """Port at which the application answers HTTP. Default: 8080."""

    service_port: NotRequired[int]
    """Port of its Service. Default: 80, where routes look for it."""

    metrics_port: NotRequired[int]
    """Port at which it tells its metrics. Default: it tells none."""

    metrics_path: NotRequired[str]
    """Path of the metrics. Default: `/metrics`."""

    scrape_annotations: NotRequired[bool]
    """Whether pods with metrics carry `prometheus.io/*` annotations. Default: true."""

    probes: NotRequired[AiAppBackendProbesArgs]
    """How the application is asked whether it is well. Default: by `/`."""

    volumes: NotRequired[list[AiAppBackendVolumeArgs]]
    """Folders of the application. Default: none but `/tmp`."""

    scratch: NotRequired[str]
    """How much may be written below `/tmp`; a pod that writes more is evicted. Default: `1Gi`."""

    shared_memory: NotRequired[str]
    """Size of `/dev/shm`, which counts towards the memory. Default: the container runtime's 64 MiB."""

    delete_data: NotRequired[bool]
    """Whether the volumes that were made go with the component, and all data with them. It has to be
    deployed before the component is destroyed. Default: false."""

    backup: NotRequired[AiAppBackendBackupArgs]
    """The backup of its volumes. Default: none is made."""

    gpus: NotRequired[int]
    """GPUs of each pod. Default: 0."""

    gpu_resource: NotRequired[str]
    """Resource under which the cluster counts GPUs: whole ones, MIG profiles such as
    `nvidia.com/mig-1g.10gb`, or shares such as `nvidia.com/gpu.shared`. Default: `nvidia.com/gpu`."""

    gpu_memory: NotRequired[str]
    """Memory that each GPU has at least, such as `8Gi`, by the label of NVIDIA's GPU feature discovery.
    Default: any."""

    node_selector: NotRequired[dict[str, str]]
    """Labels of the nodes that may run the pods. Default: every node."""

    affinity: NotRequired[dict[str, Any]]
    """Affinity of the pods, as in a Kubernetes pod. Default: none."""

    tolerations: NotRequired[list[AiAppBackendTolerationArgs]]
    """Taints that the pods accept. Default: none without a GPU, the vendor's own with one, such as
    `nvidia.com/gpu`."""

    runtime_class: NotRequired[str]
    """RuntimeClass of the pods. Default: the cluster's own."""

    priority_class: NotRequired[str]
    """PriorityClass of the pods. Default: the cluster's own."""

    topology_key: NotRequired[str]
    """Label of the nodes over whose values several pods are spread. Default: `kubernetes.io/hostname`."""

    resources: NotRequired[AiAppBackendResourcesArgs]
    """Computing power of one pod."""

    replicas: NotRequired[int]
    """Pods. Default: 1."""

    security_profile: NotRequired[SecurityProfile]
    """Pod Security level of the pods, which the namespace has to allow. Default: `restricted`."""

    user: NotRequired[int]
    """Numeric user of the program, with `restricted`. Default: 10001."""

    gateway_namespace: pulumi.Input[str]
    """Namespace of the gateway's Envoy, which alone may connect: the gateway's output `namespace`."""

    gateway_selector: pulumi.Input[dict[str, str]]
    """Labels of the gateway's Envoy pods: the gateway's output `envoy_selector`."""

    gateway_networks: NotRequired[list[str]]
    """Networks from which the gateway's Envoy connects where it runs in the network of its nodes, which no
    label tells apart: the gateway's `node_networks`. Every process on those nodes may then connect.
    Default: none."""

    monitoring_namespace: NotRequired[str]
    """Namespace whose pods may read the metrics. Default: `monitoring`."""

    egress: NotRequired[list[AiAppBackendEgressArgs]]
    """Places that the application may talk to, and with them DNS. Default: nobody."""

    grace_seconds: NotRequired[int]
    """How long a stopping application may take before it is killed, in seconds. Default: 30."""

    pre_stop_seconds: NotRequired[int]
    """How long a stopping application serves on before it is told to stop, in seconds; for applications that
    drop what they are doing at once. Default: 0."""
