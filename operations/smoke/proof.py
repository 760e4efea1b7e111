"""One campus put to the proof: it speaks a fresh sentence, and what comes back is that sentence."""

import random
import uuid
from dataclasses import dataclass
from pathlib import Path

from operations.errors import OperationError
from operations.outputs import Campus
from operations.smoke.recogniser import RATE, heard_digits
from operations.smoke.sentence import MOST_WRONG, Sentence, Verdict, draw, draw_decoys, judge
from operations.voice.audio import Sound, decode
from operations.voice.connection import address_of, client
from operations.voice.gradio import Conversation, Recording

QUIETEST = -45.0
"""dBFS below which a recording counts as silence; a voice is some 20 dB louder."""

SECONDS_PER_DIGIT = (0.15, 1.5)
"""How short and how long a spoken digit may be; measured were 0.35 to 0.5 s with pause."""

LONGEST_ANNOUNCEMENT = 12.0
"""Seconds that the words may take by which each reply says that a machine speaks; measured were 4.5."""

LONGEST_SILENCE = 60.0
"""Seconds without a byte after which a connection is given up; an event stream has a heartbeat every 15 s."""


@dataclass(frozen=True)
class Listening:
    """How the campuses of one run are listened to."""

    source: random.Random
    folder: Path
    """Where the WAV files go."""

    address: str | None
    """Address to connect to instead of where the campuses' names lead."""

    deadline: float
    """Seconds a sentence may take."""


@dataclass(frozen=True)
class Spoken:
    """A campus that spoke, and the evidence."""

    request_id: str
    voice: str
    verdict: Verdict
    seconds: float
    """How long the recording lasts."""

    loudness: float
    """Of the recording, in dBFS."""

    first_audio: float
    total: float
    file: Path


def have_spoken(name: str, campus: Campus, ca: str | None, listening: Listening) -> Spoken:
    """Have a fresh sentence spoken by one campus and prove that the reply is that sentence.

    Raises:
        NoVoiceError: it has no voice yet, so there is nothing to prove.
        OperationError: what of it is not so, why, and what to do.
    """
    sentence = draw(listening.source)
    request_id = str(uuid.UUID(int=listening.source.getrandbits(128), version=4))
    with client(
        campus.url,
        address=address_of(campus.host, listening.address),
        ca=ca,
        request_id=request_id,
        silence=LONGEST_SILENCE,
    ) as connection:
        recording = Conversation(connection, listening.deadline).speak(sentence.text)
    file = listening.folder / f"{name}.wav"
    sound = _heard(campus.host, recording)
    sound.write_wav(file)
    decoys = draw_decoys(listening.source, sentence)
    return Spoken(
        request_id=request_id,
        voice=recording.voice,
        verdict=prove(
            sound,
            decode(recording.audio, RATE),
            sentence,
            decoys,
            subject=f"{campus.host} ({file})",
            announced=campus.audible_label,
        ),
        seconds=sound.seconds,
        loudness=sound.loudness,
        first_audio=recording.first_audio,
        total=recording.total,
        file=file,
    )


def prove(
    sound: Sound,
    for_model: Sound,
    sentence: Sentence,
    decoys: list[Sentence],
    subject: str,
    *,
    announced: bool = False,
) -> Verdict:
    """That `sound` is `sentence` spoken aloud; `for_model` is the same sound at the recogniser's rate.

    Where it is `announced`, the sound says first that a machine speaks.

    Raises:
        OperationError: it is too short, too long, silent, or another sentence.
    """
    shortest, longest = (len(sentence.digits) * seconds for seconds in SECONDS_PER_DIGIT)
    expected = f"{len(sentence.digits)} digits"
    if announced:
        longest, expected = longest + LONGEST_ANNOUNCEMENT, f"{expected} and an announcement"
    if not shortest <= sound.seconds <= longest:
        raise OperationError(
            f"{subject} is not the sentence",
            f"{sound.seconds:.1f} s long, and {expected} {shortest:.1f} to {longest:.1f}",
            "Listen to the file, and run `make logs COMPONENT=server`.",
        )
    if sound.loudness < QUIETEST:
        raise OperationError(
            f"{subject} is silence",
            f"its loudness is {sound.loudness:.0f} dBFS, but speech is above {QUIETEST:.0f}",
            "Listen to the file, and run `make logs COMPONENT=server`.",
        )
    verdict = judge(sentence, heard_digits(for_model.samples), decoys, announced=announced)
    if not verdict.proven:
        raise OperationError(
            f"{subject} is not the sentence",
            f"{verdict.spoken} was to be spoken and {verdict.before}{verdict.heard or 'no digit'} was heard: "
            f"{verdict.wrong} digits wrong where {MOST_WRONG} may be, and {verdict.nearest_decoy} "
            "from a random sentence",
            "Listen to the file; if it says the right digits, run this again with fresh ones.",
        )
    return verdict


def _heard(host: str, recording: Recording) -> Sound:
    """The recording as sound, at its own rate."""
    try:
        return decode(recording.audio)
    except ValueError as error:
        raise OperationError(
            f"{host} does not speak", str(error), "Run `make logs COMPONENT=server` to see why."
        ) from error
