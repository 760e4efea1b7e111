"""The server's settings, read once from the environment and checked all together."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class EngineName(StrEnum):
    """The engines a server can be started with."""

    KOKORO = "kokoro"
    """Kokoro-82M on a CPU: preset voices in Chinese and English, no cloning."""
    COSYVOICE = "cosyvoice"
    """The real CosyVoice model on a GPU."""


class ConfigurationError(Exception):
    """The environment does not describe a server; the text has one line for each thing wrong."""


@dataclass(frozen=True)
class Settings:
    """What a server is started with; every field is one ``COSYVOICE_*`` variable."""

    engine: EngineName = EngineName.KOKORO
    model_dir: Path = Path("/opt/kokoro")
    """The folder that holds the engine's model files; nothing is ever downloaded."""
    outputs_dir: Path = Path("/root/CosyVoice/outputs")
    """Where each reply is kept, as ``<campus>/output_<time>_<id>.wav``."""
    voices_dir: Path = Path("/root/CosyVoice/voices")
    """Where teachers' voices are kept, in a folder a campus."""
    enrolment_dir: Path = Path("/etc/cosyvoice/enrolment")
    """A file a campus, which holds the key for enrolling voices there."""
    port: int = 7860
    """People and the API."""
    metrics_port: int = 9464
    """``/metrics``, ``/healthz`` and ``/readyz``."""
    shared: bool = False
    """True when several campuses use this server: a request that names no campus is then refused."""
    drain_seconds: int = 600
    """The longest a stopping server waits for the requests that it has taken."""
    running: int = 2
    """Syntheses at once; on a shared server one of several is always left to the other campuses."""
    waiting: int = 4
    """Requests that may wait, for each campus."""
    deadline_seconds: int = 600
    """The longest that a request may wait and be spoken, together."""
    stall_seconds: int = 120
    """How long a synthesis may bring no chunk before the server is started anew."""
    memory_ceiling_bytes: int = 0
    """Anonymous memory at which the server ends, between requests, to be started anew; 0 means none."""
    outputs_ttl_seconds: int = 0
    """How long recordings are kept; 0 means for ever."""
    fp16: bool = False
    """The real model computes with half precision."""
    vllm: bool = False
    """vLLM runs the real model's language model."""
    tensorrt: bool = False
    """TensorRT runs the real model's decoder."""
    cache_dir: Path = Path("/var/cache/cosyvoice")
    """Where vLLM and TensorRT keep what they build from the model; a volume, because it takes minutes."""


def settings_from(environment: Mapping[str, str]) -> Settings:
    """Read the settings; a variable that is absent or empty takes its default.

    Raises:
        ConfigurationError: naming every variable that is wrong, its value, the rule and the way out.
    """
    problems: list[str] = []
    given = {name: value for name, value in environment.items() if value}
    default = Settings()

    def integer(name: str, fallback: int, lowest: int, highest: int) -> int:
        text = given.get(name, str(fallback))
        if text.isascii() and text.isdigit() and lowest <= int(text) <= highest:
            return int(text)
        problems.append(f"{name} is {text!r}: give a whole number from {lowest} to {highest}, or leave it out for {fallback}")
        return fallback

    def one_of(name: str, fallback: str, allowed: tuple[str, ...]) -> str:
        text = given.get(name, fallback)
        if text in allowed:
            return text
        problems.append(f"{name} is {text!r}: give one of {', '.join(allowed)}, or leave it out for {fallback}")
        return fallback

    def switch(name: str) -> bool:
        return one_of(name, "false", ("true", "false")) == "true"

    settings = Settings(
        engine=EngineName(one_of("COSYVOICE_ENGINE", default.engine, tuple(EngineName))),
        model_dir=Path(given.get("COSYVOICE_MODEL_DIR", default.model_dir)),
        outputs_dir=Path(given.get("COSYVOICE_OUTPUTS_DIR", default.outputs_dir)),
        voices_dir=Path(given.get("COSYVOICE_VOICES_DIR", default.voices_dir)),
        enrolment_dir=Path(given.get("COSYVOICE_ENROLMENT_DIR", default.enrolment_dir)),
        port=integer("COSYVOICE_PORT", default.port, 1, 65535),
        metrics_port=integer("COSYVOICE_METRICS_PORT", default.metrics_port, 1, 65535),
        shared=switch("COSYVOICE_SHARED"),
        drain_seconds=integer("COSYVOICE_DRAIN_SECONDS", default.drain_seconds, 0, 86400),
        running=integer("COSYVOICE_RUNNING", default.running, 1, 64),
        waiting=integer("COSYVOICE_WAITING", default.waiting, 0, 1000),
        deadline_seconds=integer("COSYVOICE_DEADLINE_SECONDS", default.deadline_seconds, 1, 86400),
        stall_seconds=integer("COSYVOICE_STALL_SECONDS", default.stall_seconds, 1, 86400),
        memory_ceiling_bytes=integer("COSYVOICE_MEMORY_CEILING_BYTES", default.memory_ceiling_bytes, 0, 2**63),
        outputs_ttl_seconds=integer("COSYVOICE_OUTPUTS_TTL_SECONDS", default.outputs_ttl_seconds, 0, 10 * 366 * 86400),
        fp16=switch("COSYVOICE_FP16"),
        vllm=switch("COSYVOICE_VLLM"),
        tensorrt=switch("COSYVOICE_TENSORRT"),
        cache_dir=Path(given.get("COSYVOICE_CACHE_DIR", default.cache_dir)),
    )
    if settings.port == settings.metrics_port:
        problems.append(f"COSYVOICE_PORT and COSYVOICE_METRICS_PORT are both {settings.port}: give them different ports")
    if not settings.model_dir.is_dir():
        problems.append(
            f"COSYVOICE_MODEL_DIR is {str(settings.model_dir)!r}, which is not a folder: mount the model there or name its folder"
        )
    wanted = [name for name in ("COSYVOICE_FP16", "COSYVOICE_VLLM", "COSYVOICE_TENSORRT") if given.get(name) == "true"]
    if wanted and settings.engine is EngineName.KOKORO:
        problems.append(
            f"{' and '.join(wanted)} is for the GPU, which kokoro does not use: leave it out, or set COSYVOICE_ENGINE=cosyvoice"
        )
    if problems:
        raise ConfigurationError("\n".join(problems))
    return settings
