"""What the platform engineer sees when the stack's file cannot work."""

from tests.cluster.framework import StackUnderTest


def test_every_mistake_is_told_at_once_and_nothing_is_touched(deployed: StackUnderTest) -> None:
    before = deployed.file.read_text()
    deployed.file.write_text(
        before.replace("gpus: 0", "gpus: -1").replace(
            "storage: 1Gi", "storage: plenty\n  campus-voice:gpu: 1"
        )
    )
    try:
        refused = deployed.pulumi("up", "--yes", "--skip-preview")
    finally:
        deployed.file.write_text(before)
    words = refused.stdout + refused.stderr
    assert refused.returncode != 0, f"a stack that cannot work must not go up:\n{words}"
    for mistake in ("campus-voice:gpus is", "campus-voice:storage is", "campus-voice:gpu is"):
        assert mistake in words, f"all mistakes are told at once:\n{words}"
    assert "Pulumi.dev.yaml:" in words, f"with the file and the line:\n{words}"
    assert "Traceback" not in words, f"in sentences:\n{words}"

    assert deployed.preview().operations == {}, "the refused run must not have touched any resource"
