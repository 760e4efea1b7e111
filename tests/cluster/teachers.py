"""Teachers who lend a campus their voices as the guide says, and programs that have them speak."""

import io
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import av
import httpx

from operations.voice.audio import decode
from tests.cluster.framework import StackUnderTest, run
from tests.cluster.guides import commands

GUIDE: Final = "enrol-a-teachers-voice.md"
CAMPUS: Final = "south"
"""The campus of the `dev` stack that allows it."""

TEACHER: Final = "王老师"
"""The guide's own example, as all the rest of what a teacher writes."""

SCOPE: Final = "Reading lessons aloud to the pupils of the north campus"
RECORDING: Final = "teacher.wav"
STUDIO: Final = 96_000
"""Samples a second: the file of a good microphone, which is more than Envoy holds of a request (1 MiB)."""

PATIENCE: Final = 120.0
"""Seconds that a program waits for the beginning of a sentence while others use the machine."""


@dataclass(frozen=True)
class Told:
    """What curl showed."""

    status: int
    words: str


class Enrolment:
    """The guide to teachers' voices, followed on the campuses of a stack."""

    def __init__(self, stack: StackUnderTest, environment: Mapping[str, str], folder: Path) -> None:
        self._environment, self.folder = environment, folder
        told = stack.pulumi("stack", "output", "--show-secrets", "--json", "enrolmentKeys")
        assert told.returncode == 0, f"the operator reads the keys: {told.stderr}"
        self.keys: Mapping[str, str] = json.loads(told.stdout)
        self._domain: str = stack.outputs()["domain"]

    def record(self, pupil: httpx.Client) -> None:
        """Make the recording of a teacher, who is the speech server itself."""
        transcript = re.search(r"transcript='(.*?)'", commands(GUIDE, "Enrolling", 1, changes={}))
        assert transcript, "the guide says what is read"
        reply = spoken(pupil, transcript[1], voices(pupil)[0]["name"]).raise_for_status()
        decode(reply.content, STUDIO).write_wav(self.folder / RECORDING)

    def enrol(self, campus: str = CAMPUS, *, key: str | None = None, name: str = TEACHER) -> Told:
        """Enrol the voice of the recording in the folder."""
        dates = {"2026-09-01": "$(date -u +%F)", "2027-07-31": "$(date -u -d '30 days' +%F)"}
        changes = {**self._host(campus), **dates, TEACHER: name}
        return self._followed(campus, key, commands(GUIDE, "Enrolling", 1, changes=changes))

    def withdraw(self, campus: str = CAMPUS, *, key: str | None = None, name: str = TEACHER) -> Told:
        """Withdraw a voice."""
        changes = {**self._host(campus), quote(TEACHER): quote(name)}
        return self._followed(campus, key, commands(GUIDE, "Withdrawing", changes=changes))

    def _host(self, campus: str) -> Mapping[str, str]:
        return {"north.voice.example.org": f"{campus}.{self._domain}"}

    def _followed(self, campus: str, key: str | None, words: str) -> Told:
        before = commands(GUIDE, "Enrolling", changes={"north-tls": f"{campus}-tls"})
        typed = self.keys[CAMPUS] if key is None else key
        done = run(
            *("bash", "-ec", before + words),
            environment=self._environment,
            cwd=self.folder,
            typed=f"{typed}\n",
        )
        assert done.returncode == 0, f"the guide's commands run: {done.stdout}{done.stderr}"
        answer, _, status = done.stdout.strip().rpartition("\n")
        return Told(int(status), answer)


def voices(pupil: httpx.Client) -> list[dict[str, Any]]:
    """The voices that a campus's programs find."""
    found: list[dict[str, Any]] = pupil.get("/v1/voices").raise_for_status().json()["voices"]
    return found


def spoken(pupil: httpx.Client, text: str, voice: str, form: str = "wav") -> httpx.Response:
    """The answer to a program that has a text spoken."""
    asked = {"model": "tts-1", "input": text, "voice": voice, "response_format": form}
    return pupil.post("/v1/audio/speech", json=asked, timeout=PATIENCE)


def tags(audio: bytes) -> Mapping[str, str]:
    """What a file of audio says of itself to a player that knows nothing of us."""
    with av.open(io.BytesIO(audio), mode="r") as file:
        return dict(file.metadata)
