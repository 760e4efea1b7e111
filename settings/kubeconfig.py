"""Reading kubeconfigs, as far as the program looks into them."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

INLINE = "(contents, not shown)"
"""Stands for a kubeconfig that is written into the stack's file: it holds credentials."""


@dataclass(frozen=True)
class Kubeconfig:
    """The part of one kubeconfig that says which clusters it leads to."""

    contexts: tuple[str, ...]
    """Names of its contexts."""

    current: str | None
    """Its current context."""


@dataclass(frozen=True)
class Unusable:
    """A kubeconfig that is there but is none."""

    name: str
    """Its path, or INLINE."""

    reason: str
    """What is wrong with it, as a clause; it quotes nothing of the contents."""


def read(
    given: str | None, environment: Mapping[str, str], folder: Path
) -> tuple[list[Kubeconfig | Unusable], str]:
    """Read the kubeconfigs that the provider will merge; files that do not exist are left out.

    `given` is a path or the contents; without it `environment` says where the files are. Relative paths
    start from `folder`. The second part of the answer names them to a person.
    """
    if given is not None and _is_contents(given):
        return [_parse(INLINE, given)], "kubernetes:kubeconfig"
    listed = given or environment.get("KUBECONFIG") or "~/.kube/config"
    names = [listed] if given else [name for name in listed.split(os.pathsep) if name]
    return list(_files(names, environment.get("HOME", ""), folder)), listed


def _is_contents(given: str) -> bool:
    """Whether it is a kubeconfig itself: a path is one line and no mapping."""
    try:
        return "\n" in given.strip() or isinstance(yaml.safe_load(given), dict)
    except (yaml.YAMLError, ValueError):
        return given.lstrip().startswith("{")


def _files(names: list[str], home: str, folder: Path) -> Iterator[Kubeconfig | Unusable]:
    for name in names:
        file = folder / (name.replace("~", home, 1) if name.startswith("~") else name)
        try:
            if file.is_file():
                yield _parse(name, file.read_text(encoding="utf-8"))
        except UnicodeDecodeError:
            yield Unusable(name, "it is not text in UTF-8")
        except OSError as refusal:
            yield Unusable(name, f"it cannot be read ({refusal.strerror})")


def _parse(name: str, text: str) -> Kubeconfig | Unusable:
    try:
        document = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        line = "" if error.problem_mark is None else f" in line {error.problem_mark.line + 1}"
        return Unusable(name, f"it stops being YAML{line}")
    except (yaml.YAMLError, ValueError):
        return Unusable(name, "it is not YAML")
    if document is None:
        return Kubeconfig((), None)
    if not isinstance(document, dict):
        return Unusable(name, "it holds no keys and values")
    return _described(name, document)


def _described(name: str, document: Mapping[str, Any]) -> Kubeconfig | Unusable:
    contexts = document.get("contexts") or []
    if not isinstance(contexts, list):
        return Unusable(name, "its contexts are not a list")
    for position, entry in enumerate(contexts):
        if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
            return Unusable(name, f"its contexts[{position}] has no name")
    current = document.get("current-context") or None
    if current is not None and not isinstance(current, str):
        return Unusable(name, "its current-context is not a name")
    return Kubeconfig(tuple(entry["name"] for entry in contexts), current)
