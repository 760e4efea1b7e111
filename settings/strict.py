"""What every block of settings has in common."""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from .rule import Rule


class Strict(BaseModel):
    """A block of settings: keys in camelCase, no other keys, no guessing of types."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, alias_generator=to_camel)

    elsewhere: ClassVar[Mapping[str, Rule]] = {}
    """Keys that people look for in this block, with what they are to do instead."""
