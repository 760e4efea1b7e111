"""The example `second-application` as it is: a campus of two applications, on the platform of the `dev` stack."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from operations.outputs import parse_outputs
from tests.cluster.framework import Kubectl, StackUnderTest, copy_of_an_example, wait_until
from tests.cluster.neighbours import Neighbours


@pytest.fixture
def example(
    deployed: StackUnderTest, environment: dict[str, str], tmp_path: Path
) -> Iterator[StackUnderTest]:
    assert deployed.name == "dev", "the example stands on this stack"
    stack = StackUnderTest(copy_of_an_example(tmp_path / "example", "second-application"), "dev", environment)
    yield stack
    stack.destroy()


def test_one_host_name_serves_speech_and_images(
    deployed: StackUnderTest, example: StackUnderTest, kubectl: Kubectl, tmp_path: Path
) -> None:
    example.up()
    outputs = parse_outputs(deployed.name, deployed.outputs())
    studio = Neighbours(kubectl, outputs, tmp_path).browser("studio")
    assert example.outputs()["url"] == f"https://{studio.host}", "the example says where its campus is"

    wait_until(lambda: studio.ask("/").status == 200, deadline=60, what="speech is served")
    page = studio.ask("/")
    assert "gradio" in page.body, "the campus's own page is the speech server's"
    badges = [studio.ask(f"/images/badge.svg?{word}") for word in ("one", "one", "two")]
    assert [badge.headers["content-type"] for badge in badges] == ["image/svg+xml"] * 3, f"{badges}"
    assert badges[0].body.count("<rect ") > 1, f"a picture is drawn: {badges[0].body}"
    first, again, other = (badge.body for badge in badges)
    assert first == again != other, "the same word has the same badge, and another has another"
    assert studio.ask("/badge.svg").status == 404, "outside /images the speech server is asked"

    assert example.preview().operations == {}, "a second look changes nothing"
    assert deployed.preview().operations == {}, "and the platform's stack is as it was"
