"""Random values and their outputs, as https://www.pulumi.com/registry/packages/random/ describes them."""

import base64
import secrets
import string
from collections.abc import Mapping
from random import SystemRandom
from typing import Any, Final

import bcrypt

from campus_sandbox.providers.properties import Properties, Secret

_SPECIAL: Final = "!@#$%&*()-_=+[]{}<>:?"
_BCRYPT_COST: Final = 10
_BCRYPT_BYTES: Final = 72
_CLASSES: Final = (
    ("lower", "minLower", string.ascii_lowercase),
    ("upper", "minUpper", string.ascii_uppercase),
    ("numeric", "minNumeric", string.digits),
    ("special", "minSpecial", _SPECIAL),
)
_REQUIRED: Final = {"RandomId": "byteLength", "RandomString": "length", "RandomPassword": "length"}


def problems(kind: str, inputs: Mapping[str, Any]) -> dict[str, str]:
    """What is wrong with the inputs of a resource: property to reason; "" for the resource as a whole."""
    required = _REQUIRED.get(kind)
    if required is None:
        known = ", ".join(_REQUIRED)
        return {"": f"the sandbox's stand-in for the random provider has no {kind}; it has {known}"}
    size = inputs.get(required)
    if isinstance(size, int) and size < 1:
        return {required: f"{required} is {size}: it must be at least 1"}
    if size is None:
        return {required: f"{required} is missing: it says how much is to be random"}
    if kind != "RandomId":
        return _class_problems(inputs)
    return {}


def random_id(inputs: Mapping[str, Any]) -> tuple[str, Properties]:
    """ID and outputs of a RandomId: its bytes in base 64 (two alphabets), 16 and 10, after the prefix."""
    return encoded_id(secrets.token_bytes(int(inputs["byteLength"])), str(inputs.get("prefix", "")))


def encoded_id(data: bytes, prefix: str) -> tuple[str, Properties]:
    """The deterministic part of `random_id`."""
    url = base64.urlsafe_b64encode(data).decode().rstrip("=")
    outputs = {
        "b64Std": prefix + base64.b64encode(data).decode(),
        "b64Url": prefix + url,
        "dec": f"{prefix}{int.from_bytes(data, 'big')}",
        "hex": prefix + data.hex(),
    }
    return url, outputs


def random_string(inputs: Mapping[str, Any]) -> tuple[str, Properties]:
    """ID and outputs of a RandomString; the ID is the string itself."""
    result = _characters(inputs)
    return result, {**_class_defaults(inputs), "result": result}


def random_password(inputs: Mapping[str, Any]) -> tuple[str, Properties]:
    """ID and outputs of a RandomPassword: secret, with a bcrypt hash for those who only check it."""
    result = _characters(inputs)
    # bcrypt reads no more than its first 72 bytes.
    hashed = bcrypt.hashpw(result.encode()[:_BCRYPT_BYTES], bcrypt.gensalt(_BCRYPT_COST)).decode()
    return "none", {**_class_defaults(inputs), "result": Secret(result), "bcryptHash": Secret(hashed)}


def _class_defaults(inputs: Mapping[str, Any]) -> Properties:
    defaults: Properties = {"number": _wanted(inputs, "numeric")}
    for name, minimum, _ in _CLASSES:
        defaults[name] = _wanted(inputs, name)
        defaults[minimum] = int(inputs.get(minimum, 0))
    return defaults


def _wanted(inputs: Mapping[str, Any], name: str) -> bool:
    if name == "numeric":
        return bool(inputs.get("numeric", inputs.get("number", True)))
    return bool(inputs.get(name, True))


def _alphabets(inputs: Mapping[str, Any]) -> list[tuple[str, int]]:
    special = str(inputs.get("overrideSpecial") or _SPECIAL)
    return [
        (special if name == "special" else characters, int(inputs.get(minimum, 0)))
        for name, minimum, characters in _CLASSES
        if _wanted(inputs, name)
    ]


def _class_problems(inputs: Mapping[str, Any]) -> dict[str, str]:
    alphabets = _alphabets(inputs)
    if not alphabets:
        return {
            "": "lower, upper, numeric and special are all false: at least one kind of character is needed"
        }
    least, length = sum(count for _, count in alphabets), inputs["length"]
    if isinstance(length, int) and least > length:
        return {"length": f"length is {length} but the minimums of its characters add up to {least}"}
    return {}


def _characters(inputs: Mapping[str, Any]) -> str:
    alphabets = _alphabets(inputs)
    chosen = [secrets.choice(characters) for characters, least in alphabets for _ in range(least)]
    everything = "".join(characters for characters, _ in alphabets)
    chosen += [secrets.choice(everything) for _ in range(int(inputs["length"]) - len(chosen))]
    SystemRandom().shuffle(chosen)
    return "".join(chosen)
