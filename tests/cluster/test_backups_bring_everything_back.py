"""Recordings and voices come back, byte for byte and with their names, from backups that nobody else can read."""

import json
import os
import time
from array import array
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from operations.smoke.proof import QUIETEST
from operations.voice.audio import Sound, decode
from tests.cluster.backups import CLAIM, NAMESPACE, PYTHON, SECRET, VOICES, Backups, Reader
from tests.cluster.framework import Kubectl, StackUnderTest, run, wait_until
from tests.cluster.school import School
from tests.cluster.store import BUCKET, FOLDER, s3_store
from tests.cluster.teachers import CAMPUS, RECORDING, SCOPE, TEACHER, Enrolment, spoken, voices

ANOTHER = "李老师"
PASSWORD = "the password that only the operator knows"
LARGE = 1_000_000
REPOSITORY = "/backup/voice"


@pytest.fixture(scope="module")
def stack(deployed: StackUnderTest) -> Iterator[StackUnderTest]:
    """The `dev` stack, whose backup each test sets up anew and which has none afterwards."""
    with deployed.as_before():
        yield deployed


@pytest.fixture
def pupil(school: School) -> Iterator[httpx.Client]:
    with school.pupil(CAMPUS) as program:
        yield program


@pytest.fixture
def enrolment(
    stack: StackUnderTest, environment: dict[str, str], pupil: httpx.Client, tmp_path: Path
) -> Enrolment:
    made = Enrolment(stack, environment, tmp_path)
    made.record(pupil)
    return made


@pytest.fixture
def backups(
    stack: StackUnderTest, kubectl: Kubectl, environment: dict[str, str], enrolment: Enrolment
) -> Iterator[Backups]:
    """The backups of the stack, with a Secret, a recording and a voice; after the test nothing is left."""
    made = Backups(stack, kubectl, environment)
    kubectl("-n", NAMESPACE, "create", "secret", "generic", SECRET, f"--from-literal=password={PASSWORD}")
    try:
        told = enrolment.enrol()
        assert told.status == 201, f"a teacher enrols: {told}"
        yield made
    finally:
        made.lose_every_file()
        made.forget_runs()
        kubectl("-n", NAMESPACE, "delete", f"secret/{SECRET}", f"pvc/{CLAIM}", "--ignore-not-found")


@contextmanager
def reader_of_the_backups(kubectl: Kubectl, folder: Path) -> Iterator[Reader]:
    """A pod that sees the volume with the backups."""
    server = kubectl.live(NAMESPACE, "deployment", "cosyvoice")["spec"]["template"]["spec"]
    container = {
        "name": "reader",
        "image": server["containers"][0]["image"],
        "command": [PYTHON, "-c", "import signal; signal.pause()"],
        "securityContext": server["containers"][0]["securityContext"],
        "volumeMounts": [{"name": "backup", "mountPath": "/backup"}],
    }
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "reader", "namespace": NAMESPACE},
        "spec": {
            "containers": [container],
            "securityContext": server["securityContext"],
            "terminationGracePeriodSeconds": 1,
            "volumes": [{"name": "backup", "persistentVolumeClaim": {"claimName": CLAIM}}],
        },
    }
    file = folder / "reader.json"
    file.write_text(json.dumps(pod))
    try:
        kubectl("create", "-f", str(file))
        kubectl("-n", NAMESPACE, "wait", "pod/reader", "--for=condition=Ready", "--timeout=60s")
        yield Reader(kubectl, NAMESPACE, "pod/reader", "reader")
    finally:
        kubectl("-n", NAMESPACE, "delete", "pod", "reader", "--ignore-not-found")


def test_a_volume_keeps_what_may_be_kept_and_brings_back_what_was_lost(
    backups: Backups,
    enrolment: Enrolment,
    pupil: httpx.Client,
    kubectl: Kubectl,
    tmp_path: Path,
    tell: Callable[[str], None],
) -> None:
    noise = Sound(24_000, array("h", os.urandom(LARGE)))
    noise.write_wav(tmp_path / RECORDING)
    assert enrolment.enrol(name=ANOTHER).status == 201, "a second teacher enrols"
    backups.ask_for("storage: 1Gi\nverifyPercent: 100")
    assert "none yet" in backups.status()
    assert backups.run(extra=["--time", "2020-01-31 01:30:00"]), backups.why()

    with reader_of_the_backups(kubectl, tmp_path) as kept:
        assert backups.server.holds(VOICES, SCOPE), "the words of a consent are there in clear"
        assert not kept.holds("/backup", SCOPE), "nobody reads them in the backup without the password"
        whole = _size(kept)
        assert whole > LARGE, "random bytes cannot be made smaller"

        assert enrolment.withdraw(name=ANOTHER).status == 204, "the second teacher takes the consent back"
        before = backups.people_made()
        kinds = {path.removeprefix("/root/CosyVoice/").split("/")[0] for path in before}
        assert kinds == {"outputs", "voices"}, f"there is something of both kinds to lose: {before}"
        backups.follow("Make a backup now")
        assert "succeeded" in backups.status()
        snapshots = [path for path in kept.tree(REPOSITORY) if "/snapshots/" in path]
        assert len(snapshots) == 1, f"a backup that is too old goes with the next run: {snapshots}"
        left = _size(kept)
        assert left <= whole - LARGE * 95 // 100, (
            f"and with it every byte of the withdrawn voice: {whole}, then {left}"
        )

        kept.damage(REPOSITORY)
        assert not backups.run(), "a backup that could not be restored must not pass for one"
        assert "failed" in backups.status(), backups.status()
        assert " verify: " in backups.status(), "make status names the step that found it"
        kept.damage(REPOSITORY)

    began = time.monotonic()
    volume = kubectl.live(NAMESPACE, "pvc", "cosyvoice-voices-pvc")["spec"]["volumeName"]
    for block in range(4):
        backups.follow("When a volume is lost", block)
    assert kubectl.live(NAMESPACE, "pvc", "cosyvoice-voices-pvc")["spec"]["volumeName"] != volume
    assert backups.people_made() == {}, "the new volumes are empty"
    assert backups.held(), "no nightly run saves them"
    for block in range(2):
        backups.follow("Restore", block)
    assert not backups.held(), "and from the next night on it does again"
    assert backups.people_made() == before, "the same bytes of the same owner come back, voices included"
    assert_speaks(pupil)
    tell(f"both volumes lost, made anew and restored after {time.monotonic() - began:.0f} s")


def test_an_s3_store_brings_back_any_backup_that_it_keeps(
    backups: Backups,
    enrolment: Enrolment,
    pupil: httpx.Client,
    kubectl: Kubectl,
    environment: dict[str, str],
    tmp_path: Path,
) -> None:
    with s3_store(kubectl, tmp_path) as store:
        keys = {"access-key-id": store.key, "secret-access-key": store.secret_key, "ca.crt": store.authority}
        change = json.dumps({"stringData": keys})
        kubectl("-n", NAMESPACE, "patch", "secret", SECRET, f"--patch={change}")
        backups.ask_for(
            f"s3: {{endpoint: '{store.endpoint}', bucket: {BUCKET}, ownAuthority: true}}\ndailyDays: 1"
        )
        before = backups.people_made()
        assert backups.run(extra=["--time", "2026-01-31 01:30:00"]), backups.why()
        assert not store.files.holds(FOLDER, SCOPE), "the store cannot read what it keeps"
        assert enrolment.withdraw().status == 204, "what is backed up next is without the voice"
        assert backups.run(extra=["--time", "2026-02-08 01:30:00"]), backups.why()
        kept = run(
            *("kubectl", "-n", NAMESPACE, "logs", "job/run", "-c", "forget"), environment=environment
        ).stdout
        (older,) = (line.split()[0] for line in kept.splitlines() if "2026-01-31 01:30:00" in line)

        backups.lose_every_file()
        backups.follow("Restore", block=2, **{"4bba301e": older})
        kubectl("-n", NAMESPACE, "wait", "job/restore-now", "--for=condition=complete", "--timeout=300s")
        assert backups.people_made() == before, "the backup that was asked for comes back, not the last one"
    assert_speaks(pupil)


def assert_speaks(pupil: httpx.Client) -> None:
    """Fail when the teacher's voice does not speak by its name."""
    wait_until(
        lambda: pupil.get("/v1/voices").is_success, deadline=30, what="the gateway has found the server again"
    )
    assert TEACHER in [voice["name"] for voice in voices(pupil)], "the voice is found by its name again"
    reply = spoken(pupil, "同学们好。", TEACHER)
    assert reply.is_success, f"and speaks: {reply.text}"
    assert decode(reply.content).loudness > QUIETEST, "so that it can be heard"


def _size(kept: Reader) -> int:
    """Bytes in the repository's packs."""
    return sum(about[1] for path, about in kept.tree(REPOSITORY).items() if "/data/" in path)
