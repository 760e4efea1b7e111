"""Only the sentence that was asked for counts as spoken."""

import math
import random
from array import array
from hashlib import shake_128
from pathlib import Path

import pytest

from operations.errors import OperationError
from operations.smoke.proof import prove
from operations.smoke.recogniser import RATE, heard_digits
from operations.smoke.sentence import DECOYS, LENGTH, Sentence, draw, draw_decoys, edit_distance, judge
from operations.voice.audio import Sound, decode

SPOKEN = Sentence("40172935")
REPLY = (Path(__file__).parent / f"spoken_{SPOKEN.digits}.aac").read_bytes()
"""A streamed reply of the speech server to SPOKEN.text."""

ANNOUNCED = (Path(__file__).parent / f"announced_{SPOKEN.digits}.aac").read_bytes()
"""The same from a campus with `audibleLabel`: it says first that a machine speaks."""


def refused(sound: Sound, sentence: Sentence = SPOKEN) -> str:
    """Why `sound` does not count as `sentence`."""
    with pytest.raises(OperationError) as refusal:
        prove(sound, sound, sentence, draw_decoys(random.SystemRandom(), sentence), "north.wav")
    return str(refusal.value)


def tone(seconds: float, height: int) -> Sound:
    """A hum of 220 Hz."""
    wave = (round(height * math.sin(2 * math.pi * 220 * i / RATE)) for i in range(int(seconds * RATE)))
    return Sound(RATE, array("h", wave))


def noise(seconds: float) -> Sound:
    """The same hiss every time."""
    samples = array("h", shake_128(b"hiss").digest(2 * int(seconds * RATE)))
    return Sound(RATE, array("h", (sample // 4 for sample in samples)))


def test_the_sentence_that_was_spoken_is_heard() -> None:
    sound = decode(REPLY, RATE)
    verdict = prove(decode(REPLY), sound, SPOKEN, draw_decoys(random.SystemRandom(), SPOKEN), "north.wav")
    assert verdict.heard == SPOKEN.digits, "a clear voice is heard digit by digit"
    assert sound.seconds == pytest.approx(decode(REPLY).seconds, abs=2e-4), "nothing is lost on the way"
    assert heard_digits(sound.samples) == verdict.heard, "the same sound is always heard the same"


def test_the_sentence_is_heard_behind_the_words_that_announce_it() -> None:
    sound, decoys = decode(ANNOUNCED, RATE), draw_decoys(random.SystemRandom(), SPOKEN)
    verdict = prove(decode(ANNOUNCED), sound, SPOKEN, decoys, "north.wav", announced=True)
    assert verdict.heard == SPOKEN.digits, "what the announcement sounds like is no part of the sentence"
    assert verdict.before, "the grammar hears digits in the announcement too"
    with pytest.raises(OperationError, match=f"{verdict.before}{SPOKEN.digits} was heard"):
        prove(decode(ANNOUNCED), sound, SPOKEN, decoys, "north.wav")


def test_an_announcement_has_a_length_too() -> None:
    endless = tone(25, 9000)
    with pytest.raises(OperationError, match=r"25\.0 s long, and 8 digits and an announcement 1\.2 to 24\.0"):
        prove(
            endless, endless, SPOKEN, draw_decoys(random.SystemRandom(), SPOKEN), "north.wav", announced=True
        )


@pytest.mark.parametrize("reply", [REPLY, ANNOUNCED], ids=["plain", "announced"])
def test_no_other_sentence_is_heard_in_it(reply: bytes) -> None:
    heard, source = heard_digits(decode(reply, RATE).samples), random.SystemRandom()
    others = [Sentence(f"{number * 49_979_687 % 10**LENGTH:0{LENGTH}d}") for number in range(2000)]
    verdicts = [
        judge(other, heard, draw_decoys(source, other), announced=reply is ANNOUNCED) for other in others
    ]
    taken = [verdict.spoken for verdict in verdicts if verdict.proven]
    assert not taken, f"a reply to one sentence is no proof of another; it passed for {taken}"


def test_a_reply_to_another_sentence_is_refused_with_both() -> None:
    words = refused(decode(REPLY, RATE), Sentence("99999999"))
    assert "99999999 was to be spoken and 40172935 was heard" in words, "what was heard is told"
    assert "Listen to the file" in words, "a person can judge for themselves"


def test_silence_is_no_sentence() -> None:
    assert "its loudness is -100 dBFS, but speech is above -45" in refused(tone(4, 0)), "silence is called so"


@pytest.mark.parametrize("sound", [tone(4, 9000), noise(4)], ids=["hum", "hiss"])
def test_a_sound_that_is_not_speech_is_no_sentence(sound: Sound) -> None:
    assert f"{SPOKEN.digits} was to be spoken and" in refused(sound), "only speech counts as speech"


@pytest.mark.parametrize("seconds", [0.1, 60])
def test_a_reply_much_shorter_or_longer_than_a_sentence_is_refused(seconds: float) -> None:
    assert "8 digits 1.2 to 12.0" in refused(tone(seconds, 9000)), (
        "the length that was to be expected is told"
    )


@pytest.mark.parametrize(
    ("heard", "proven"),
    [
        ("40172935", True),
        ("740172935", True),
        ("4017293", True),
        ("41172965", True),
        ("41132965", False),
        ("", False),
    ],
)
def test_up_to_two_misheard_digits_are_forgiven(*, heard: str, proven: bool) -> None:
    decoys = [Sentence(str(digit) * LENGTH) for digit in range(DECOYS)]
    verdict = judge(SPOKEN, heard, decoys)
    assert verdict.proven is proven, (
        f"{verdict.wrong} wrong digits of {LENGTH}: two are forgiven, three are not"
    )


def test_what_is_as_near_to_a_decoy_is_no_proof() -> None:
    decoy = Sentence("40172977")
    assert not judge(SPOKEN, "40172937", [decoy]).proven, "the sentence must be the nearest of all"


def test_every_run_asks_for_another_sentence_with_decoys_of_its_own() -> None:
    source = random.SystemRandom()
    drawn = [draw(source) for _ in range(20)]
    assert len(set(drawn)) == len(drawn), "a recording of an earlier run must not pass"
    decoys = draw_decoys(source, drawn[0])
    assert len(decoys) == DECOYS, "as many decoys as the error rates were measured with"
    assert drawn[0] not in decoys, "the sentence is no decoy of itself"


def test_a_sentence_is_words_with_pauses() -> None:
    assert Sentence("407").text == "Four, zero, seven.", (
        "the engine is given words, so that each digit is said alone"
    )


@pytest.mark.parametrize(
    ("first", "second", "distance"),
    [("", "", 0), ("123", "123", 0), ("123", "", 3), ("123", "13", 1), ("123", "1423", 1), ("12", "21", 2)],
)
def test_wrong_digits_are_counted_as_edits(first: str, second: str, distance: int) -> None:
    assert edit_distance(first, second) == edit_distance(second, first) == distance, "Levenshtein's distance"


def test_a_recording_is_kept_as_a_wav_that_says_the_same(tmp_path: Path) -> None:
    sound = decode(REPLY)
    sound.write_wav(tmp_path / "new" / "north.wav")
    kept = decode((tmp_path / "new" / "north.wav").read_bytes())
    assert (kept.rate, kept.samples) == (sound.rate, sound.samples), (
        "the file is the recording, sample by sample"
    )
    assert -30 < sound.loudness < -15, "a spoken sentence is some 20 dB below full scale"


def test_what_is_no_audio_is_said_to_be_none() -> None:
    with pytest.raises(ValueError, match="6 bytes are no audio"):
        decode(b"<html>")
