"""A folder that looks like the model's and can be written: upstream puts what it builds for a GPU beside the model."""

import hashlib
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cosyvoice_server.engines.base import SpeechError

MARKER = "loaded"
"""There once a model has been loaded from the folder, so that what was built in it is whole."""
PLAN = ".plan"
"""What TensorRT builds, for one kind of GPU only."""


@contextmanager
def workspace(model_dir: Path, cache: Path, about: Iterable[str]) -> Iterator[Path]:
    """Link the files of ``model_dir`` into a folder of ``cache``, the same for the same model and ``about``, and load from it.

    ``model_dir`` is mounted read-only, and may serve pods with other GPUs. What a start that did not end well left behind
    is removed by the next one, because upstream would read half a file.

    Raises:
        SpeechError: the cache cannot be written.
    """
    files = sorted(file for file in model_dir.iterdir() if file.suffix != PLAN)
    files_about = [f"{file.name} {file.stat().st_size} {file.stat().st_mtime_ns}" for file in files]
    key = hashlib.sha256("\n".join([*about, str(model_dir), *files_about]).encode()).hexdigest()[:16]
    folder = cache / key / model_dir.name
    try:
        if folder.is_dir() and not (folder.parent / MARKER).exists():
            shutil.rmtree(folder)
        folder.mkdir(parents=True, exist_ok=True)
        for file in files:
            link = folder / file.name
            if not link.is_symlink():
                link.symlink_to(file.absolute())
    except OSError as error:
        message = (
            f"COSYVOICE_CACHE_DIR is {str(cache)!r}, and cannot be written ({error.strerror}): COSYVOICE_VLLM and COSYVOICE_TENSORRT"
            " keep what they build there, up to 3 GB; mount a volume or name another folder"
        )
        raise SpeechError(message) from error
    yield folder
    (folder.parent / MARKER).touch()
