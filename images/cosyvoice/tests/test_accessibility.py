"""No rule of WCAG 2.2 AA that a machine can check is broken, in any language, any colours, at any moment."""

from collections.abc import Callable

import pytest
from browser import Room
from speech_process import SpeechServer

LESSON = {"zh": "荷塘月色。\n今晚在院子里坐着乘凉。", "en": "Moonlight over the lotus pond.\nTonight I sat in the yard."}
Rooms = Callable[..., Room]


@pytest.mark.parametrize(("language", "theme"), [("zh", "light"), ("en", "dark"), ("zh", "contrast")])
@pytest.mark.usefixtures("permission")
def test_axe_finds_nothing(held_server: SpeechServer, room: Rooms, language: str, theme: str) -> None:
    student = room(held_server, locale=language, reduced_motion="reduce")
    student.page.select_option("#theme", theme)
    student.page.locator("summary").click()
    assert student.violations() == [], "before a reading"

    student.page.click("#read")
    student.page.locator("#alert:not(:empty)").wait_for()
    assert student.violations() == [], "with a message"

    student.page.fill("#text", LESSON[language])
    student.page.click("#read")
    student.page.locator(".current").wait_for()
    assert student.violations() == [], "during a reading"


@pytest.mark.parametrize(
    ("window", "ground"),
    [
        ({"color_scheme": "light"}, "rgb(244, 246, 249)"),
        ({"color_scheme": "dark"}, "rgb(16, 22, 29)"),
        ({"contrast": "more"}, "rgb(0, 0, 0)"),
    ],
)
def test_the_page_follows_the_systems_colours(held_server: SpeechServer, room: Rooms, window: dict[str, str], ground: str) -> None:
    student = room(held_server, **window)

    assert student.page.evaluate("getComputedStyle(document.body).backgroundColor") == ground
    assert student.violations() == []


@pytest.mark.parametrize("size", ["100", "200"])
def test_nothing_is_cut_off_at_four_hundred_percent(held_server: SpeechServer, room: Rooms, size: str) -> None:
    student = room(held_server, viewport={"width": 320, "height": 256}, locale="en")
    student.page.select_option("#size", size)
    student.page.evaluate("document.querySelector('#reader').hidden = false")

    assert student.page.evaluate("document.documentElement.scrollWidth") <= 320, "nobody has to scroll sideways to read a line"
    assert student.violations() == []


def test_every_control_that_has_the_focus_shows_it(held_server: SpeechServer, room: Rooms) -> None:
    student = room(held_server)
    seen: list[str] = []
    while True:
        student.press("Tab")
        name = student.page.evaluate("document.activeElement.id || document.activeElement.tagName")
        if name == "BODY":
            break
        outline = student.page.evaluate(
            "(e => getComputedStyle(e.type === 'file' ? e.nextElementSibling : e).outlineStyle)(document.activeElement)"
        )
        assert outline == "solid", f"{name} shows that it has the focus"
        seen.append(name)

    assert seen == ["A", "zh", "en", "size", "theme", "text", "file", "voice", "speed", "read", "SUMMARY", "A"], "in the order of the page"
