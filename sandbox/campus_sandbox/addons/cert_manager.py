"""cert-manager, from the manifests of its pinned release."""

from pathlib import Path
from typing import Final

from campus_sandbox.addons.addon import Addon, Deployed, Manifest, objects
from campus_sandbox.errors import SandboxError
from campus_sandbox.node.api import Api, ApiError
from campus_sandbox.node.waiting import wait_until

NAME: Final = "cert-manager"
NAMESPACE: Final = "cert-manager"
WEBHOOK_SECONDS: Final = 90.0
_NAMESPACE_OBJECT: Final[Manifest] = {
    "apiVersion": "v1",
    "kind": "Namespace",
    "metadata": {"name": NAMESPACE, "labels": {"pod-security.kubernetes.io/enforce": "restricted"}},
}
PROBE: Final = {
    "apiVersion": "cert-manager.io/v1",
    "kind": "Issuer",
    "metadata": {"name": "probe", "namespace": NAMESPACE},
    "spec": {"selfSigned": {}},
}


def cert_manager(manifests: Path) -> Addon:
    """cert-manager in its own namespace, which enforces the restricted profile.

    Args:
        manifests: folder with `cert-manager/crds/*.yaml` and the rendered `cert-manager/cert-manager.yaml`.

    Raises:
        SandboxError: the manifests are not there.
    """
    folder = manifests / "cert-manager"
    files = [*sorted((folder / "crds").glob("*.yaml")), folder / "cert-manager.yaml"]
    missing = [str(file) for file in files if not file.exists()]
    if missing or len(files) == 1:
        raise SandboxError(
            f"the manifests of cert-manager are not in {folder}",
            way_out="make them with `campus-sandbox build`",
        )
    texts = [objects(_NAMESPACE_OBJECT), *(file.read_text(encoding="utf-8") for file in files)]
    names = ("cert-manager", "cert-manager-cainjector", "cert-manager-webhook")
    return Addon(NAME, "\n---\n".join(texts), tuple(Deployed(NAMESPACE, name) for name in names))


def wait_for_webhook(api: Api) -> None:
    """Wait until an Issuer is let in: the webhook answers and the API server trusts it.

    Raises:
        SandboxError: the time is over, with the API server's last answer.
    """
    last = ""

    def accepted() -> bool:
        nonlocal last
        try:
            api.create(f"/apis/cert-manager.io/v1/namespaces/{NAMESPACE}/issuers?dryRun=All", PROBE)
        except ApiError as refused:
            last = str(refused)
            return False
        return True

    if not wait_until(accepted, WEBHOOK_SECONDS):
        raise SandboxError(
            f"cert-manager's webhook did not let an Issuer in within {WEBHOOK_SECONDS:.0f} s ({last})",
            way_out="look at it with `campus-sandbox exec -- kubectl -n cert-manager get pods`",
        )
