"""The stand-in for the random provider."""

import string
from collections import Counter
from typing import Any

import bcrypt
import pytest

from campus_sandbox.providers.properties import Secret
from campus_sandbox.providers.random.values import encoded_id, problems, random_password, random_string

from .driver import Provider

ID = "random:index/randomId:RandomId"
PASSWORD = "random:index/randomPassword:RandomPassword"


def test_an_id_is_the_same_bytes_in_every_form() -> None:
    identity, outputs = encoded_id(b"\xfb\xff\x01", "ca-")
    assert identity == "-_8B"
    assert outputs == {"b64Std": "ca-+/8B", "b64Url": "ca--_8B", "dec": "ca-16514817", "hex": "ca-fbff01"}
    assert encoded_id(b"\xff", "")[1]["b64Std"] == "/w==", "only the standard form is padded"
    assert encoded_id(b"\xff", "")[1]["b64Url"] == "_w"


def test_a_password_has_its_length_its_minimums_and_a_hash() -> None:
    identity, outputs = random_password(
        {"length": 12, "minUpper": 4, "minSpecial": 3, "overrideSpecial": "_"}
    )
    result = outputs["result"].value
    assert identity == "none"
    assert len(result) == 12
    counts = Counter("upper" if one in string.ascii_uppercase else one for one in result)
    assert counts["upper"] >= 4
    assert counts["_"] >= 3
    assert bcrypt.checkpw(result.encode(), outputs["bcryptHash"].value.encode())
    assert isinstance(outputs["result"], Secret)
    assert isinstance(outputs["bcryptHash"], Secret)


def test_a_string_uses_only_what_is_asked_for() -> None:
    identity, outputs = random_string({"length": 200, "upper": False, "special": False, "number": False})
    assert set(outputs["result"]) <= set(string.ascii_lowercase)
    assert identity == outputs["result"]
    assert (outputs["numeric"], outputs["number"], outputs["lower"]) == (False, False, True)


@pytest.mark.parametrize(
    ("kind", "inputs", "reason"),
    [
        ("RandomId", {}, "byteLength is missing"),
        ("RandomId", {"byteLength": 0}, "it must be at least 1"),
        ("RandomString", {"length": 2, "minLower": 3}, "the minimums of its characters add up to 3"),
        (
            "RandomPassword",
            dict.fromkeys(("lower", "upper", "numeric", "special"), False) | {"length": 1},
            "all false",
        ),
        ("RandomPet", {}, "it has RandomId, RandomString, RandomPassword"),
    ],
)
def test_inputs_that_cannot_work_are_refused(kind: str, inputs: dict[str, Any], reason: str) -> None:
    assert reason in "; ".join(problems(kind, inputs).values())


def test_a_value_stays_until_an_input_changes() -> None:
    with Provider.started("random") as provider:
        made = provider.create(ID, {"byteLength": 4, "keepers": {"campus": "north"}})
        assert provider.diff_plain(made, {"byteLength": 4, "keepers": {"campus": "north"}}) == []
        assert provider.diff_plain(made, {"byteLength": 4, "keepers": {"campus": "south"}}) == ["keepers"]
        again = provider.read(made)
        assert again is not None
        assert again.outputs["hex"] == made.outputs["hex"]
        secret = provider.create(PASSWORD, {"length": 20})
        assert isinstance(secret.outputs["result"], Secret)
        preview = provider.create(ID, {"byteLength": 4}, preview=True)
        assert "hex" not in preview.outputs, "a preview cannot know the value"
