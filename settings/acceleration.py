"""What a stack's file may say about how CosyVoice uses its GPU."""

from .strict import Strict
from .types import ObjectName, Quantity, Switch


class AccelerationSettings(Strict):
    """How CosyVoice uses its GPU; what TensorRT and vLLM need is built at a start, for minutes."""

    fp16: Switch = False
    """Whether it computes with half precision. Default: false."""

    tensorrt: Switch = False
    """Whether TensorRT runs the decoder. Default: false."""

    vllm: Switch = False
    """Whether vLLM runs the language model; the image has to hold vLLM. Default: false."""

    storage: Quantity | None = None
    """Size of the volume for what they build. Default: `8Gi`, for two models."""

    storage_class: ObjectName | None = None
    """StorageClass of that volume. Default: the cluster's own."""
