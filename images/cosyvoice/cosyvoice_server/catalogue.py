"""The voices that a listener may choose from."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from cosyvoice_server.campus import Caller
from cosyvoice_server.engines.base import Engine
from cosyvoice_server.text import Language, language_of
from cosyvoice_server.voices.store import VoiceStore

PRESET_LANGUAGES = {"中文": "zh", "英文": "en", "日语": "ja", "粤语": "yue", "韩语": "ko"}
"""BCP 47 tags, by what CosyVoice's own names of its preset voices begin with."""


class Voice(BaseModel):
    """A voice that a campus may speak with."""

    name: Annotated[str, Field(description="What requests call it.")]
    kind: Annotated[Literal["preset", "teacher"], Field(description="The engine's own, or enrolled by a teacher of this campus.")]
    language: Annotated[str | None, Field(description="Its mother tongue as a BCP 47 tag, where it is known.")]
    consent_scope: Annotated[str | None, Field(description="What the teacher allows it to be used for, in their words.")] = None
    consent_expires_on: Annotated[date | None, Field(description="The last day on which the teacher allows it.")] = None


class Catalogue:
    """The engine's voices and each campus's own."""

    def __init__(self, engine: Engine, teachers: VoiceStore) -> None:
        self._engine = engine
        self._teachers = teachers

    def of(self, caller: Caller) -> list[Voice]:
        """List the voices a caller may use, the default first."""
        presets = [Voice(name=name, kind="preset", language=PRESET_LANGUAGES.get(name[:2])) for name in self._engine.voices()]
        return [*presets, *(self._enrolled(caller.campus) if caller.cloning else ())]

    def _enrolled(self, campus: str) -> list[Voice]:
        """List the voices of a campus's teachers; each is taken to speak the language of its recording."""
        found = [self._teachers.find(campus, name) for name in self._teachers.names(campus)]
        return [
            Voice(
                name=voice.name,
                kind="teacher",
                language=language_of(voice.transcript, Language.CHINESE),
                consent_scope=voice.consent.scope,
                consent_expires_on=voice.consent.expires_on,
            )
            for voice in found
            if voice is not None
        ]
