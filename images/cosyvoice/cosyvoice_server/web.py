"""The web application behind the gate: the API, the reading room, and Gradio for every other path."""

import os
from collections.abc import Callable
from pathlib import Path

import gradio as gr
import imageio_ffmpeg
from fastapi import FastAPI
from gradio.utils import get_upload_folder

from cosyvoice_server import __version__, api
from cosyvoice_server.catalogue import Catalogue
from cosyvoice_server.config import Settings
from cosyvoice_server.gate import LARGEST_UPLOAD, Gate
from cosyvoice_server.listeners import Listeners
from cosyvoice_server.page import routes as reading_room
from cosyvoice_server.places import Places
from cosyvoice_server.speaker import Speaker
from cosyvoice_server.ui import SPEAK, TITLE, page
from cosyvoice_server.uploads import Uploads
from cosyvoice_server.voices import VoiceStore
from cosyvoice_server.voices.api import router as enrolment
from cosyvoice_server.voices.removal import Removal

HEAD = '<script>document.documentElement.lang = "zh-CN"</script>'
SYSTEM_FONTS = ("system-ui", "sans-serif")


def application(speaker: Speaker, voices: VoiceStore, settings: Settings, closed: Callable[[], bool]) -> tuple[Gate, Removal]:
    """Build the ASGI application for a loaded engine, and return it with what removes the teachers' voices.

    The page's fonts are the reader's own: Gradio's default theme would have every browser ask a font service.
    """
    listeners = Listeners()
    shared = settings.shared
    ours = FastAPI(title=TITLE, version=__version__, description=api.DESCRIPTION, docs_url=None, redoc_url=None)
    uploads = Uploads(ours, Path(get_upload_folder()))
    blocks, replies = page(speaker, listeners, voices, uploads.used, shared=shared)
    removal = Removal(voices, settings.outputs_dir, replies.withdrawn)
    speech = api.Speech(speaker, Catalogue(speaker.engine, voices), shared=shared)
    ours.include_router(api.router(speech))
    ours.include_router(enrolment(removal, settings.enrolment_dir, shared=shared))
    ours.include_router(reading_room.router(speech))
    api.answer_errors(ours)
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
    return Gate(Places(uploads, speaker, listeners, shared=shared, speaking=number), shared=shared, closed=closed), removal


def put_ffmpeg_on_path(folder: Path) -> None:
    """Make ``ffmpeg`` a command, from its wheel: Gradio encodes streamed replies with it.

    The wheel's file has its version in its name, so a link named ``ffmpeg`` is put into ``folder``.
    """
    (folder / "ffmpeg").symlink_to(imageio_ffmpeg.get_ffmpeg_exe())
    os.environ["PATH"] = f"{folder}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
