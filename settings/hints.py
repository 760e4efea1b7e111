"""Looking into the types of settings."""

from collections.abc import Iterator
from types import UnionType
from typing import Annotated, Any, TypeGuard, Union, get_args, get_origin

from pydantic import BaseModel


def alternatives(hint: Any) -> Iterator[Any]:
    """The types that a value may have, without annotations and without None."""
    if get_origin(hint) is Annotated:
        yield from alternatives(get_args(hint)[0])
    elif get_origin(hint) in {Union, UnionType}:
        for kind in get_args(hint):
            yield from alternatives(kind)
    elif hint is not type(None):
        yield hint


def is_model(kind: Any) -> TypeGuard[type[BaseModel]]:
    """Whether a type is a block of settings."""
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def keys(block: type[BaseModel]) -> set[str]:
    """The keys of a block, as a stack's file has them."""
    return {field.alias or name for name, field in block.model_fields.items()}
