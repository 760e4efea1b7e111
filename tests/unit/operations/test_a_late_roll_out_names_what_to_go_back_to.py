"""What people are told when an image never becomes ready."""

from typing import Any

import pytest

from operations.rollouts import late_of


def workload(image: str, revision: int = 1, *reasons: str) -> dict[str, Any]:
    conditions = [{"type": "Progressing", "reason": reason} for reason in reasons]
    return {
        "metadata": {
            "name": "cosyvoice",
            "namespace": "voice",
            "annotations": {"deployment.kubernetes.io/revision": str(revision)},
        },
        "spec": {
            "progressDeadlineSeconds": 930,
            "template": {"spec": {"containers": [{"name": "cosyvoice", "image": image}]}},
        },
        "status": {"conditions": conditions},
    }


LATE = "ProgressDeadlineExceeded"


def test_the_last_image_before_the_late_one_is_named() -> None:
    history = [workload("speech:1", 1), workload("speech:10", 10), workload("speech:9", 9)]
    found = late_of(workload("speech:11", 11, LATE), [*history, workload("speech:11", 11)])
    assert found is not None
    assert found.words == (
        "image speech:11 was not ready within 930 s: go back to campus-voice:image: speech:10"
    ), "revisions are numbers: the tenth comes after the ninth"


def test_an_image_that_has_no_forerunner_is_named_alone() -> None:
    found = late_of(workload("speech:1", 2, LATE), [workload("speech:1", 1), workload("speech:1", 2)])
    assert found is not None
    assert found.words == "image speech:1 was not ready within 930 s", "another setting was changed"


@pytest.mark.parametrize("reason", ["NewReplicaSetAvailable", "ReplicaSetUpdated"])
def test_a_roll_out_that_ended_or_has_time_is_no_matter(reason: str) -> None:
    assert late_of(workload("speech:2", 2, reason), [workload("speech:1", 1)]) is None
