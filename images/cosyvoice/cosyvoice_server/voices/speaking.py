"""Speaking with a teacher's voice: as long as consent holds, and announced where the campus asks for it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from cosyvoice_server.campus import Caller
from cosyvoice_server.engines.base import Engine, Mode, Samples, SpeechError, SpeechRequest
from cosyvoice_server.labels import Label, announcement
from cosyvoice_server.voices.store import TeacherVoice, VoiceStore

NO_SUCH_VOICE = "本校区没有这个音色，请从列表中选择。 This campus has no such voice: choose one from the list."
ALLOWED = "老师同意这个声音用于：{scope}（至 {until}）。 The teacher allows this voice for: {scope} (until {until})."
WITHDRAWN = "这个音色已被撤回。 This voice has been withdrawn: choose another."


@dataclass(frozen=True)
class Spoken:
    """What an engine is asked, on whose behalf, and whose voice it is."""

    request: SpeechRequest
    caller: Caller
    store: VoiceStore | None = None
    voice: TeacherVoice | None = None
    """None: a preset voice, or a recording that came with the request."""
    notices: tuple[str, ...] = ()
    """In which ways the reply will differ from what was asked, one sentence each."""

    @property
    def voice_id(self) -> str:
        """The id that marks the reply's copy; empty without a teacher's voice."""
        return self.voice.id if self.voice else ""

    @property
    def consent(self) -> str:
        """What the teacher whose voice it is allows, for whoever uses it; empty without one."""
        return ALLOWED.format(scope=self.voice.consent.scope, until=self.voice.consent.expires_on) if self.voice else ""

    @property
    def label(self) -> Label:
        """What the reply tells a machine."""
        return Label(self.caller.audit_id, self.caller.campus, cloned=self.request.prompt_wav is not None)

    def allowed(self) -> bool:
        """Tell whether the voice may still be used; it may be withdrawn at any time."""
        return self.voice is None or self.store is None or self.store.holds(self.voice)


def names_teacher(request: SpeechRequest, engine: Engine) -> bool:
    """Tell whether a request is for a voice by a name that the engine does not have, which has to be looked up."""
    by_name = request.mode is Mode.PRESET or (request.mode is Mode.INSTRUCT and bool(request.voice) and request.prompt_wav is None)
    return by_name and request.voice not in engine.voices()


def spoken_as(request: SpeechRequest, caller: Caller, store: VoiceStore | None, engine: Engine) -> Spoken:
    """Turn a request for a teacher's voice into one that imitates its recording; others stay as they are.

    Without a store there are no voices but the engine's.

    Raises:
        SpeechError: neither the engine nor the caller's campus has the voice, or the campus may not clone any more.
    """
    if store is None or not names_teacher(request, engine):
        return Spoken(request, caller)
    voice = store.find(caller.campus, request.voice) if caller.cloning else None
    if voice is None:
        raise SpeechError(NO_SUCH_VOICE)
    mode = Mode.INSTRUCT if request.mode is Mode.INSTRUCT else Mode.ZERO_SHOT
    return Spoken(replace(request, mode=mode, prompt_text=voice.transcript, prompt_wav=voice.recording), caller, store, voice)


def synthesized(engine: Engine, spoken: Spoken) -> Iterator[Samples]:
    """Have the engine speak, after the announcement that a machine speaks where the campus asks for one.

    Raises:
        SpeechError: the request cannot be spoken, or the voice was withdrawn meanwhile.
    """
    requests = [spoken.request]
    if spoken.caller.audible_label:
        requests.insert(0, replace(spoken.request, text=announcement(spoken.request.text), stream=False, speed=1.0))
    try:
        for request in requests:
            for chunk in engine.synthesize(request):
                refuse_withdrawn(spoken)
                yield chunk
        refuse_withdrawn(spoken)
    except OSError:
        refuse_withdrawn(spoken)  # it went when the engine was about to read its recording
        raise


def refuse_withdrawn(spoken: Spoken) -> None:
    """End a reply whose voice may not be used any more.

    Raises:
        SpeechError: saying so.
    """
    if not spoken.allowed():
        raise SpeechError(WITHDRAWN)
