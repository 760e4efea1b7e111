"""The web application: Gradio, mounted behind the gate."""

import os
from collections.abc import Callable
from pathlib import Path

import gradio as gr
import imageio_ffmpeg
from fastapi import FastAPI
from gradio.utils import get_upload_folder

from cosyvoice_server.gate import LARGEST_UPLOAD, Gate
from cosyvoice_server.listeners import Listeners
from cosyvoice_server.places import Places
from cosyvoice_server.speaker import Speaker
from cosyvoice_server.ui import SPEAK, page
from cosyvoice_server.uploads import Uploads

HEAD = '<script>document.documentElement.lang = "zh-CN"</script>'
SYSTEM_FONTS = ("system-ui", "sans-serif")


def application(speaker: Speaker, *, shared: bool, closed: Callable[[], bool]) -> Gate:
    """Build the ASGI application for a loaded engine.

    The page's fonts are the reader's own: Gradio's default theme would have every browser ask a font service.
    """
    listeners = Listeners()
    ours = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    uploads = Uploads(ours, Path(get_upload_folder()))
    blocks = page(speaker, listeners, uploads.used, shared=shared)
    gr.mount_gradio_app(
        ours,
        blocks,
        path="/",
        footer_links=[],
        run_history=False,  # it would leave what was read in the browser of a shared computer
        enable_monitoring=False,
        mcp_server=False,
        ssr_mode=False,
        show_error=False,
        max_file_size=LARGEST_UPLOAD,
        theme=gr.themes.Default(font=SYSTEM_FONTS, font_mono=("ui-monospace", "monospace")),
        head=HEAD,
    )
    (number,) = (function._id for function in blocks.fns.values() if function.api_name == SPEAK)
    return Gate(Places(uploads, speaker, listeners, shared=shared, speaking=number), shared=shared, closed=closed)


def put_ffmpeg_on_path(folder: Path) -> None:
    """Make ``ffmpeg`` a command, from its wheel: Gradio encodes streamed replies with it.

    The wheel's file has its version in its name, so a link named ``ffmpeg`` is put into ``folder``.
    """
    (folder / "ffmpeg").symlink_to(imageio_ffmpeg.get_ffmpeg_exe())
    os.environ["PATH"] = f"{folder}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
