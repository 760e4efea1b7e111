"""The engines, and the one place that knows them all."""

from cosyvoice_server.config import EngineName, Settings
from cosyvoice_server.engines.base import Engine


def engine_for(settings: Settings) -> Engine:
    """Make the engine that the settings name, importing its packages only now; it is not loaded yet."""
    match settings.engine:
        case EngineName.KOKORO:
            from cosyvoice_server.engines.kokoro import KokoroEngine

            return KokoroEngine(settings.model_dir)
        case EngineName.COSYVOICE:
            from cosyvoice_server.engines.cosyvoice import CosyVoiceEngine
            from cosyvoice_server.engines.upstream import Acceleration, Upstream

            acceleration = Acceleration(settings.fp16, settings.vllm, settings.tensorrt)
            return CosyVoiceEngine(settings.model_dir, Upstream(acceleration, settings.cache_dir))
