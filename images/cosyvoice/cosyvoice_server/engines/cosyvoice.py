"""The GPU engine: the real CosyVoice, versions 1 to 3, behind the few calls of its ``AutoModel`` that are used here.

What is relied on, with the file of upstream's tree, and checked against a stand-in that fails where the real one does:

- ``cli/cosyvoice.py``: the object's class is named ``CosyVoice``, ``CosyVoice2`` or ``CosyVoice3``; ``sample_rate``,
  ``list_available_spks()``, ``add_zero_shot_spk``, ``frontend.spk2info``, and ``inference_sft``, ``_zero_shot``,
  ``_cross_lingual``, ``_instruct`` (version 1) and ``_instruct2``: generators of ``{"tts_speech": tensor of (1, samples)}``;
- ``llm/llm.py``: version 3 wants a system prompt that ends in ``<|endofprompt|>`` before the transcript, the text or the
  instruction, as in ``example.py``;
- ``cli/model.py``: ``tts()`` runs ``llm_job(..., uuid)`` in a thread and polls ``llm_end_dict[uuid]``, which that thread sets
  only when it succeeds; it drops the request's entries in five dictionaries only when it is read to its end; and while it
  streams it lengthens ``token_hop_len``, for every later request (https://github.com/FunAudioLLM/CosyVoice/pull/1849).
"""

import threading
import uuid
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from cosyvoice_server.engines.base import EngineError, Mode, Samples, SpeechError, SpeechRequest
from cosyvoice_server.engines.failures import Failures
from cosyvoice_server.engines.prompts import check_prompt
from cosyvoice_server.engines.upstream import SAMPLE_TEXT, Upstream
from cosyvoice_server.text import sentences

SYSTEM_PROMPT = "You are a helpful assistant."
END_OF_PROMPT = "<|endofprompt|>"
OF_A_REQUEST = ("tts_speech_token_dict", "llm_end_dict", "hift_cache_dict", "mel_overlap_dict", "flow_cache_dict")
"""The inner model's dictionaries that have an entry for each request under way, some of it on the GPU."""


class CosyVoiceEngine:
    """Speaks with any CosyVoice model that upstream's ``AutoModel`` loads."""

    sample_rate = 24_000

    def __init__(self, model_dir: Path, upstream: Upstream) -> None:
        self._folder = model_dir
        self._upstream = upstream
        self._failures = Failures(upstream.free_memory)
        # The model has state of its own and a batch size of one; requests take turns with it, sentence by sentence.
        self._one_at_a_time = threading.Lock()

    def load(self) -> None:
        """Build the model, and speak once: with a preset voice, or by imitating upstream's sample recording.

        Raises:
            SpeechError: the image or the model folder lacks something, or the model cannot speak.
        """
        try:
            self._model = self._upstream.build(self._folder)
        except SpeechError:
            raise
        except Exception as error:
            raise self._failures.of_loading(error, self._folder) from error
        self.sample_rate = int(self._model.sample_rate)
        self._is_version_1, self._is_version_3 = (type(self._model).__name__ == name for name in ("CosyVoice", "CosyVoice3"))
        self._names = tuple(name for name in self._model.list_available_spks() if name)
        self._jobs = _Jobs(self._model.model)
        self._first_hop = getattr(self._model.model, "token_hop_len", None)  # version 1 has none
        for _ in self.synthesize(self._first_request()):
            pass

    def voices(self) -> tuple[str, ...]:
        """Name the speakers enrolled in the model folder (``spk2info.pt``); version 3 ships with none."""
        return self._names

    def ailment(self) -> str:
        """Say why this process must be started anew."""
        return self._failures.ailment

    def notices(self, request: SpeechRequest) -> list[str]:
        """Say that upstream cannot change the speed of a streamed reply."""
        if request.stream and request.speed != 1:
            return ["流式推理时不支持变速，按原速朗读。 A streamed reply is read at normal speed."]
        return []

    def synthesize(self, request: SpeechRequest) -> Generator[Samples, None, None]:
        """Speak with the model, sentence by sentence, in the chunks it makes of each.

        Upstream would join short sentences; apart, each is heard as soon as it can be, and two requests need not wait for
        each other's end. The seed is set for each sentence, so that neither changes the sound of the other.

        Raises:
            SpeechError: the request lacks what the mode needs.
            EngineError: the model failed on it.
        """
        self._check(request)
        spoken = sentences(request.text)
        if not spoken:
            message = "文本中没有可以朗读的文字。 The text has no words to read: enter some."
            raise SpeechError(message)
        with self._known_voice(request) as voice:
            for sentence in spoken:
                with self._one_at_a_time:
                    yield from self._sentence(request, sentence, voice)

    def _sentence(self, request: SpeechRequest, sentence: str, voice: str) -> Iterator[Samples]:
        """Speak one sentence, and leave nothing of it in the model whatever happens."""
        if self._first_hop is not None:
            self._model.model.token_hop_len = self._first_hop
        self._upstream.seed(request.seed)
        self._jobs.begin()
        heard, failure = False, None
        try:
            with closing(self._replies(request, sentence, voice)) as replies:
                for reply in replies:
                    if self._jobs.failure:
                        break
                    chunk = np.clip(np.asarray(reply["tts_speech"].numpy(), np.float32).ravel(), -1.0, 1.0)
                    if chunk.size:
                        heard = True
                        yield chunk
        except Exception as error:  # after a failure in its thread the model stumbles over what that did not bring
            failure = error
        finally:
            self._jobs.end()
        failure = self._jobs.failure or failure
        if failure and request.prompt_wav and not self._jobs.began:
            raise self._failures.of_listening(failure) from failure
        if failure:
            raise self._failures.of_speaking(failure) from failure
        if not heard:
            message = "模型没有读出这句话，请换一种说法。 The model made no sound of this text: put it another way."
            raise EngineError(message)
        self._failures.none()

    def _replies(self, request: SpeechRequest, sentence: str, voice: str) -> Any:
        """Call the mode's inference method, a generator, with the prompt format of the model's version."""
        model = self._model
        options = {"stream": request.stream, "speed": 1.0 if request.stream else request.speed}
        wav = str(request.prompt_wav)
        match request.mode:
            case Mode.PRESET if not self._is_version_3:
                return model.inference_sft(sentence, voice, **options)
            case Mode.PRESET | Mode.ZERO_SHOT:
                return model.inference_zero_shot(sentence, "", "", zero_shot_spk_id=voice, **options)
            case Mode.CROSS_LINGUAL:
                return model.inference_cross_lingual(self._system_prompt() + sentence, wav, **options)
            case Mode.INSTRUCT if self._is_version_1:
                return model.inference_instruct(sentence, voice, request.instruction + END_OF_PROMPT, **options)
            case Mode.INSTRUCT:
                before = SYSTEM_PROMPT + " " if self._is_version_3 else ""
                return model.inference_instruct2(sentence, before + request.instruction + END_OF_PROMPT, wav, **options)

    def _system_prompt(self) -> str:
        return SYSTEM_PROMPT + END_OF_PROMPT if self._is_version_3 else ""

    @contextmanager
    def _known_voice(self, request: SpeechRequest) -> Iterator[str]:
        """Name the voice; a zero-shot one is learnt for as long as its request lasts, not anew for each sentence.

        Nothing of a recording outlives its request, so that there is nothing to forget when a consent is withdrawn.
        """
        if request.mode is not Mode.ZERO_SHOT:
            yield request.voice
            return
        name = uuid.uuid4().hex
        try:
            with self._one_at_a_time:
                self._learn(request, name)
            yield name
        finally:
            self._model.frontend.spk2info.pop(name, None)

    def _learn(self, request: SpeechRequest, name: str) -> None:
        """Have the model take in a recording and what is said in it.

        Raises:
            SpeechError: it could not read the recording.
            EngineError: it failed.
        """
        try:
            self._model.add_zero_shot_spk(self._system_prompt() + request.prompt_text, str(request.prompt_wav), name)
        except Exception as error:
            raise self._failures.of_listening(error) from error

    def _check(self, request: SpeechRequest) -> None:
        """Refuse what upstream would answer with an assertion or a second of silence."""
        named = request.mode is Mode.PRESET or (request.mode is Mode.INSTRUCT and self._is_version_1)
        if named and request.voice not in self.voices():
            message = f"没有预训练音色“{request.voice}”，请改用“{Mode.ZERO_SHOT}”。 No such voice here: use cloning."
            raise SpeechError(message)
        if not named and request.prompt_wav is None:
            message = "此模式需要 prompt 音频，请上传或录制。 This mode needs a prompt recording: upload or record one."
            raise SpeechError(message)
        if not named and request.prompt_wav is not None:
            check_prompt(request.prompt_wav)

    def _first_request(self) -> SpeechRequest:
        """Choose what is spoken before anybody asks.

        Raises:
            SpeechError: there is no voice to do it with.
        """
        if self._names:
            return SpeechRequest("你好。", voice=self._names[0])
        sample = self._upstream.sample()
        if sample is None:
            message = "the model has no preset voice and upstream's asset/zero_shot_prompt.wav is not in this image: nothing can be tried"
            raise SpeechError(message)
        return SpeechRequest("你好。", Mode.ZERO_SHOT, prompt_text=SAMPLE_TEXT, prompt_wav=sample)


class _Jobs:
    """The inner model's thread for one sentence: how it ended, and that it has ended."""

    def __init__(self, inner: Any) -> None:
        """Wrap ``inner.llm_job``."""
        self.failure: Exception | None = None
        self._inner = inner
        self._original = inner.llm_job
        self._thread: threading.Thread | None = None
        self._unwanted = False
        inner.llm_job = self._run

    def begin(self) -> None:
        """Expect a thread."""
        self.failure, self._thread, self._unwanted = None, None, False

    @property
    def began(self) -> bool:
        """Whether the model got as far as its thread."""
        return self._thread is not None

    def end(self) -> None:
        """Have the thread end, if the reply was not read to its end, and drop what it left in the model."""
        self._unwanted = True
        for name in OF_A_REQUEST:  # its next token finds nowhere to go, and ends it
            getattr(self._inner, name, {}).clear()
        if self._thread is not None:
            self._thread.join()
        for name in OF_A_REQUEST:
            getattr(self._inner, name, {}).clear()

    def _run(self, *arguments: Any, **named: Any) -> None:
        """Do the thread's work, and end the reply if it fails."""
        self._thread = threading.current_thread()
        try:
            self._original(*arguments, **named)
        except Exception as error:  # a thread's exception has nobody above it; the reader of the reply raises it
            if not self._unwanted:
                self.failure = error
                self._inner.llm_end_dict[named.get("uuid", arguments[-1] if arguments else "")] = True
