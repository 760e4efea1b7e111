"""Importing Gradio without the type stubs that it writes for editors."""

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def without_stubs() -> Iterator[None]:
    """Let Gradio be imported in half the time, by telling it that its components have no source files.

    For every component class, Gradio parses the source file, renders a ``.pyi`` stub with Jinja and compares it with the
    one on disk, at each import (``create_or_modify_pyi`` in ``gradio/component_meta.py``). It leaves that out for a class
    without a source file, which ``inspect.getfile`` tells by an ``OSError``.
    """
    original = inspect.getfile

    def getfile(thing: Any) -> str:
        if str(getattr(thing, "__module__", "")).startswith("gradio."):
            message = "a component without a source file"
            raise OSError(message)
        return original(thing)

    replacement: Callable[..., str] = getfile
    inspect.getfile = replacement
    try:
        yield
    finally:
        inspect.getfile = original
