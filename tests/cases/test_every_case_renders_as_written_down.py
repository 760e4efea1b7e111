"""Each case renders exactly what a person has looked at."""

from pathlib import Path

import pytest

from tests.cases import cases


@pytest.mark.parametrize("case", cases.every(), ids=lambda case: f"{case.parent.name}/{case.name}")
def test_a_case_renders_as_written_down(case: Path) -> None:
    assert cases.rendered(case) == cases.expected(case), (
        f"{case.relative_to(cases.FOLDER)} renders something else; if that is meant, run `{cases.REFRESH}` and "
        "read the diff"
    )


def test_every_component_has_cases() -> None:
    components = {"ai_app_backend", "contour_gateway", "cosyvoice_backend", "observability", "tenant_route"}
    assert {case.parent.name for case in cases.every()} == components, (
        "a component without a case is not looked at"
    )
