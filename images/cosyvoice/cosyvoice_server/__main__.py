"""Start the speech server: ``python -m cosyvoice_server``, configured by ``COSYVOICE_*`` variables.

``python -m cosyvoice_server model ...`` is ``python -m cosyvoice_server.model ...``: the image's entrypoint does both.
``python -m cosyvoice_server forget <campus>`` erases a campus that has left.
"""

import asyncio
import logging
import os
import signal
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import FrameType

from cosyvoice_server import forgetting, operations
from cosyvoice_server.config import ConfigurationError, Settings, settings_from
from cosyvoice_server.container import SPEAK, contain
from cosyvoice_server.discretion import log_discreetly
from cosyvoice_server.engines import engine_for
from cosyvoice_server.engines.base import Engine, SpeechError
from cosyvoice_server.forgetting import FORGET
from cosyvoice_server.heartbeat import Place, inherited_place
from cosyvoice_server.lifecycle import Lifecycle
from cosyvoice_server.metrics import Metrics
from cosyvoice_server.model import __main__ as model
from cosyvoice_server.server import Drain, Watched, serve
from cosyvoice_server.speaker import Speaker
from cosyvoice_server.supervisor import UnkillableError
from cosyvoice_server.sweeping import Sweeper
from cosyvoice_server.turns import Turns
from cosyvoice_server.voices import VoiceStore
from cosyvoice_server.watchdog import STALLED, Watchdog
from cosyvoice_server.without_stubs import without_stubs

LOG = logging.getLogger("cosyvoice_server")


def main() -> int:
    """Serve until SIGTERM or SIGINT.

    Returns:
        The process's exit code: 0 after a signal, 1 when it could not start, 2 for wrong settings, and a ``Renewal``'s when the
        server has stopped by itself to be started anew.
    """
    if sys.argv[1:2] == ["model"]:
        return model.main(sys.argv[2:])
    log_discreetly()
    signal.signal(signal.SIGTERM, stop_while_starting)  # as PID 1 a process without a handler ignores it
    try:
        settings = settings_from(os.environ)
        if sys.argv[1:] == [SPEAK]:
            stay_offline()
            return run(settings, engine_for(settings), inherited_place(os.environ))
        if sys.argv[1:2] == [FORGET]:
            return forgetting.main(sys.argv[2:], settings)
        return first_process(settings)
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        return 2
    except (StartError, UnkillableError) as error:
        print(error, file=sys.stderr)
        return 1


class StartError(Exception):
    """The server could not start; the text is one sentence for the operator."""


def stop_while_starting(_signal: int, _frame: FrameType | None) -> None:
    """End at once: nobody is being served yet."""
    raise SystemExit(0)


def first_process(settings: Settings) -> int:
    """Keep a process speaking until told to stop.

    Raises:
        StartError: a port is taken.
        UnkillableError: a process hangs beyond the reach of SIGKILL.
    """
    try:
        return contain(settings)
    except OSError as error:
        ports = f"COSYVOICE_PORT {settings.port} or COSYVOICE_METRICS_PORT {settings.metrics_port}"
        message = f"{ports} cannot be opened ({error.strerror}): free it or name another"
        raise StartError(message) from error


def run(settings: Settings, engine: Engine, place: Place) -> int:
    """Load the engine, then serve in ``place``; nobody is answered before the engine has spoken once.

    Returns:
        The process's exit code.

    Raises:
        StartError: the model cannot be loaded, or takes more memory than the server may have.
    """
    lifecycle, metrics = Lifecycle(), Metrics(settings.engine)
    watchdog = Watchdog(lifecycle, settings.stall_seconds, settings.memory_ceiling_bytes)
    operations.start(place.operations, lambda path: operations.answer(path, lifecycle, watchdog, metrics))
    with ThreadPoolExecutor(1) as aside, without_stubs():  # Gradio takes as long to import as a model to load
        loading = aside.submit(engine.load)
        from cosyvoice_server.web import application, put_ffmpeg_on_path
    try:
        loading.result()
    except SpeechError as error:
        raise StartError(str(error)) from error
    if watchdog.over_ceiling():
        message = (
            f"COSYVOICE_MEMORY_CEILING_BYTES is {settings.memory_ceiling_bytes} and the loaded model takes more already: raise it,"
            " or leave it out for none"
        )
        raise StartError(message)
    turns = Turns(settings.running, settings.waiting, shared=settings.shared)
    voices = VoiceStore(settings.voices_dir, engine.voices)
    speaker = Speaker(engine, settings.outputs_dir, metrics, turns, settings.deadline_seconds, voices)
    drain = Drain(lifecycle, settings.drain_seconds)
    gate, removal = application(speaker, voices, settings, drain.closed)
    sweeper = Sweeper(settings.outputs_dir, settings.outputs_ttl_seconds, settings.deadline_seconds)
    metrics.watch(turns, speaker.abandoned, sweeper, watchdog)
    watchdog.watch(speaker.silences, engine.ailment)
    sweeper.start()
    removal.start()
    LOG.info("speaking with %s on port %s", settings.engine, settings.port)
    with tempfile.TemporaryDirectory() as commands:
        put_ffmpeg_on_path(Path(commands))
        if place.heartbeat:
            place.heartbeat.begin(lambda: STALLED if lifecycle.stalled else "")
        watched = Watched(watchdog, lambda: gate.under_way > 0, lambda reason: metrics.renewals.labels(reason.name.lower()).inc())
        asyncio.run(serve(gate, place.listener, lifecycle, drain, watched))
    LOG.info("stopped")
    return drain.reason.value if drain.reason else 0


def stay_offline() -> None:
    """Keep Gradio, its hub client and ONNX Runtime from calling home; they read these when they are imported.

    ONNX Runtime 1.29 and later send usage events from Linux too, and keep a device id in the home folder
    (https://github.com/microsoft/onnxruntime/pull/29843); 1.32 reads ``ORT_DISABLE_TELEMETRY``.
    """
    os.environ.update(GRADIO_ANALYTICS_ENABLED="False", HF_HUB_DISABLE_TELEMETRY="1", HF_HUB_OFFLINE="1", ORT_DISABLE_TELEMETRY="1")


if __name__ == "__main__":
    sys.exit(main())
