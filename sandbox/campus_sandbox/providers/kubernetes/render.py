"""Writing objects as YAML files instead of applying them, named as the official provider names them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from campus_sandbox.providers.kubernetes.objects import is_crd, name_of, namespace_of


def file_of(obj: Mapping[str, Any], directory: Path) -> Path:
    """The object's file: CRDs in `0-crd`, all else in `1-manifest`, which is applied after them."""
    group_version = str(obj["apiVersion"]).replace("/", "_").replace(":", "_")
    parts = (group_version, str(obj["kind"]).lower(), namespace_of(obj) or "default", name_of(obj))
    return directory / ("0-crd" if is_crd(obj) else "1-manifest") / ("-".join(parts) + ".yaml")


def render(obj: Mapping[str, Any], directory: Path) -> Path:
    """Write one object, readable by its owner only because Secrets are in clear; returns the file."""
    for folder in ("0-crd", "1-manifest"):
        (directory / folder).mkdir(mode=0o700, parents=True, exist_ok=True)
    file = file_of(obj, directory)
    file.touch(mode=0o600)
    text = yaml.safe_dump(dict(obj), sort_keys=True, allow_unicode=True, default_flow_style=False)
    file.write_text(text, encoding="utf-8")
    return file
