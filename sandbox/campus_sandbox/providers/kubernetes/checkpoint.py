"""What is kept in Pulumi's state for one object: the live object, the inputs and the field manager.

The form is the official provider's, so that a stack can move from one to the other.
"""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from campus_sandbox.providers.kubernetes.normalize import to_sdk_key, to_server_key
from campus_sandbox.providers.kubernetes.objects import Object, dig, is_secret
from campus_sandbox.providers.properties import (
    Properties,
    Secret,
    contains_secret,
    mark_secrets,
    plain,
    renamed,
)

_INPUTS = "__inputs"
_INITIAL_API_VERSION = "__initialApiVersion"
_FIELD_MANAGER = "__fieldManager"
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


@dataclass(frozen=True)
class Checkpoint:
    """The recorded state of one object, without secret marks.

    Attributes:
        live: the object as the server last answered.
        inputs: what the program asked for.
        field_manager: the name our fields are owned under.
        initial_api_version: the apiVersion the object was first made with.
    """

    live: Object
    inputs: Object
    field_manager: str = ""
    initial_api_version: str = ""


def to_object(properties: Mapping[str, Any]) -> Object:
    """Inputs as an object for the API server: no secret marks, the API's property names."""
    result: Object = renamed(plain(properties), to_server_key)
    return result


def read_checkpoint(properties: Mapping[str, Any]) -> Checkpoint:
    """Take apart recorded outputs."""
    live = to_object(properties)
    inputs = live.pop(_INPUTS, None)
    manager = live.pop(_FIELD_MANAGER, "")
    initial = live.pop(_INITIAL_API_VERSION, "")
    return Checkpoint(live, inputs if isinstance(inputs, dict) else {}, str(manager), str(initial))


def write_checkpoint(checkpoint: Checkpoint, given: Mapping[str, Any]) -> Properties:
    """Outputs to record.

    Args:
        checkpoint: the object, its inputs and its field manager.
        given: the inputs as they came, with their secret marks, which are carried over.
    """
    outputs: Properties = renamed(checkpoint.live, to_sdk_key)
    inputs: Properties = renamed(checkpoint.inputs, to_sdk_key)
    if is_secret(outputs):
        _forget_last_applied(outputs)
        _hide_encoded(outputs, given)
    outputs = secrets_marked(outputs, given)
    outputs[_INPUTS] = secrets_marked(inputs, given)
    outputs[_INITIAL_API_VERSION] = checkpoint.initial_api_version
    outputs[_FIELD_MANAGER] = checkpoint.field_manager
    return outputs


def write_begun(inputs: Mapping[str, Any], field_manager: str) -> Properties:
    """Outputs of an object that was made, but whose live state nobody has read yet.

    Args:
        inputs: as a state file has them: secrets may be encrypted, and stay so.
        field_manager: see `Checkpoint`; "" when it is not known.
    """
    return {
        **inputs,
        _INPUTS: dict(inputs),
        _INITIAL_API_VERSION: inputs.get("apiVersion", ""),
        _FIELD_MANAGER: field_manager,
    }


def secrets_marked(properties: Mapping[str, Any], given: Mapping[str, Any]) -> Properties:
    """A copy in which the contents of Secrets, and whatever came from secret inputs, are secret."""
    result: Properties = deepcopy(dict(properties))
    _hide_secret_kinds(result)
    mark_secrets(result, given)
    return result


def _hide_secret_kinds(value: Any) -> None:
    if isinstance(value, list):
        for member in value:
            _hide_secret_kinds(member)
    elif isinstance(value, dict):
        if value.get("kind") == "Secret":
            for key in ("data", "stringData"):
                if key in value and not isinstance(value[key], Secret):
                    value[key] = Secret(plain(value[key]))
        for member in value.values():
            _hide_secret_kinds(member)


def _hide_encoded(outputs: Properties, given: Mapping[str, Any]) -> None:
    if contains_secret(given.get("stringData")) and "data" in outputs:
        outputs["data"] = Secret(plain(outputs["data"]))


def _forget_last_applied(outputs: Properties) -> None:
    annotations = dig(outputs, "metadata", "annotations")
    if isinstance(annotations, dict):
        annotations.pop(_LAST_APPLIED, None)
