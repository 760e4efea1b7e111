"""What people are told when an image or a model never becomes ready."""

from typing import TYPE_CHECKING, Any

import pytest
from campus_voice.cosyvoice_backend import checks, render

from operations.rollouts import Version, late_of, unfetched_of

if TYPE_CHECKING:
    from campus_voice import CosyVoiceBackendArgs

COMMIT, OTHER = "a" * 40, "b" * 40


def hub(revision: str) -> str:
    """The model as a stack's file may say it."""
    place = '"endpoint": "https://huggingface.co", "repository": "FunAudioLLM/Fun-CosyVoice3-0.5B-2512"'
    return f'{{"hub": {{{place}, "revision": "{revision}"}}}}'


def rendered(kind: str, revision: str, *, tensorrt: bool = False) -> dict[str, Any]:
    args: CosyVoiceBackendArgs = {
        "namespace": "voice",
        "gpus": 1,
        "storage": "20Gi",
        "image": "speech:11",
        "model": {"hub": {"revision": revision}},
        "acceleration": {"tensorrt": tensorrt},
        "gateway_namespace": "projectcontour",
        "gateway_selector": {"app": "envoy"},
    }
    (found,) = (one for one in render.objects(checks.settings("voice", args)).values() if one["kind"] == kind)
    return found


def deployment(revision: str, reason: str, *, tensorrt: bool = False) -> dict[str, Any]:
    condition = {"type": "Progressing", "reason": reason}
    return {**rendered("Deployment", revision, tensorrt=tensorrt), "status": {"conditions": [condition]}}


def job(revision: str, condition: dict[str, str]) -> dict[str, Any]:
    ended = {"lastTransitionTime": "2026-01-31T09:00:00Z", "status": "True", **condition}
    made = rendered("Job", revision)
    made["metadata"]["creationTimestamp"] = "2026-01-31T08:00:00Z"
    return {**made, "status": {"conditions": [ended]}}


def failed_pod(message: str) -> dict[str, Any]:
    state = {"terminated": {"exitCode": 1, "reason": "Error", "message": message}}
    return {"status": {"containerStatuses": [{"name": "cosyvoice-model", "state": state}]}}


BOTH = f"image speech:11 with model {hub(COMMIT)}"
MODEL = "campus-voice:model:"
LATE = "ProgressDeadlineExceeded"


@pytest.mark.parametrize(
    ("good", "words"),
    [
        (
            Version("speech:10", hub(COMMIT)),
            "image speech:11 was not ready within 2430 s: go back to campus-voice:image: speech:10",
        ),
        (
            Version("speech:11", hub(OTHER)),
            f'{BOTH} was not ready within 2430 s: go back to revision: "{OTHER}" below {MODEL} hub:',
        ),
        (
            Version("speech:10", None),
            f"{BOTH} was not ready within 2430 s: go back to campus-voice:image: speech:10 and no {MODEL}",
        ),
        (
            Version("speech:11", '{"claim": "weights"}'),
            f'{BOTH} was not ready within 2430 s: go back to claim: "weights" below {MODEL} and no hub: below {MODEL}',
        ),
        (Version("speech:11", hub(COMMIT)), "image speech:11 was not ready within 2430 s"),
    ],
    ids=["another image", "another revision", "a model", "another source", "another setting"],
)
def test_each_value_that_is_not_that_of_the_last_good_up_is_named(good: Version, words: str) -> None:
    found = late_of(deployment(COMMIT, LATE), good)
    assert found is not None
    assert found.words == words


@pytest.mark.parametrize(
    ("good", "back"),
    [
        (Version("speech:11", hub(COMMIT)), "no tensorrt: below campus-voice:acceleration:"),
        (Version("speech:10", None), "campus-voice:image: speech:10 and no campus-voice:model:"),
    ],
    ids=["with this model", "with a model in the image"],
)
def test_tensorrt_belongs_to_the_way_back_where_the_last_good_up_had_none(good: Version, back: str) -> None:
    found = late_of(deployment(COMMIT, LATE, tensorrt=True), good)
    assert found is not None
    assert found.back == back, "more is fetched for TensorRT, and built at the start"


def test_tensorrt_that_was_on_before_is_named_as_it_was() -> None:
    found = late_of(deployment(COMMIT, LATE), Version("speech:11", f'{hub(COMMIT)[:-1]}, "tensorrt": true}}'))
    assert found is not None
    assert found.back == "tensorrt: true below campus-voice:acceleration:"


@pytest.mark.parametrize("reason", ["NewReplicaSetAvailable", "ReplicaSetUpdated"])
def test_a_roll_out_that_ended_or_has_time_is_no_matter(reason: str) -> None:
    assert late_of(deployment(COMMIT, reason), Version("speech:10", hub(OTHER))) is None


def test_a_model_that_cannot_be_fetched_names_the_one_before_and_why() -> None:
    gave_up = {
        "type": "Failed",
        "reason": "BackoffLimitExceeded",
        "message": "Job has reached the specified backoff limit",
    }
    pod = failed_pod("0 of 12 files are there\nhuggingface.co answers 404 (Not Found): check the revision\n")
    found = unfetched_of(job(OTHER, gave_up), [pod], Version("speech:11", hub(COMMIT)))
    assert found is not None
    assert found.words == (
        f"model {hub(OTHER)} was not fetched by image speech:11 (cosyvoice-model: huggingface.co answers 404 "
        f'(Not Found): check the revision): go back to revision: "{COMMIT}" below {MODEL} hub:'
    )


def test_an_image_that_cannot_even_fetch_the_model_is_named_too() -> None:
    too_long = {"type": "Failed", "message": "Job was active longer than specified deadline"}
    found = unfetched_of(job(COMMIT, too_long), [], Version("speech:10", hub(COMMIT)))
    assert found is not None
    assert found.words.endswith(
        "(Job was active longer than specified deadline): go back to campus-voice:image: speech:10"
    ), "the Job waits for its image, too, and the server for the Job"


def test_a_model_that_was_fetched_is_no_matter() -> None:
    assert unfetched_of(job(COMMIT, {"type": "Complete"}), [], Version("speech:10", hub(OTHER))) is None


def test_before_a_good_up_has_told_what_it_brought_nothing_is_advised() -> None:
    found = late_of(deployment(COMMIT, LATE), Version(None, None))
    assert found is not None
    assert "go back" not in found.words, f"nobody knows whether that would work: {found.words}"
