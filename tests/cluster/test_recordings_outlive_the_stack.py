"""`up`, `destroy`, `up` keeps every recording and every voice."""

from tests.cluster.framework import Kubectl, StackUnderTest

CLAIMS = ("cosyvoice-output-pvc", "cosyvoice-voices-pvc")


def test_destroy_and_up_again_find_the_same_volumes(dev: StackUnderTest, kubectl: Kubectl) -> None:
    before = _live(kubectl)

    dev.destroy()
    assert _live(kubectl) == before, "destroy must leave the claims of recordings and voices"

    dev.up()
    assert _live(kubectl) == before, "the next up takes over the claims that were kept, with their volumes"
    assert dev.preview().operations == {}, "what was taken over shows no difference"


def _live(kubectl: Kubectl) -> dict[str, tuple[str, str]]:
    """By claim, its own identity and its volume."""
    claims = {name: kubectl.live("voice", "pvc", name) for name in CLAIMS}
    return {name: (claim["metadata"]["uid"], claim["spec"]["volumeName"]) for name, claim in claims.items()}
