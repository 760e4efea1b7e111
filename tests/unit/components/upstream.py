"""The real schemas of Contour's, cert-manager's and KEDA's objects, from the pinned releases."""

import functools
from pathlib import Path
from typing import Any

import pytest
import yaml

MANIFESTS = Path(__file__).parents[3] / ".sandbox" / "manifests"
PREPARE = "sandbox/.venv/bin/campus-sandbox manifests"


def file(name: str) -> Path:
    """One of the upstream manifests; the test fails without it."""
    found = MANIFESTS / name
    if not found.exists():
        pytest.fail(f"{found} is not there: run `make check`, or `{PREPARE}`", pytrace=False)
    return found


def contour_definitions() -> bytes:
    """The file of Contour's CustomResourceDefinitions."""
    return file("contour/01-crds.yaml").read_bytes()


@functools.cache
def schemas() -> dict[tuple[str, str], dict[str, Any]]:
    """JSON schemas by apiVersion and kind, which allow no field that the definition does not name."""
    documents = list(yaml.load_all(contour_definitions(), Loader=yaml.CSafeLoader))
    for path in [*sorted(file("cert-manager/crds").glob("*.yaml")), file("keda/scaledobjects.yaml")]:
        documents += yaml.load_all(path.read_bytes(), Loader=yaml.CSafeLoader)
    found = {}
    for definition in filter(None, documents):
        spec = definition["spec"]
        for version in spec["versions"]:
            schema = _closed(version["schema"]["openAPIV3Schema"])
            schema["properties"]["metadata"] = {"type": "object"}
            found[f"{spec['group']}/{version['name']}", spec["names"]["kind"]] = schema
    return found


def _closed(schema: dict[str, Any]) -> dict[str, Any]:
    """The same schema for objects that hold nothing else, as strict validation by the API server does."""
    made = dict(schema)
    if schema.get("x-kubernetes-int-or-string"):
        made["type"] = ["integer", "string"]
    if "properties" in schema:
        made["properties"] = {key: _closed(value) for key, value in schema["properties"].items()}
        if not schema.get("x-kubernetes-preserve-unknown-fields"):
            made["additionalProperties"] = False
    elif isinstance(schema.get("additionalProperties"), dict):
        made["additionalProperties"] = _closed(schema["additionalProperties"])
    if "items" in schema:
        made["items"] = _closed(schema["items"])
    return made
