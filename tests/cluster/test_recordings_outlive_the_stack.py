"""`up`, `destroy`, `up` keeps every recording."""

from kubernetes import client

from tests.cluster.framework import StackUnderTest


def test_destroy_and_up_again_find_the_same_volume(dev: StackUnderTest, api: client.ApiClient) -> None:
    core = client.CoreV1Api(api)
    before = core.read_namespaced_persistent_volume_claim("cosyvoice-output-pvc", "voice")

    dev.destroy()
    kept = core.read_namespaced_persistent_volume_claim("cosyvoice-output-pvc", "voice")
    assert kept.metadata.uid == before.metadata.uid, "destroy must leave the recordings' volume claim"

    dev.up()
    after = core.read_namespaced_persistent_volume_claim("cosyvoice-output-pvc", "voice")
    assert after.metadata.uid == before.metadata.uid, "the next up takes over the claim that was kept"
    assert after.spec.volume_name == before.spec.volume_name, "and with it the same volume"
    assert dev.preview().operations == {}, "what was taken over shows no difference"
