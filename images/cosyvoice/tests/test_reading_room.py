"""A student reads in the reading room, with the keyboard and nothing else, and can trust it."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from browser import Room
from speech_process import CLONING, NORTH, SpeechServer, decoded
from teachers import CONSENT, enrolled, withdrawn

from cosyvoice_server.page.routes import POLICY

LONG = "今晚在院子里坐着乘凉，忽然想起日日走过的荷塘。"
LESSON = f"荷塘月色\n{LONG}Good night, moon!"
Rooms = Callable[..., Room]
PLAYING, STILL = "#play.playing", "#play:not(.playing)"


def test_a_whole_reading_needs_only_the_keyboard(server: SpeechServer, room: Rooms) -> None:
    student = room(server)
    student.press("Tab", "Enter")
    assert student.page.evaluate("document.activeElement.id") == "main", "the first key press skips to what the page is for"
    student.tab_to("#text")
    student.page.keyboard.insert_text(LESSON)
    student.tab_to("#voice")
    student.press("ArrowDown")
    assert student.page.locator("#voice").input_value() == "中文男", "an arrow key chooses another voice"

    student.tab_to("#read")
    with student.page.expect_request(lambda asked: "Good night" in (asked.post_data or "") and asked.url.endswith("/speech")):
        student.press("Enter")
        student.has(PLAYING)
        assert student.page.evaluate("document.activeElement.id") == "play", "the next key press can pause it"
        student.shows("#place", "第 2 句，共 3 句")
    student.press("Space")
    student.has(STILL)
    assert student.heard == ["荷塘月色", LONG], "one sentence after the other is marked, until it pauses; the third is on its way"
    student.tab_to("#repeat")
    student.press("Enter")
    student.has(PLAYING)
    student.press("F8")
    student.has(STILL)
    student.press("F2")
    student.has(PLAYING)
    assert student.heard[:4] == ["荷塘月色", LONG, LONG, "荷塘月色"], "a sentence is repeated, and the one before it read again"
    student.press("Shift+Tab", "Shift+Tab", "Shift+Tab", "Shift+Tab", "Shift+Tab")
    assert student.page.evaluate("document.activeElement.id") == "speed", "nothing holds the focus: Tab goes back, too"
    student.press("ArrowDown")
    assert student.page.locator("#speed").input_value() == "1.25", "it is read faster from now on"
    student.press("F4", "F4")
    student.shows(".current", "Good night, moon!")
    student.shows("#status", "读完了。")
    student.has(STILL)
    student.tab_to("#download")
    with student.page.expect_download() as download:
        student.press("Enter")

    file = Path(download.value.path())
    assert download.value.suggested_filename == "朗读.mp3", "the file's name can be read"
    assert decoded(file.read_bytes()).seconds > 4, "it holds every sentence"
    assert student.complaints == [], f"nothing goes wrong behind the scenes: {student.complaints}"


def test_a_busy_server_is_asked_again_when_it_said_so(held_server: SpeechServer, room: Rooms, permission: Path) -> None:
    taken = [held_server.ask("你好。").json()["event_id"] for _ in range(5)]
    student = room(held_server, locale="en-GB")
    student.page.fill("#text", "Good morning.")

    student.page.click("#read")

    student.shows("#alert", "The voice service is busy. It is asked again in ")
    student.shows("#wait", "Asking again in ")
    assert student.page.locator("#wait").get_attribute("aria-hidden") == "true", "a screen reader is not told every second"
    assert student.violations() == [], "a message is no obstacle"
    permission.touch()
    student.shows("#status", "The end.")
    assert student.text("#alert") == "", "the message goes when its reason has gone"
    assert [list(held_server.events(event))[-1][0] for event in taken] == ["complete"] * 5, "nobody lost a place to it"


def test_what_goes_wrong_is_told_in_a_sentence(held_server: SpeechServer, room: Rooms, permission: Path) -> None:
    permission.touch()
    student = room(held_server)
    student.page.click("#read")
    student.shows("#alert", "还没有文字。请先贴入或打开一段文字。")
    assert student.page.evaluate("document.activeElement.id") == "text", "and the focus is where it can be put right"

    student.page.fill("#text", "fail 老师好。")
    student.page.click("#read")
    student.shows("#alert", "这一句没能读出来。请再按播放，或跳到下一句。")

    student.page.fill("#text", "字" * 200_001)
    student.page.click("#read")
    student.shows("#alert", "文字太长，请分成几段来读。")

    student.page.fill("#text", "老师好。")
    student.context.set_offline(True)
    student.page.click("#read")
    student.shows("#alert", "连不上语音服务。请检查网络，再按播放。")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("lesson.md", "# 第一课\n\n- **你好**，[老师](https://example.org)。\n".encode()),
        ("lesson.txt", "第一课\n你好，老师。\n".encode("gb18030")),
    ],
    ids=["markdown", "GB 18030"],
)
def test_a_file_is_opened_as_it_is_read_aloud(held_server: SpeechServer, room: Rooms, name: str, content: bytes) -> None:
    student = room(held_server)

    student.page.set_input_files("#file", {"name": name, "mimeType": "text/plain", "buffer": content})

    student.shows("#status", f"已打开 {name}。")
    assert student.page.locator("#text").input_value().split() == ["第一课", "你好，老师。"], (
        "the words, in whichever encoding, without marks"
    )


def test_who_chooses_a_teachers_voice_sees_what_the_teacher_allows(held_server: SpeechServer, room: Rooms) -> None:
    withdrawn(held_server, CONSENT["name"])
    assert enrolled(held_server).status_code == 201, "the teacher enrols"
    student = room(held_server, extra_http_headers=CLONING)
    assert student.text("#consent") == "", "a preset voice is nobody's"

    student.page.select_option("#voice", CONSENT["name"])

    student.shows("#consent", f"老师同意这个声音用于：{CONSENT['consent_scope']}（至 2028-12-31）。")
    student.page.click("#en")
    student.shows("#consent", f"The teacher allows this voice for: {CONSENT['consent_scope']} (until 2028-12-31).")
    assert student.violations() == [], "and hears it, too"
    told = httpx.get(f"{held_server.url}/v1/voices", headers=CLONING).json()["voices"][-1]
    assert (told["consent_scope"], told["consent_expires_on"]) == (CONSENT["consent_scope"], "2028-12-31"), "a program sees it as well"
    assert withdrawn(held_server, CONSENT["name"]).status_code == 204


def test_the_page_keeps_the_looks_and_never_the_text(held_server: SpeechServer, room: Rooms, permission: Path) -> None:
    permission.touch()
    student = room(held_server)
    student.page.fill("#text", "一个秘密。")
    student.page.click("#en")
    student.page.select_option("#theme", "contrast")
    student.page.click("#read")
    student.shows("#status", "The end.")

    kept = student.page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])")
    student.page.reload()

    assert "秘密" not in kept, "a shared computer remembers no text"
    assert student.page.locator("html").get_attribute("lang") == "en", "but the language"
    assert student.page.locator("html").get_attribute("data-theme") == "contrast", "and the colours"
    assert student.page.locator("#text").input_value() == "", "after a reload the text is gone"
    own = (held_server.url, "blob:", "data:")
    assert [url for url in student.asked if not url.startswith(own)] == [], "and nothing is asked of anybody else"


def test_the_page_runs_nothing_but_its_own_files(held_server: SpeechServer, room: Rooms) -> None:
    answer = httpx.get(f"{held_server.url}/read", headers=NORTH)
    student = room(held_server)

    student.page.evaluate("document.body.append(Object.assign(document.createElement('script'), {textContent: 'document.title = 1'}))")

    assert answer.headers["Content-Security-Policy"] == POLICY, "the server says so"
    assert f'content="{POLICY}"' in answer.text, "and the page too, since the gateway may set a policy of its own"
    assert student.page.title() == "朗读室 · 校园之声", "what others smuggle in does not run"
    unchanged = httpx.get(f"{held_server.url}/read", headers=NORTH | {"If-None-Match": answer.headers["ETag"]})
    assert (unchanged.status_code, unchanged.content) == (304, b""), "an unchanged file is not sent again"
