"""What a stack's settings mean for its backend."""

from collections.abc import Collection
from typing import Any

from campus_voice import CosyVoiceBackendArgs
from pydantic import BaseModel

from .backend import BackendSettings


def backend_args(
    settings: BackendSettings, valid: Collection[str] = tuple(BackendSettings.model_fields)
) -> CosyVoiceBackendArgs:
    """Write the settings named in `valid` as the component's arguments, which are called the same.

    What was not given is left out, and so takes the component's default. The namespace, the gateway and who
    shares the backend are not among the settings.
    """
    args: Any = {}
    for name, field in BackendSettings.model_fields.items():
        default = field.get_default(call_default_factory=True, validated_data={})
        if name in valid and getattr(settings, name) != default:
            args[name] = _plain(getattr(settings, name))
    made: CosyVoiceBackendArgs = args
    return made


def _plain(value: object) -> object:
    if isinstance(value, BaseModel):
        return value.model_dump(exclude_none=True)
    if isinstance(value, tuple):
        return [_plain(entry) for entry in value]
    return value
