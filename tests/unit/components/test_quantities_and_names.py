"""Sizes and names are written as the API server stores them, or refused."""

import pytest
from campus_voice.shared import names
from campus_voice.shared.quantities import canonical


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("20Gi", "20Gi"),
        ("1024Mi", "1Gi"),
        ("1.5Gi", "1536Mi"),
        ("0.5Ki", "512"),
        ("0.5", "500m"),
        ("2000m", "2"),
        ("1.5", "1500m"),
        ("1000", "1k"),
        ("3000G", "3T"),
        ("1024Ei", "1024Ei"),
        ("100m", "100m"),
    ],
)
def test_a_quantity_is_written_as_the_server_stores_it(written: str, stored: str) -> None:
    assert canonical(written) == stored, "written otherwise, a refresh reports a change that nobody made"


@pytest.mark.parametrize("text", ["", "0", "0Gi", "-1Gi", "20 Gi", "20GB", "1e9", "0.1m", "lots"])
def test_what_is_no_quantity_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=f"^{text}$"):
        canonical(text)


@pytest.mark.parametrize("campus", ["north", "n", "music-school", "a" * 20])
def test_a_campus_may_be_called(campus: str) -> None:
    assert names.is_campus(campus)


@pytest.mark.parametrize(
    "campus", ["", "North", "3rd", "-north", "north-", "north_1", "north.west", "a" * 21, "höhe"]
)
def test_a_campus_may_not_be_called(campus: str) -> None:
    assert not names.is_campus(campus), "it becomes a part of a host name and of Service names"


@pytest.mark.parametrize("domain", ["voice.example.org", "voice.localhost", "localhost"])
def test_a_domain_may_be(domain: str) -> None:
    assert names.is_domain(domain)


@pytest.mark.parametrize(
    "domain", ["", "voice.example.org.", "Voice.example.org", "a..b", "voice.example.org:443", "*.x"]
)
def test_a_domain_may_not_be(domain: str) -> None:
    assert not names.is_domain(domain), "each campus answers at <campus>.<domain>"
