"""What the GPU engine makes of an exception: a sentence for the person who asked, and whether the process can go on."""

import traceback
from collections.abc import Callable
from pathlib import Path

from cosyvoice_server.engines.base import EngineError, SpeechError

LASTING = 3
"""Failures for want of GPU memory, one after the other, after which more memory must have gone than a request takes."""


class Failures:
    """Tells one kind of failure from another, and remembers what the process does not get over."""

    def __init__(self, free_memory: Callable[[], None]) -> None:
        """Call ``free_memory`` when the GPU's is used up."""
        self.ailment = ""
        """Why the process must be started anew."""
        self._free_memory = free_memory
        self._in_a_row = 0

    def none(self) -> None:
        """Note that the model has spoken."""
        self._in_a_row = 0

    def of_speaking(self, error: Exception) -> EngineError:
        """Turn what the model raised for a request into its answer."""
        if is_out_of_memory(error):
            traceback.clear_frames(error.__traceback__)  # they hold what did not fit together with what did
            self._free_memory()
            self._in_a_row += 1
            if self._in_a_row >= LASTING:
                self.ailment = f"the GPU's memory was used up {LASTING} times, one after the other, though it was freed each time"
            return EngineError("显存不足，请缩短文本或稍后再试。 The GPU's memory is used up: shorten the text, or try again.")
        if "CUDA error" in str(error):  # every later call of this process fails with the same
            self.ailment = "CUDA reported an error, after which nothing works in this process"
        return EngineError("模型未能朗读这段文本，请换一种说法或稍后再试。 The model could not speak this text: change it or try again.")

    def of_listening(self, error: Exception) -> SpeechError:
        """Turn what the model raised while it took in a recording into the request's answer."""
        if is_out_of_memory(error) or "CUDA error" in str(error):
            return self.of_speaking(error)
        return SpeechError("prompt 音频无法读取，请换成 WAV 文件。 The prompt recording could not be read: bring it as a WAV file.")

    def of_loading(self, error: Exception, folder: Path) -> SpeechError:
        """Turn what stopped the model from being built into a sentence for the operator."""
        if is_out_of_memory(error):
            message = "the model does not fit into the GPU's free memory: give the container a larger GPU, or one that nobody shares"
        elif isinstance(error, FileNotFoundError):
            message = f"the model folder {folder} lacks {error.filename}: fetch the model anew"
        else:
            message = f"the model in {folder} could not be loaded ({type(error).__name__}: {error}): fetch it anew if a file is damaged"
        return SpeechError(message)


def is_out_of_memory(error: BaseException) -> bool:
    """Tell whether the GPU had too little memory, by torch's exception or by the words of CUDA's libraries."""
    return type(error).__name__ == "OutOfMemoryError" or "out of memory" in str(error)
