"""Names, kinds and annotations of Kubernetes objects held as plain dictionaries."""

from collections.abc import Mapping
from typing import Any

from campus_sandbox.providers.properties import UNKNOWN

Object = dict[str, Any]

AUTONAMED = "pulumi.com/autonamed"
PATCH_FORCE = "pulumi.com/patchForce"
PATCH_FIELD_MANAGER = "pulumi.com/patchFieldManager"
SKIP_AWAIT = "pulumi.com/skipAwait"
WAIT_FOR = "pulumi.com/waitFor"
TIMEOUT_SECONDS = "pulumi.com/timeoutSeconds"
DELETION_PROPAGATION = "pulumi.com/deletionPropagationPolicy"


def metadata(obj: Mapping[str, Any]) -> Object:
    """The object's metadata; empty when it has none or it is not known yet."""
    value = obj.get("metadata")
    return value if isinstance(value, dict) else {}


def name_of(obj: Mapping[str, Any]) -> str:
    """metadata.name, or "" when there is none or it is not known yet."""
    value = metadata(obj).get("name")
    return value if isinstance(value, str) else ""


def namespace_of(obj: Mapping[str, Any]) -> str:
    """metadata.namespace, or "" when there is none or it is not known yet."""
    value = metadata(obj).get("namespace")
    return value if isinstance(value, str) else ""


def annotation(obj: Mapping[str, Any], key: str) -> str:
    """One annotation's value, or ""."""
    annotations = metadata(obj).get("annotations")
    value = annotations.get(key) if isinstance(annotations, dict) else None
    return "" if value is None or value is UNKNOWN else str(value)


def is_true(obj: Mapping[str, Any], key: str) -> bool:
    """Whether an annotation is "true"."""
    return annotation(obj, key).lower() == "true"


def set_annotation(obj: Object, key: str, value: str) -> None:
    """Set one annotation in place; metadata must be known."""
    obj.setdefault("metadata", {}).setdefault("annotations", {})[key] = value


def group_of(api_version: str) -> str:
    """The API group of an apiVersion: "apps" of "apps/v1", "" of "v1"."""
    return api_version.rpartition("/")[0]


def kind_key(obj: Mapping[str, Any]) -> tuple[str, str]:
    """(API group, kind)."""
    return group_of(str(obj.get("apiVersion", ""))), str(obj.get("kind", ""))


def identity(obj: Mapping[str, Any]) -> str:
    """The resource ID: "namespace/name", or "name" for cluster-scoped objects."""
    namespace = namespace_of(obj)
    return f"{namespace}/{name_of(obj)}" if namespace else name_of(obj)


def parse_identity(value: str) -> tuple[str, str]:
    """(namespace or "", name) of a resource ID."""
    namespace, _, name = value.rpartition("/")
    return namespace, name


def display(obj: Mapping[str, Any]) -> str:
    """How messages name the object: "Deployment voice/cosyvoice"."""
    return f"{obj.get('kind')} {identity(obj)}"


def kind_of_type(type_token: str) -> tuple[str, str]:
    """(apiVersion, kind) of a type token: ("apps/v1", "Deployment") of "kubernetes:apps/v1:Deployment"."""
    _, module, kind = type_token.split(":", 2)
    return module.removeprefix("core/"), kind


def is_secret(obj: Mapping[str, Any]) -> bool:
    """Whether the object is a core Secret."""
    return obj.get("apiVersion") == "v1" and obj.get("kind") == "Secret"


def is_crd(obj: Mapping[str, Any]) -> bool:
    """Whether the object defines a custom resource."""
    return kind_key(obj) == ("apiextensions.k8s.io", "CustomResourceDefinition")


def dig(value: Any, *path: str) -> Any:
    """The member at `path` in nested objects, or None."""
    for key in path:
        if not isinstance(value, Mapping):
            return None
        value = value.get(key)
    return value
