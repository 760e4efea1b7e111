"""What a teacher's voice may be enrolled with, and how it is kept."""

import stat
import struct
import wave
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from speech_process import recording as heard_in
from teachers import CONSENT, wav_file

from cosyvoice_server.voices import EnrolmentError, NameTakenError, VoiceStore
from cosyvoice_server.voices.store import MOST_VOICES

DAY = datetime(2026, 9, 1, 8, tzinfo=UTC)
FIELDS = CONSENT | {"consent_given_on": "2026-08-31", "consent_expires_on": "2027-07-31"}


@pytest.fixture
def clock() -> list[datetime]:
    """The time that the store believes in, last entry first."""
    return [DAY]


@pytest.fixture
def store(tmp_path: Path, clock: list[datetime]) -> VoiceStore:
    return VoiceStore(tmp_path / "voices", lambda: ("中文女", "English Woman"), lambda: clock[-1])


def test_a_voice_is_listed_and_found_on_its_own_campus_only_and_outlives_a_restart(store: VoiceStore, tmp_path: Path) -> None:
    store.enrol("north", FIELDS, wav_file())
    after_a_restart = VoiceStore(tmp_path / "voices", lambda: ("中文女",), lambda: DAY)

    assert after_a_restart.names("north") == ["王老师"], "the volume keeps it"
    assert after_a_restart.names("south") == [], "no other campus sees it"
    found = after_a_restart.find("north", "王老师")
    assert found is not None, "its campus finds it"
    assert (found.transcript, found.consent.scope) == (FIELDS["transcript"], FIELDS["consent_scope"]), "with all that was enrolled"
    assert after_a_restart.find("south", "王老师") is None, "to another campus it does not exist"


def test_what_is_kept_is_for_the_servers_eyes_only_and_never_named_after_a_person(store: VoiceStore, tmp_path: Path) -> None:
    store.enrol("north", FIELDS, wav_file())

    kept = list((tmp_path / "voices").rglob("*"))
    assert {stat.S_IMODE(path.stat().st_mode) for path in kept if path.is_file()} == {0o600}, "files are the server's alone"
    assert {stat.S_IMODE(path.stat().st_mode) for path in kept if path.is_dir()} == {0o700}, "and so are folders"
    assert not [path for path in kept if "王" in path.name], "a name is in no path"


@pytest.mark.parametrize(
    "form",
    [{"bits": 8}, {"channels": 2}, {"bits": 24, "extensible": True}, {"bits": 32, "channels": 2},
     {"bits": 32, "kind": 3, "channels": 2, "extensible": True}],
    ids=["8 bits", "stereo", "24 bits, extensible", "32 bits", "floats"],
)  # fmt: skip
def test_recordings_of_every_common_kind_are_kept_as_mono_of_16_bits(store: VoiceStore, form: dict[str, Any]) -> None:
    voice = store.enrol("north", FIELDS, wav_file(**form))

    with wave.open(str(voice.recording)) as kept:
        assert (kept.getnchannels(), kept.getsampwidth(), kept.getframerate()) == (1, 2, 24_000), "one form for every engine"
    sound = heard_in(voice.recording)
    assert sound.seconds == pytest.approx(4, abs=0.01), "nothing is lost"
    assert sound.loudness == pytest.approx(0.2 / 2**0.5, rel=0.05), "and it is as loud as it was"


WRONG_RECORDINGS: list[tuple[str, Callable[[], bytes], str]] = [
    ("no wav", lambda: b"ID3\x04 this is an mp3", "The recording is no WAV file that can be read: export it as WAV, 16-bit PCM."),
    ("nothing", lambda: b"", "The recording is no WAV file that can be read: export it as WAV, 16-bit PCM."),
    ("compressed", lambda: wav_file(kind=2), "The recording is no WAV file that can be read: export it as WAV, 16-bit PCM."),
    ("cut off", lambda: wav_file()[:-9000], "The recording is cut off: its header tells more sound than there is. Export it again."),
    (
        "coarse",
        lambda: wav_file(rate=8000),
        "The recording has 8000 samples a second and needs 16000 to 192000: record with 24000 or more.",
    ),
    ("short", lambda: wav_file(seconds=2), "The recording lasts 2.0 s and must last 3 to 30 s: read one or two sentences."),
    ("long", lambda: wav_file(seconds=31), "The recording lasts 31.0 s and must last 3 to 30 s: read one or two sentences."),
    ("silent", lambda: wav_file(loudness=0.001), "The recording is silent: check the microphone and speak closer to it."),
    (
        "no numbers",
        lambda: wav_file(bits=32, kind=3, loudness=float("nan")),
        "The recording is silent: check the microphone and speak closer to it.",
    ),
]


@pytest.mark.parametrize(("file", "sentence"), [case[1:] for case in WRONG_RECORDINGS], ids=[case[0] for case in WRONG_RECORDINGS])
def test_a_recording_that_cannot_be_imitated_is_refused_with_what_to_do(
    store: VoiceStore, tmp_path: Path, file: Callable[[], bytes], sentence: str
) -> None:
    with pytest.raises(EnrolmentError) as refusal:
        store.enrol("north", FIELDS, file())

    assert str(refusal.value) == sentence, "the teacher is told what to do"
    assert not (tmp_path / "voices").exists(), "nothing of it is kept"


@pytest.mark.parametrize(
    "change",
    [
        {"name": "../north"}, {"name": ""}, {"name": "a" * 41}, {"name": "王\u202e老师"}, {"name": "7"}, {"name": "王  老师"},
        {"transcript": " "}, {"consent_given_by": None}, {"consent_scope": ""},
        {"consent_given_on": "2026-09-02"}, {"consent_given_on": "yesterday"},
        {"consent_expires_on": "2026-09-01"}, {"consent_expires_on": "2030-09-01"}, {"consent_expires_on": None},
    ],
    ids=str,
)  # fmt: skip
def test_a_field_that_is_wrong_is_named_with_its_rule(store: VoiceStore, change: dict[str, Any]) -> None:
    with pytest.raises(EnrolmentError) as refusal:
        store.enrol("north", FIELDS | change, wav_file())

    (field,) = change
    assert str(refusal.value).startswith(f"{field} must" if field.startswith("consent") else f"The {field} must"), "it is named"
    assert str(refusal.value).count(" must ") == 1, "and no other"
    assert store.names("north") == [], "nothing is enrolled"


def test_everything_that_is_wrong_is_told_at_once(store: VoiceStore) -> None:
    with pytest.raises(EnrolmentError) as refusal:
        store.enrol("north", {}, wav_file())

    assert str(refusal.value).count(" must ") == 6, "one sentence a field"


@pytest.mark.parametrize("name", ["Wáng lǎoshī", "阿依古丽·买买提", "Anne-Marie O'Neill", "王老师 2"])
def test_people_are_called_what_they_are_called(store: VoiceStore, name: str) -> None:
    store.enrol("north", FIELDS | {"name": name}, wav_file())

    assert store.names("north") == [name], "names of any script are taken"


def test_a_name_that_is_in_the_list_already_is_refused(store: VoiceStore) -> None:
    store.enrol("north", FIELDS | {"name": "José"}, wav_file())

    for taken, sentence in {
        "JOSE\u0301": "This campus has a voice of this name: withdraw it first, or give another name.",
        "english woman": "A preset voice has this name: give another, such as the teacher's own.",
    }.items():
        with pytest.raises(NameTakenError) as refusal:
            store.enrol("north", FIELDS | {"name": taken}, wav_file())
        assert str(refusal.value) == sentence, "two voices of one name could not be told apart"
    store.enrol("south", FIELDS | {"name": "José"}, wav_file())
    assert store.names("south") == ["José"], "another campus may have a teacher of that name"


def test_a_campus_has_a_bounded_number_of_voices(store: VoiceStore) -> None:
    names = [f"teacher {number}" for number in range(MOST_VOICES)]
    for name in names:
        store.enrol("north", FIELDS | {"name": name}, wav_file(rate=16_000, seconds=3))

    with pytest.raises(NameTakenError, match="may have 50: withdraw one"):
        store.enrol("north", FIELDS, wav_file())
    store.withdraw("north", names[0])
    store.enrol("north", FIELDS, wav_file())
    assert len(store.names("north")) == MOST_VOICES, "a voice that goes makes room for another"


def test_a_consent_that_is_over_ends_the_voice_by_itself(store: VoiceStore, tmp_path: Path, clock: list[datetime]) -> None:
    voice = store.enrol("north", FIELDS, wav_file())
    clock.append(datetime(2027, 7, 31, 23, 59, tzinfo=UTC))
    assert store.expire() == [], "the last day of a consent still counts"
    assert store.holds(voice), "and the voice may be spoken with"

    clock.append(clock[-1] + timedelta(minutes=1))

    assert (store.names("north"), store.find("north", "王老师")) == ([], None), "from then on it is neither listed nor found"
    assert not store.holds(voice), "and what is being spoken with it ends"
    assert store.expire() == [voice.id], "the next sweep removes it"
    assert [path.name for path in tmp_path.rglob("*") if path.suffix in (".wav", ".json")] == [], "recording and record are off the disk"


def test_a_voice_that_a_restored_backup_brings_back_stays_withdrawn(store: VoiceStore) -> None:
    voice = store.enrol("north", FIELDS, wav_file())
    backup = {path: path.read_bytes() for path in voice.recording.parent.iterdir()}
    store.withdraw("north", "王老师")
    voice.recording.parent.mkdir()
    for path, content in backup.items():
        path.write_bytes(content)

    assert store.names("north") == [], "it is not listed"
    assert store.expire() == [voice.id], "and is removed again"
    assert not voice.recording.exists(), "from the disk too"


def test_an_enrolment_that_was_interrupted_leaves_nothing(store: VoiceStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store.enrol("north", FIELDS | {"name": "Li"}, wav_file())

    def full(*_: Path) -> Path:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", full)
        with pytest.raises(OSError, match="No space"):
            store.enrol("north", FIELDS, wav_file())

    assert store.names("north") == ["Li"], "a voice is there whole or not at all"
    assert len(list((tmp_path / "voices").rglob("*.wav"))) == 1, "and no part of its recording"


def test_a_damaged_voice_hides_no_other_and_is_told_to_the_operator(store: VoiceStore, caplog: pytest.LogCaptureFixture) -> None:
    damaged = store.enrol("north", FIELDS, wav_file())
    store.enrol("north", FIELDS | {"name": "Li"}, wav_file())
    (damaged.recording.parent / "enrolment.json").write_text("{")

    assert store.names("north") == ["Li"], "the others are there"
    assert store.expire() == [], "nothing is removed that could be restored"
    assert caplog.messages == [f"voice {damaged.id} of campus north is damaged: restore it, or remove its folder"], "the operator learns it"


def test_the_extra_that_an_editor_writes_into_a_file_is_not_kept(store: VoiceStore) -> None:
    file = wav_file()
    secret = b"LIST" + struct.pack("<I", 18) + b"INFOIART" + struct.pack("<I", 6) + b"Wang\0\0"
    with_secret = file[:12] + secret + file[12:]

    voice = store.enrol("north", FIELDS, with_secret)

    assert b"Wang" not in voice.recording.read_bytes(), "only the sound is kept"
    assert np.isclose(heard_in(voice.recording).seconds, 4), "all of it"
