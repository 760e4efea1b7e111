"""The example `login` as it is: people show a password, programs a token, and everybody else stays outside."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from operations.outputs import parse_outputs
from tests.cluster.framework import Kubectl, StackUnderTest, copy_of_an_example, wait_until
from tests.cluster.neighbours import Browser, Neighbours

API = "/v1/nothing"


@pytest.fixture
def example(
    deployed: StackUnderTest, environment: dict[str, str], tmp_path: Path
) -> Iterator[StackUnderTest]:
    assert deployed.name == "dev", "the example stands on this stack"
    stack = StackUnderTest(copy_of_an_example(tmp_path / "example", "login"), "dev", environment)
    yield stack
    stack.destroy()


def basic(user: str, password: str) -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"}


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def altered(token: str) -> str:
    """The token of somebody else, with the signature of this one."""
    head, body, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    written = json.dumps({**claims, "sub": "principal"}).encode()
    return ".".join([head, base64.urlsafe_b64encode(written).rstrip(b"=").decode(), signature])


def claims(token: str) -> dict[str, object]:
    read: dict[str, object] = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    return read


def test_people_bring_a_password_and_programs_a_token(
    deployed: StackUnderTest, example: StackUnderTest, kubectl: Kubectl, tmp_path: Path
) -> None:
    example.up()
    told = example.outputs()
    assert told["password"] not in example.pulumi("stack", "output").stdout, "the password stays a secret"
    outputs = parse_outputs(deployed.name, deployed.outputs())
    members = Neighbours(kubectl, outputs, tmp_path).browser("members")
    student = basic(told["user"], told["password"])
    wait_until(lambda: members.ask("/", student).status == 200, deadline=60, what="whoever logs in is served")

    stranger = members.ask("/")
    assert stranger.status == 401, f"without a login nobody comes in: {stranger}"
    assert stranger.headers["www-authenticate"].startswith("Basic "), "and a browser asks for it"
    for wrong in (basic(told["user"], "guessed"), basic("../tls", ""), basic("", ""), bearer("a.b.c")):
        assert members.ask("/", wrong).status == 401, f"{wrong} opens nothing"

    token = token_of(members, {**student, "X-Login-User": "principal"})
    assert claims(token)["sub"] == told["user"], "a token names who has logged in, whatever was claimed"
    assert members.ask("/", bearer(token)).status == 401, "it is for programs only"

    wait_until(
        lambda: members.ask(API, bearer(token)).status not in {401, 503},
        deadline=60,
        what="Envoy has fetched the public key, and lets the token pass",
    )
    served = members.ask(API, bearer(token))
    assert "detail" in json.loads(served.body), f"with it the speech server is asked: {served}"
    for nothing in ({}, student, bearer(altered(token)), bearer(token[:-8])):
        assert members.ask(API, nothing).status == 401, f"without a valid token /v1 is closed: {nothing}"

    kubectl("-n", "voice", "scale", "deployment/login", "--replicas=0")
    wait_until(
        lambda: members.ask("/", student).status != 200,
        deadline=60,
        what="the login is gone, and a page asked",
    )
    closed = members.ask("/", student)
    assert closed.status in {403, 503}, f"while nobody decides nobody comes in: {closed}"


def token_of(members: Browser, login: dict[str, str]) -> str:
    answer = members.ask("/login/token", login)
    assert answer.status == 200, f"whoever has logged in gets a token: {answer}"
    token: str = json.loads(answer.body)["access_token"]
    return token
