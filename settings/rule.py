"""What a setting has to be, said once beside its type and quoted by every message about it."""

from dataclasses import dataclass
from typing import TypeAlias

KeyPath: TypeAlias = tuple[str | int, ...]
"""A setting: its full key, then names and positions inside it, as in `("campus-voice:campuses", 1, "id")`."""


@dataclass(frozen=True)
class Rule:
    """The rule of one setting, in words."""

    must: str
    """What the value has to be, as a clause: `it must be a whole number`."""

    why: str
    """Why the rule exists, as the rest of a sentence after `because`."""

    way_out: str
    """What to write instead, as a sentence."""

    note: str = ""
    """What is told once below all problems, as a sentence, however many of them it belongs to."""


@dataclass(frozen=True)
class Broken:
    """A setting that does not keep its rule."""

    path: KeyPath
    """The setting."""

    value: object
    """What it is; None when it is missing."""

    rule: Rule
    """What it has to be."""
