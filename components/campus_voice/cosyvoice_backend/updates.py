"""How a new version takes the place of the old one."""

from collections.abc import Sequence

from campus_voice.ai_app_backend.application import Claim
from campus_voice.shared.enums import AccessMode, Update
from campus_voice.shared.fields import Fields


def read(fields: Fields, claims: Sequence[Claim], gpus: int) -> Update:
    """Read the argument `update`; a surge needs room for one pod more than there are."""
    update = fields.choice("update", Update.RECREATE)
    spare = fields.integer("spare_gpus", 0, 0, 10_000, "so many GPUs are free while nothing is updated")
    if update is not Update.SURGE:
        return update
    bound = [claim.name for claim in claims if claim.access is AccessMode.ONE_NODE]
    if bound:
        fields.refuse(
            "update",
            f"it must not be {Update.SURGE} beside volumes of one node, such as {bound[0]}",
            "the new pod would wait for the volume that the old one holds, and the old one for the new",
            f"Leave it out, or write storage_access {AccessMode.MANY_NODES} for volumes that can be shared.",
        )
    if spare < gpus:
        fields.refuse(
            "spare_gpus",
            f"it has to be at least {gpus} beside update {Update.SURGE}",
            "the new pod would wait for the GPU that the old one holds, and the old one for the new",
            f"Say how many GPUs are free for it, or leave update out for {Update.RECREATE}.",
        )
    return update
