"""The pins of `versions.toml`, read when asked for."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from campus_sandbox.errors import SandboxError


@dataclass(frozen=True)
class Versions:
    """All pinned versions; `versions.of("kubernetes", "etcd")` is `"3.6.12"`."""

    tables: Mapping[str, Any]

    @classmethod
    def read(cls, repository: Path) -> "Versions":
        """Read `versions.toml` of a checkout.

        Raises:
            SandboxError: the file is missing or is not TOML.
        """
        file = repository / "versions.toml"
        try:
            return cls(tomllib.loads(file.read_text(encoding="utf-8")))
        except FileNotFoundError as missing:
            raise SandboxError(
                f"{file} is missing", "it holds every pinned version", "restore it from git"
            ) from missing
        except tomllib.TOMLDecodeError as broken:
            raise SandboxError(f"{file} is not TOML ({broken})", way_out="restore it from git") from broken

    def of(self, table: str, key: str = "version") -> str:
        """The pin `key` of `[table]`.

        Raises:
            SandboxError: there is no such pin.
        """
        value = self.tables.get(table, {}).get(key)
        if not isinstance(value, str):
            raise SandboxError(
                f"versions.toml has no string {key!r} in [{table}]",
                "the sandbox builds only what is pinned there",
                "restore it from git",
            )
        return value
