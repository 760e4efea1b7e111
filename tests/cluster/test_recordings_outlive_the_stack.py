"""`up`, `destroy`, `up` keeps every recording."""

from tests.cluster.framework import Kubectl, StackUnderTest


def test_destroy_and_up_again_find_the_same_volume(dev: StackUnderTest, kubectl: Kubectl) -> None:
    before = kubectl.live("voice", "pvc", "cosyvoice-output-pvc")

    dev.destroy()
    kept = kubectl.live("voice", "pvc", "cosyvoice-output-pvc")
    assert kept["metadata"]["uid"] == before["metadata"]["uid"], (
        "destroy must leave the recordings' volume claim"
    )

    dev.up()
    after = kubectl.live("voice", "pvc", "cosyvoice-output-pvc")
    assert after["metadata"]["uid"] == before["metadata"]["uid"], (
        "the next up takes over the claim that was kept"
    )
    assert after["spec"]["volumeName"] == before["spec"]["volumeName"], "and with it the same volume"
    assert dev.preview().operations == {}, "what was taken over shows no difference"
