"""The boundary to CosyVoice's own source tree: every import of it, and of torch, is here.

Upstream (https://github.com/FunAudioLLM/CosyVoice at ace7c47) is a source tree, not a package: the GPU image puts it on
``PYTHONPATH``. ``tests/fake_cosyvoice.py`` stands in for these modules and says for each part which file it mirrors.
"""

import gc
import importlib
import logging
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from cosyvoice_server.engines.base import SpeechError
from cosyvoice_server.engines.workspace import workspace

SAMPLE_TEXT = "希望你以后能够做的比我还好呦。"
"""What upstream's ``asset/zero_shot_prompt.wav`` says."""


@dataclass(frozen=True)
class Acceleration:
    """How the model uses its GPU; all off is upstream's own default."""

    fp16: bool = False
    """Half precision: less time in TensorRT, hardly any memory less, and upstream warns of its quality for version 3."""
    vllm: bool = False
    """vLLM runs the language model; the first start exports it, about 1 GB, into the cache folder."""
    tensorrt: bool = False
    """TensorRT runs the decoder; the first start on a kind of GPU builds its plan, for minutes, into the cache folder."""


class Upstream:
    """CosyVoice's modules, imported when the first one is needed."""

    def __init__(self, acceleration: Acceleration, cache: Path) -> None:
        """Remember the settings; what upstream writes beside the model goes to ``cache``."""
        self._wanted = acceleration
        self._cache = cache

    def build(self, model_dir: Path) -> Any:
        """Build the model from a local folder; it is never downloaded, because the folder is there.

        Raises:
            SpeechError: the image lacks a package, or no GPU is there to accelerate.
        """
        package, torch = self._imported("cosyvoice.cli.cosyvoice"), self._imported("torch")
        options = {"fp16": self._wanted.fp16, "load_vllm": self._wanted.vllm, "load_trt": self._wanted.tensorrt}
        options = {name: True for name, wanted in options.items() if wanted}  # no version of the model knows all of them
        if options and not torch.cuda.is_available():  # upstream would go on without them
            message = "COSYVOICE_FP16, COSYVOICE_VLLM and COSYVOICE_TENSORRT need a GPU, and this container sees none: give it one"
            raise SpeechError(message)
        if self._wanted.vllm:
            model = self._imported("cosyvoice.vllm.cosyvoice2").CosyVoice2ForCausalLM
            self._imported("vllm").ModelRegistry.register_model("CosyVoice2ForCausalLM", model)
        writers = [self._imported(name) for name, wanted in (("vllm", self._wanted.vllm), ("tensorrt", self._wanted.tensorrt)) if wanted]
        if not writers:
            return self._quiet(package.AutoModel(model_dir=str(model_dir), **options))
        about = [torch.cuda.get_device_name(0), *(f"{writer.__name__} {writer.__version__}" for writer in writers)]
        with workspace(model_dir, self._cache, about) as folder:
            return self._quiet(package.AutoModel(model_dir=str(folder), **options))

    def sample(self) -> Path | None:
        """Find upstream's sample recording, which says ``SAMPLE_TEXT``."""
        file = importlib.import_module("cosyvoice.cli.cosyvoice").__file__
        recording = Path(str(file)).parents[2] / "asset" / "zero_shot_prompt.wav"
        return recording if recording.is_file() else None

    def seed(self, seed: int) -> None:
        """Make upstream's sampling repeat itself, as its web page does."""
        importlib.import_module("cosyvoice.utils.common").set_all_random_seed(seed)

    def free_memory(self) -> None:
        """Give the GPU back what nothing holds any more."""
        gc.collect()
        importlib.import_module("torch").cuda.empty_cache()

    def _imported(self, name: str) -> ModuleType:
        """Import a module of the GPU image.

        Raises:
            SpeechError: it is not there.
        """
        try:
            return importlib.import_module(name)
        except ImportError as error:
            message = (
                f"the cosyvoice engine needs the GPU image: {error.name} is not installed here. Use that image, or COSYVOICE_ENGINE=kokoro"
            )
            raise SpeechError(message) from error

    def _quiet(self, model: Any) -> Any:
        """Drop what upstream logs of a request: it calls the root logger itself, with whole texts, at INFO and at WARNING.

        A logger's own filter is not asked about what its children log, so that everybody else is still heard.
        """
        root = logging.getLogger()
        root.setLevel(logging.INFO)  # upstream asks for DEBUG when it is imported
        root.addFilter(is_an_error)
        return model


def is_an_error(record: logging.LogRecord) -> bool:
    """Tell whether a log record is an error or worse."""
    return record.levelno >= logging.ERROR
