"""The voices volume: a folder a campus, in it a folder a voice.

A voice's folder has an id and not a name, so that a name is never a path. Nothing is held in memory: what is withdrawn by one
server is gone for every other that shares the volume.
"""

import contextlib
import fcntl
import logging
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from cosyvoice_server.campus import CAMPUS_RULE
from cosyvoice_server.voices import recording
from cosyvoice_server.voices.consent import Consent, Enrolment, EnrolmentError, enrolment, normalized

MOST_VOICES = 50
"""Voices of one campus: each one is in every list that a listener walks through."""
ID = re.compile(r"v[0-9a-f]{16}")
LOCK, WITHDRAWN = ".lock", ".withdrawn"
RECORDING, RECORD = "recording.wav", "enrolment.json"
LOG = logging.getLogger(__name__)


class NameTakenError(EnrolmentError):
    """The campus has such a voice, or no room for another."""


@dataclass(frozen=True)
class TeacherVoice:
    """A voice that is enrolled."""

    id: str
    """Names it in logs and files, which never hold the teacher's name."""
    campus: str
    name: str
    transcript: str
    consent: Consent
    recording: Path
    """Mono 16-bit WAV, gone as soon as the voice is withdrawn."""


class VoiceStore:
    """The voices of every campus, on a volume of their own."""

    def __init__(
        self, folder: Path, engine_voices: Callable[[], Sequence[str]], now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        """Keep voices in ``folder``; no teacher's voice may be called like one of ``engine_voices``."""
        self._folder = folder
        self._engine_voices = engine_voices
        self._now = now

    def names(self, campus: str) -> list[str]:
        """Name the voices of a campus, in the order of their names."""
        return sorted(voice.name for voice in self._voices(campus))

    def find(self, campus: str, name: str) -> TeacherVoice | None:
        """Find a voice of a campus by its name, whatever case it is written in."""
        return next((voice for voice in self._voices(campus) if same(voice.name, name)), None)

    def enrol(self, campus: str, fields: Mapping[str, Any], file: bytes) -> TeacherVoice:
        """Keep a voice for good; it is there whole or not at all.

        Args:
            campus: where it will be spoken, and nowhere else.
            fields: name, transcript and consent, as ``consent.enrolment`` takes them.
            file: the recording, a WAV file.

        Raises:
            EnrolmentError: a field or the recording is wrong, or the name is taken (``NameTakenError``).
            OSError: the volume is full or cannot be written.
        """
        record = enrolment(fields, self._now())
        sound = recording.checked(file)
        with self._locked(campus) as folder:
            self._refuse_taken(campus, record.name)
            voice_id = f"v{secrets.token_hex(8)}"
            partial = folder / f".{voice_id}"
            try:
                partial.mkdir(0o700)
                write(partial / RECORDING, sound)
                write(partial / RECORD, record.model_dump_json().encode())
                partial.rename(folder / voice_id)
            except OSError:
                shutil.rmtree(partial, ignore_errors=True)
                raise
            settle(folder)
        return self._voice(campus, folder / voice_id, record)

    def withdraw(self, campus: str, name: str) -> TeacherVoice | None:
        """Remove a voice at once, and return what it was; nothing when the campus has none of that name."""
        voice = self.find(campus, name)
        if voice is not None:
            with self._locked(campus) as folder:
                remove(folder, voice.id)
        return voice

    def forget(self, campus: str) -> int:
        """Remove every voice of a campus that has left, damaged ones too, and what else lies beside them; return how many they were.

        Raises:
            OSError: the volume cannot be written.
        """
        if not (self._folder / campus).is_dir():
            return 0
        with self._locked(campus) as folder:
            going = self._folders(campus)
            for voice in going:
                remove(folder, voice.name)
            for other in folder.iterdir():
                if other.name != LOCK and other.suffix != WITHDRAWN:
                    erase(other)
        return len(going)

    def holds(self, voice: TeacherVoice) -> bool:
        """Tell whether a voice that was found may still be spoken with: neither withdrawn, on any server, nor expired."""
        return voice.recording.exists() and voice.consent.holds(self._today())

    def expire(self) -> list[str]:
        """Remove the voices whose consent is over, and what an interrupted removal or a restored backup left; return their ids."""
        gone: list[str] = []
        for campus in self.campuses():
            with self._locked(campus) as own:
                for folder in self._folders(campus):
                    record = read(folder)
                    if folder.with_suffix(WITHDRAWN).exists() or (record is not None and not record.consent.holds(self._today())):
                        remove(own, folder.name)
                        gone.append(folder.name)
                    elif record is None:
                        LOG.error("voice %s of campus %s is damaged: restore it, or remove its folder", folder.name, campus)
        return gone

    def campuses(self) -> list[str]:
        """Name the campuses that have or had voices."""
        return sorted(folder.name for folder in self._folder.glob("*/") if CAMPUS_RULE.fullmatch(folder.name))

    def withdrawn(self, campus: str) -> frozenset[str]:
        """List the ids of every voice that a campus has ever taken back."""
        return frozenset(mark.stem for mark in (self._folder / campus).glob(f"*{WITHDRAWN}"))

    def _voices(self, campus: str) -> Iterator[TeacherVoice]:
        """Read the voices that may be spoken with."""
        for folder in self._folders(campus):
            record = read(folder)
            if record is not None and record.consent.holds(self._today()) and not folder.with_suffix(WITHDRAWN).exists():
                yield self._voice(campus, folder, record)

    def _voice(self, campus: str, folder: Path, record: Enrolment) -> TeacherVoice:
        return TeacherVoice(folder.name, campus, record.name, record.transcript, record.consent, folder / RECORDING)

    def _folders(self, campus: str) -> list[Path]:
        """List the folders of a campus's voices."""
        return [folder for folder in (self._folder / campus).glob("v*") if ID.fullmatch(folder.name)]

    def _refuse_taken(self, campus: str, name: str) -> None:
        """Refuse a name that the list of this campus has, or a voice beyond the most it may have.

        Raises:
            NameTakenError: saying which.
        """
        if any(same(name, preset) for preset in self._engine_voices()):
            message = "A preset voice has this name: give another, such as the teacher's own."
            raise NameTakenError(message)
        names = self.names(campus)
        if any(same(name, taken) for taken in names):
            message = "This campus has a voice of this name: withdraw it first, or give another name."
            raise NameTakenError(message)
        if len(names) >= MOST_VOICES:
            message = f"This campus has {len(names)} voices and may have {MOST_VOICES}: withdraw one that is not used any more."
            raise NameTakenError(message)

    @contextlib.contextmanager
    def _locked(self, campus: str) -> Iterator[Path]:
        """Keep every other enrolment of a campus waiting, on all servers of the volume."""
        folder = self._folder / campus
        folder.mkdir(0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(folder / LOCK, os.O_CREAT | os.O_RDWR, 0o600)) as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            for left in folder.glob(".v*"):  # of an enrolment or a removal that was interrupted
                shutil.rmtree(left)
            yield folder

    def _today(self) -> date:
        return self._now().date()


def read(folder: Path) -> Enrolment | None:
    """Read what a voice was enrolled with; nothing when that is damaged, or gone by now."""
    with contextlib.suppress(OSError, ValidationError):
        return Enrolment.model_validate_json((folder / RECORD).read_bytes())
    return None


def remove(folder: Path, voice_id: str) -> None:
    """Remove a voice: first a mark that it is gone, which also outlives a restored backup, then its place, then its bytes."""
    write(folder / f"{voice_id}{WITHDRAWN}", b"")
    settle(folder)
    going = folder / f".{voice_id}"
    with contextlib.suppress(FileNotFoundError):  # another server was faster
        (folder / voice_id).rename(going)
        shutil.rmtree(going)
        settle(folder)


def erase(path: Path) -> None:
    """Remove a file, or a folder with all that is in it."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def same(one: str, other: str) -> bool:
    """Tell whether two names are the same to a person who hears them."""
    return str(normalized(one)).casefold() == str(normalized(other)).casefold()


def write(path: Path, content: bytes) -> None:
    """Write a file that only the server may read, and wait until it is on the volume."""
    with os.fdopen(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def settle(folder: Path) -> None:
    """Wait until the names in a folder are on the volume."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
