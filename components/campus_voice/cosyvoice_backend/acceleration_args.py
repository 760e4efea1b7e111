"""What a CosyVoiceBackend is told about the use of its GPUs."""

from typing import NotRequired, TypedDict


class CosyVoiceBackendAccelerationArgs(TypedDict):
    """How CosyVoice uses its GPU. What TensorRT and vLLM need they build from the model, for minutes."""

    fp16: NotRequired[bool]
    """Whether it computes with half precision. Default: false."""

    tensorrt: NotRequired[bool]
    """Whether TensorRT runs the decoder. A model that is fetched then comes with what that is built from,
    1.3 GB. Default: false."""

    vllm: NotRequired[bool]
    """Whether vLLM runs the language model; the image has to hold vLLM. Default: false."""

    storage: NotRequired[str]
    """Size of the volume for what they build, 3 GB for each model and kind of GPU. A lone pod's outlives it,
    and goes with the component. Where there can be several pods, as with `scaling` or a `surge`, each has
    one of its own and builds at each start. Default: `8Gi`."""

    storage_class: NotRequired[str]
    """StorageClass of that volume. Default: the cluster's own."""
