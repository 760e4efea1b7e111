"""cert-manager itself, taken from its release's manifest, for clusters that have none."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import yaml

from campus_voice.shared import errors, labels, versions
from campus_voice.shared.enums import CertManager
from campus_voice.shared.errors import Problem
from campus_voice.shared.manifests import Manifest, Objects, namespace, yaml_loader

from .checks import GatewaySettings

FILE = Path("cert-manager", "cert-manager.yaml")
"""Where the release's manifest is inside the folder of the argument `manifests`."""

_DEFINITIONS = Path("cert-manager", "crds")
"""Where the definitions are inside that folder when they are not in the manifest, as with the chart's."""

NAMESPACE = "cert-manager-namespace"
DEFINITION = "certificaterequests.cert-manager.io"
"""Name of the definition, the smallest one, by which a cert-manager that is there already is found."""

MISSING = "needs-cert-manager-on-the-cluster-or-cert_manager-install"
"""Suffix under which it is looked for: what people read when it is not there."""

MUTATING = "cert-manager-mutatingwebhookconfiguration-cert-manager-webhook"
VALIDATING = "cert-manager-validatingwebhookconfiguration-cert-manager-webhook"

_PREFIX = "cert-manager-"
_DEFINITION = "cert-manager-crd-"
_NEEDED = (
    f"{_DEFINITION}certificaterequests",
    f"{_DEFINITION}certificates",
    f"{_DEFINITION}clusterissuers",
    f"{_DEFINITION}issuers",
    "cert-manager-deployment-cert-manager",
    "cert-manager-deployment-cert-manager-cainjector",
    "cert-manager-deployment-cert-manager-webhook",
    "cert-manager-service-cert-manager-webhook",
    MUTATING,
    VALIDATING,
)
_WAIT_FOR_TRUST = {"pulumi.com/waitFor": "jsonpath={.webhooks[0].clientConfig.caBundle}"}
"""Makes Pulumi wait until the API server is told by which authority it knows the webhook."""


def source(settings: GatewaySettings) -> list[Manifest]:
    """Read the objects of the release; none when cert-manager is on the cluster already.

    Raises:
        InvalidSettingsError: a file cannot be read, or something is missing in them.
    """
    if settings.cert_manager is CertManager.EXISTING or settings.manifests is None:
        return []
    folder = Path(settings.manifests)
    files = [*sorted((folder / _DEFINITIONS).glob("*.yaml")), folder / FILE]
    release = [document for file in files for document in _documents(file)]
    missing = sorted(set(_NEEDED) - {_suffix(document) for document in release})
    if missing:
        raise _refusal(
            str(folder / FILE), f"it has to hold cert-manager's whole release, and lacks {', '.join(missing)}"
        )
    return release


def objects(settings: GatewaySettings, release: Sequence[Manifest]) -> Objects:
    """Name each object of the release, and add the namespace; nothing without a release.

    Objects are as upstream wrote them, but for the label that says who manages them, and for the two
    webhook configurations, which Pulumi waits for.
    """
    if not release:
        return {}
    made = labels.common("cert-manager", "certificates")
    rendered: Objects = {NAMESPACE: namespace(settings.cert_manager_namespace, made, enforce="restricted")}
    for document in release:
        if document["kind"] != "Namespace":
            rendered[_suffix(document)] = _managed(document, made)
    return rendered


def programs(rendered: Objects) -> list[str]:
    """Suffixes of the Deployments."""
    return _of_kind(rendered, "Deployment")


def services(rendered: Objects) -> list[str]:
    """Suffixes of the Services, which are ready when the programs behind them are."""
    return _of_kind(rendered, "Service")


def rights(rendered: Objects) -> list[str]:
    """Suffixes of what the programs need before they start: accounts, rights and configuration."""
    later = {NAMESPACE, MUTATING, VALIDATING, *programs(rendered), *services(rendered)}
    return [
        suffix
        for suffix in rendered
        if suffix.startswith(_PREFIX) and not suffix.startswith(_DEFINITION) and suffix not in later
    ]


def _of_kind(rendered: Objects, kind: str) -> list[str]:
    return [
        suffix
        for suffix, manifest in rendered.items()
        if suffix.startswith(_PREFIX) and manifest["kind"] == kind
    ]


def _documents(file: Path) -> Iterator[Manifest]:
    """Parse every document of a file.

    A separator ends where its three hyphens do, as for Helm and kubectl: the chart of release 1.21 has one
    with a comment right behind it, which YAML would take for text.
    """
    for text in re.split(r"^---", _read(file), flags=re.MULTILINE):
        try:
            documents = [one for one in yaml.load_all(text, Loader=yaml_loader()) if one is not None]
        except yaml.YAMLError as error:
            raise _refusal(str(file), f"it has to be YAML ({error})") from error
        if not all(map(_is_object, documents)):
            raise _refusal(str(file), "it has to be a Kubernetes object in every document")
        yield from documents


def _is_object(document: object) -> bool:
    return isinstance(document, dict) and {"apiVersion", "kind", "metadata"} <= set(document)


def _suffix(document: Manifest) -> str:
    if document["kind"] == "CustomResourceDefinition":
        return f"{_DEFINITION}{document['spec']['names']['plural']}"
    name = document["metadata"]["name"].replace(":", "-")
    return f"cert-manager-{document['kind'].lower()}-{name}"


def _managed(document: Manifest, made: dict[str, str]) -> Manifest:
    meta = dict(document["metadata"])
    meta["labels"] = {**made, **meta.get("labels", {}), labels.MANAGED_BY: made[labels.MANAGED_BY]}
    if document["kind"].endswith("WebhookConfiguration"):
        meta["annotations"] = {**meta.get("annotations", {}), **_WAIT_FOR_TRUST}
    return {**document, "metadata": meta}


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise _refusal(str(path), f"the file has to be readable ({error.strerror})") from error


def _refusal(where: str, rule: str) -> errors.InvalidSettingsError:
    why = "cert-manager is installed from it"
    return errors.InvalidSettingsError("ContourGateway", [Problem("manifests", where, rule, why, _way_out())])


def _way_out() -> str:
    version = versions.pinned()["cert-manager"]["version"]
    return (
        f"Put the manifest of cert-manager's release {version} there as {FILE}, or install cert-manager "
        f"yourself and set cert_manager to {CertManager.EXISTING.value}."
    )
