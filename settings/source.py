"""Where a stack's settings come from: values from Pulumi, line numbers from the stack's file."""

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml
from campus_voice import Problem
from pulumi import runtime

from .errors import NOT_SHOWN, Finding
from .rule import Broken, KeyPath


@dataclass(frozen=True)
class StackFile:
    """The lines of `Pulumi.<stack>.yaml`; values are never read from here."""

    name: str
    """Name of the file, as errors show it."""

    lines: Mapping[KeyPath, int]
    """Line of every setting that the file holds, counted from 1."""

    @classmethod
    def read(cls, folder: Path, stack: str, project: str) -> "StackFile":
        """Read the lines of `stack`'s file in `folder`; a file that does not exist has none.

        A key without a prefix belongs to `project`, as it does for Pulumi.
        """
        file = folder / f"Pulumi.{stack}.yaml"
        document = yaml.compose(file.read_text(encoding="utf-8")) if file.is_file() else None
        lines: dict[KeyPath, int] = {}
        if isinstance(document, yaml.MappingNode):
            for key, node in document.value:
                if key.value == "config" and isinstance(node, yaml.MappingNode):
                    for name, value in node.value:
                        full = name.value if ":" in name.value else f"{project}:{name.value}"
                        lines[full,] = name.start_mark.line + 1
                        lines.update(_lines(value, (full,)))
        return cls(file.name, lines)

    def line(self, path: KeyPath) -> int | None:
        """Line of `path`, else of the nearest setting around it; None when the file does not hold its key."""
        written = (self.lines.get(path[:length]) for length in range(len(path), 0, -1))
        return next((line for line in written if line is not None), None)


def _lines(node: yaml.Node, path: KeyPath) -> Iterable[tuple[KeyPath, int]]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            inner = (*path, key.value)
            yield inner, key.start_mark.line + 1
            yield from _lines(value, inner)
    elif isinstance(node, yaml.SequenceNode):
        for position, value in enumerate(node.value):
            inner = (*path, position)
            yield inner, value.start_mark.line + 1
            yield from _lines(value, inner)


@dataclass(frozen=True)
class Given:
    """What a stack was configured with: its file, the environments it imports and its decrypted secrets."""

    stack: str
    """Name of the stack."""

    project: str
    """Name of the project, the prefix of its settings."""

    values: Mapping[str, str]
    """Every value by its full key, such as `campus-voice:gpus`; JSON unless it is text, as from Pulumi."""

    secrets: frozenset[str]
    """Full keys whose values are secret."""

    file: StackFile
    """The stack's file."""

    @classmethod
    def from_pulumi(cls, stack: str, project: str, folder: Path) -> "Given":
        """What Pulumi gives to the running program, whose `Pulumi.yaml` is in `folder`."""
        keys = runtime.get_config_env()
        return cls(
            stack=stack,
            project=project,
            values={key: runtime.get_config(key) for key in keys},
            secrets=frozenset(key for key in keys if runtime.is_config_secret(key)),
            file=StackFile.read(folder, stack, project),
        )

    def of(self, namespace: str) -> dict[str, str]:
        """The values whose keys start with `namespace:`, by the rest of the key."""
        prefix = f"{namespace}:"
        return {
            key.removeprefix(prefix): value for key, value in self.values.items() if key.startswith(prefix)
        }

    def findings(self, broken: Iterable[Broken]) -> list[Finding]:
        """What the user is told about `broken`, in the order of the file, without the values of secrets."""
        in_order = sorted(broken, key=lambda one: self.file.line(one.path) or sys.maxsize)
        return [self._finding(one) for one in in_order]

    def _finding(self, broken: Broken) -> Finding:
        key = str(broken.path[0])
        inner = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in broken.path[1:])
        value = NOT_SHOWN if key in self.secrets and broken.value is not None else broken.value
        rule = broken.rule
        problem = Problem(key + "".join(inner), value, rule.must, rule.why, rule.way_out)
        line = self.file.line(broken.path)
        if line is not None:
            return Finding(f"{self.file.name}:{line}", problem, rule.note)
        place = f"environments of {self.stack}" if key in self.values else self.file.name
        return Finding(place, problem, rule.note)
