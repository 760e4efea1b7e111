"""What a CosyVoiceBackend is told."""

from typing import NotRequired, TypedDict

import pulumi

from campus_voice.shared.enums import Engine


class CosyVoiceBackendModelArgs(TypedDict):
    """Where the model comes from."""

    claim: str
    """Name of an existing PersistentVolumeClaim in the backend's namespace that holds the model; mounted
    read-only."""


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
    """Memory at which the pod is killed. Default: `2Gi` without a GPU, `16Gi` with one."""


class CosyVoiceBackendArgs(TypedDict):
    """What a CosyVoiceBackend is told."""

    namespace: str
    """Namespace of the backend, which must exist. A namespace holds one backend."""

    gpus: int
    """GPUs of each speech pod; 0 speaks on the CPU."""

    storage: str
    """Size of the volume that keeps the recordings, such as `20Gi`."""

    image: NotRequired[pulumi.Input[str]]
    """Image of the speech server. Default: the release's CPU image without a GPU; required with one."""

    engine: NotRequired[Engine]
    """What turns text into speech. Default: `kokoro` without a GPU, `cosyvoice` with one."""

    model: NotRequired[CosyVoiceBackendModelArgs]
    """Where the model comes from. Required with `cosyvoice`; `kokoro` is in the image."""

    replicas: NotRequired[int]
    """Speech pods. Default: 1, the only number a volume of one node allows."""

    shared: NotRequired[bool]
    """Whether several campuses use this backend: each request must then carry `X-Campus-Id`, which the
    gateway sets. Default: false."""

    node_selector: NotRequired[dict[str, str]]
    """Labels of the nodes that may run the speech pods. Default: every node."""

    tolerations: NotRequired[list[CosyVoiceBackendTolerationArgs]]
    """Taints that the speech pods accept. Default: none without a GPU, `nvidia.com/gpu` with one."""

    runtime_class: NotRequired[str]
    """RuntimeClass of the speech pods. Default: the cluster's own."""

    gpu_resource: NotRequired[str]
    """Resource under which the cluster counts GPUs. Default: `nvidia.com/gpu`."""

    storage_class: NotRequired[str]
    """StorageClass of the volume. Default: the cluster's own."""

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

    monitoring_namespace: NotRequired[str]
    """Namespace whose pods may read the metrics. Default: `monitoring`."""

    longest_request_seconds: NotRequired[int]
    """The longest synthesis that a stop must let finish, in seconds: the same value as the routes'.
    Default: 600."""

    scrape_annotations: NotRequired[bool]
    """Whether the pods carry `prometheus.io/*` annotations. Default: true."""
