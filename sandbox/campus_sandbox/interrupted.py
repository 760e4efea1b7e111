"""What a killed update was making: recorded, so that the next update goes on with it.

The engine writes down that it begins to create an object, and what became of it only when the object is
ready. After a kill the next update would create it again, which fails where the object is there already
(AlreadyExists), and would warn of the pending operation for ever, since an update clears no pending creates.
`pulumi refresh` can only forget them: engine 3.200 drops also those that `--import-pending-creates` names.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from campus_sandbox.providers.kubernetes.checkpoint import write_begun
from campus_sandbox.providers.kubernetes.objects import Object, identity, metadata, name_of

Deployment = dict[str, Any]
Resource = dict[str, Any]

_REASON: Final = "the update that made it was killed"
_MANAGER: Final = "pulumi-kubernetes"


def pending_creates(deployment: Mapping[str, Any]) -> list[Resource]:
    """The resources that a stack's deployment says are being created, one for each URN."""
    found: dict[str, Resource] = {}
    for operation in deployment.get("pending_operations") or []:
        if operation["type"] == "creating":
            # The engine lists the latest first, and carries older ones along.
            found.setdefault(operation["resource"]["urn"], operation["resource"])
    return list(found.values())


def pointer_of(resource: Resource) -> Object | None:
    """The Kubernetes object that a resource is to become, by kind and name; None for any other resource."""
    inputs = resource.get("inputs") or {}
    if not str(resource["type"]).startswith("kubernetes:") or not name_of(inputs):
        return None
    return {
        "apiVersion": inputs.get("apiVersion"),
        "kind": inputs.get("kind"),
        "metadata": {key: metadata(inputs).get(key, "") for key in ("name", "namespace")},
    }


def completed(deployment: Mapping[str, Any], made: Mapping[str, Object]) -> Deployment:
    """A deployment without pending operations.

    What was made is recorded as not ready yet, so that the engine's next update waits for it; what was not
    made is forgotten, so that it is created. Interrupted updates and deletes are simply done again.

    Args:
        deployment: as `pulumi stack export` writes it; secrets stay encrypted.
        made: the live objects of those pending creates whose object exists, by URN.
    """
    resources: list[Resource] = list(deployment.get("resources") or [])
    for resource in pending_creates(deployment):
        live = made.get(resource["urn"])
        if live is not None:
            resources = _with(resources, _recorded(resource, live))
    return {**deployment, "resources": resources, "pending_operations": []}


def _recorded(resource: Resource, live: Object) -> Resource:
    outputs = write_begun(resource["inputs"], _manager(live))
    return {**resource, "id": identity(live), "outputs": outputs, "initErrors": [_REASON]}


def _manager(live: Object) -> str:
    """The field manager under which the object was made: another one would later conflict with it."""
    entries = metadata(live).get("managedFields") or []
    ours = [str(one.get("manager")) for one in entries if str(one.get("manager")).startswith(_MANAGER)]
    return ours[-1] if ours else ""


def _with(resources: Sequence[Resource], new: Resource) -> list[Resource]:
    """The resources with a new one after all it depends on, and in the place of the one it replaces."""
    same = [number for number, one in enumerate(resources) if one["urn"] == new["urn"]]
    current = next((number for number in same if not resources[number].get("delete")), None)
    if current is None:
        return [*resources, new]
    old = resources[current]
    before, after = resources[:current], resources[current + 1 :]
    if old.get("pendingReplacement"):
        return [*before, new, *after]
    if old.get("id") == new["id"]:
        return list(resources)
    return [*before, new, {**old, "delete": True}, *after]
