"""Speaking one request from start to end: checks, counting, time taken, and the copy on the outputs volume."""

import logging
import time
import traceback
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from cosyvoice_server.audio import Recording
from cosyvoice_server.engines.base import Engine, Mode, Samples, SpeechError, SpeechRequest
from cosyvoice_server.metrics import Metrics

LONGEST_TEXT = 20_000
"""Characters in one request: about an hour of speech."""
SLOWEST, FASTEST = 0.5, 2.0
LOG = logging.getLogger(__name__)


class Speaker:
    """Speaks requests with one engine and keeps what was said."""

    def __init__(self, engine: Engine, outputs: Path, metrics: Metrics) -> None:
        self.engine = engine
        self._outputs = outputs
        self._metrics = metrics
        self._replies: set[_Reply] = set()

    @property
    def running(self) -> int:
        """Syntheses running now."""
        return len(self._replies)

    def speak(self, request: SpeechRequest, campus: str, *, cloning: bool) -> Iterator[Samples]:
        """Yield the audio of a request, chunk by chunk, and keep the whole of it in the campus's outputs folder.

        Whatever happens, the request ends: it is counted once, and nothing of it holds a slot. ``cloning`` tells whether it
        may have a recording imitated.

        Raises:
            SpeechError: the request cannot be spoken, or the engine failed on it; the text is for the person who asked.
        """
        reply = _Reply(self._metrics, campus, request.mode)
        self._replies.add(reply)
        copy = _Copy(self._metrics, campus, self._outputs / campus, self.engine.sample_rate)
        try:
            check(request, cloning=cloning)
            for chunk in self.engine.synthesize(request):
                copy.add(chunk)
                reply.heard(len(chunk) / self.engine.sample_rate)
                yield chunk
            copy.finish()
            reply.outcome = "spoken"
        except SpeechError:
            reply.outcome = "refused"
            raise
        except Exception as error:
            reply.outcome = "failed"
            LOG.error("synthesis failed: %s", without_message(error))
            message = "朗读失败，请稍后再试。 Speaking failed: try again, and tell the operator if it fails again."
            raise SpeechError(message) from None
        finally:
            self._replies.discard(reply)
            copy.discard()
            reply.end()


class _Copy:
    """The copy of a reply on the outputs volume; a volume that is full costs the copy, not the reply."""

    def __init__(self, metrics: Metrics, campus: str, folder: Path, sample_rate: int) -> None:
        self._metrics = metrics
        self._campus = campus
        self._folder = folder
        self._sample_rate = sample_rate
        self._recording: Recording | None = None
        self._lost = False

    def add(self, chunk: Samples) -> None:
        """Append a chunk; the first one begins the file, so that a refused request leaves none."""
        if self._lost:
            return
        try:
            if self._recording is None:
                timestamp = datetime.now(UTC).strftime("%Y%m%d_%H%M%S")
                self._recording = Recording(self._sample_rate, self._folder, timestamp)
            self._recording.add(chunk)
        except OSError as error:
            self._lose(error)

    def finish(self) -> None:
        """Keep the whole."""
        if self._recording is None:
            return
        try:
            self._recording.finish()
        except OSError as error:
            self._lose(error)
        self.discard()

    def discard(self) -> None:
        """Leave nothing half-written behind."""
        recording, self._recording = self._recording, None
        if recording is not None:
            recording.discard()

    def _lose(self, error: OSError) -> None:
        """Count a copy that could not be kept, once."""
        self._lost = True
        self.discard()
        self._metrics.unsaved.labels(self._campus).inc()
        LOG.error("a reply of campus %s was not kept: %s", self._campus, error.strerror)


class _Reply:
    """What is counted of one reply."""

    def __init__(self, metrics: Metrics, campus: str, mode: Mode, clock: Callable[[], float] = time.monotonic) -> None:
        self.outcome = "cancelled"  # until it is known to have ended otherwise
        self._metrics = metrics
        self._campus = campus
        self._mode = mode.slug
        self._clock = clock
        self._began = clock()
        self._audio = 0.0
        self._first: float | None = None

    def heard(self, seconds: float) -> None:
        """Note a chunk of so many seconds of audio."""
        self._audio += seconds
        if self._first is None and self._audio >= 1:
            self._first = self._clock() - self._began

    def end(self) -> None:
        """Count the reply."""
        took = self._clock() - self._began
        metrics, labels = self._metrics, (self._campus, self._mode)
        metrics.requests.labels(*labels, self.outcome).inc()
        metrics.audio_seconds.labels(*labels).inc(self._audio)
        if self.outcome == "spoken":
            metrics.synthesis_seconds.labels(*labels).observe(took)
            metrics.first_audio_seconds.labels(*labels).observe(took if self._first is None else self._first)


def check(request: SpeechRequest, *, cloning: bool) -> None:
    """Refuse a request that no engine can speak, whatever its model, or that may not imitate a voice.

    Raises:
        SpeechError: saying what is missing or out of range.
    """
    if not request.text.strip():
        message = "请输入要合成的文本。 Enter a text to speak."
        raise SpeechError(message)
    if len(request.text) > LONGEST_TEXT:
        message = f"文本有 {len(request.text)} 个字符，请分成几段。 The text has more than {LONGEST_TEXT} characters: split it."
        raise SpeechError(message)
    if not SLOWEST <= request.speed <= FASTEST:
        message = f"语速须在 {SLOWEST} 到 {FASTEST} 之间。 The speed must lie between {SLOWEST} and {FASTEST}."
        raise SpeechError(message)
    imitates = request.mode in (Mode.ZERO_SHOT, Mode.CROSS_LINGUAL)
    if (imitates or request.prompt_wav is not None) and not cloning:
        message = "本校区未开放声音复刻。 Voice cloning is switched off for this campus: choose a preset voice, without a recording."
        raise SpeechError(message)
    if imitates and request.prompt_wav is None:
        message = "prompt音频为空，您是否忘记输入prompt音频？ This mode needs a prompt recording: upload or record one."
        raise SpeechError(message)
    if request.mode is Mode.ZERO_SHOT and not request.prompt_text.strip():
        message = "prompt文本为空，您是否忘记输入prompt文本？ This mode needs the prompt recording's text: enter it."
        raise SpeechError(message)
    if request.mode is Mode.INSTRUCT and not request.instruction.strip():
        message = "您正在使用自然语言控制模式, 请输入instruct文本。 This mode needs an instruction: enter it."
        raise SpeechError(message)


def without_message(error: BaseException) -> str:
    """Write an error's type and places, but not its message, which may quote what a person asked to be read."""
    places = "; ".join(f"{frame.filename}:{frame.lineno} in {frame.name}" for frame in traceback.extract_tb(error.__traceback__))
    return f"{type(error).__name__} at {places}"
