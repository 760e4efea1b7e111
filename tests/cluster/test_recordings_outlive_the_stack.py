"""`up`, `destroy`, `up` keeps every recording and every voice."""

from tests.cluster.framework import Kubectl, StackUnderTest

CLAIMS = ("cosyvoice-output-pvc", "cosyvoice-voices-pvc")


def test_destroy_and_up_again_find_the_same_volumes(dev: StackUnderTest, kubectl: Kubectl) -> None:
    before = {name: kubectl.live("voice", "pvc", name) for name in CLAIMS}

    dev.destroy()
    for name in CLAIMS:
        kept = kubectl.live("voice", "pvc", name)
        assert kept["metadata"]["uid"] == before[name]["metadata"]["uid"], f"destroy must leave {name}"

    dev.up()
    for name in CLAIMS:
        after = kubectl.live("voice", "pvc", name)
        assert after["metadata"]["uid"] == before[name]["metadata"]["uid"], (
            f"the next up takes over {name}, which was kept"
        )
        assert after["spec"]["volumeName"] == before[name]["spec"]["volumeName"], "and the same volume"
    assert dev.preview().operations == {}, "what was taken over shows no difference"
