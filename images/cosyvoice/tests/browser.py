"""A real browser on the reading room, driven as a person does it, and the accessibility checker inside it."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from speech_process import NORTH, SpeechServer

import fetch_browser

SWITCHES = (
    "no-sandbox", "disable-gpu", "disable-quic", "no-first-run",
    "disable-background-networking", "disable-component-update", "disable-sync",
)  # fmt: skip
PATIENCE_MILLISECONDS = 120_000
"""How long a busy machine may take for one thing."""
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
REMEMBER = """() => {
  window.heard = [];
  new MutationObserver(() => {
    const current = document.querySelector(".current");
    if (current) heard.push(current.textContent);
  }).observe(place, {childList: true});
}"""


@contextlib.contextmanager
def started(folder: Path) -> Iterator[Browser]:
    """Start the fetched browser with an empty profile; it ends with the block."""
    environment: dict[str, str | float | bool] = {
        "LANG": "C.UTF-8",
        "FONTCONFIG_FILE": str(folder / "fonts.conf"),
        "LD_LIBRARY_PATH": str(folder / fetch_browser.LIBRARIES),
        "PATH": os.environ["PATH"],
    }
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=folder / fetch_browser.BROWSER,
            args=[f"--{switch}" for switch in SWITCHES],
            env=environment | {"HOME": home},
            timeout=PATIENCE_MILLISECONDS,
        )
        yield browser
        browser.close()


class Room:
    """The reading room in one window; whatever it logs or asks of others is remembered."""

    def __init__(self, browser: Browser, server: SpeechServer, checker: Path, **window: Any) -> None:
        self.context: BrowserContext = browser.new_context(**({"extra_http_headers": NORTH, "locale": "zh-CN"} | window))
        self.context.set_default_timeout(PATIENCE_MILLISECONDS)
        self.page: Page = self.context.new_page()
        self.complaints: list[str] = []
        self.asked: list[str] = []
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self._checker = checker.read_text()
        self.page.goto(f"{server.url}/read")
        self.page.locator("#voice option").first.wait_for(state="attached")
        self.page.evaluate(REMEMBER)

    @property
    def heard(self) -> list[str]:
        """Every sentence that has been the current one, in order."""
        heard: list[str] = self.page.evaluate("heard")
        return heard

    def violations(self) -> list[str]:
        """Have axe check the page as it is now: https://www.deque.com/axe/core-documentation/."""
        self.page.evaluate(self._checker)
        found = self.page.evaluate("rules => axe.run({runOnly: rules}).then(({violations}) => violations)", RULES)
        return [f"{one['id']}: {one['help']} at {[node['html'] for node in one['nodes']]}" for one in found]

    def text(self, selector: str) -> str:
        return self.page.locator(selector).inner_text()

    def shows(self, selector: str, text: str) -> None:
        """Wait until an element holds a text."""
        self.page.locator(selector).filter(has_text=text).wait_for(state="attached")

    def has(self, selector: str) -> None:
        """Wait until there is such an element."""
        self.page.locator(selector).wait_for(state="attached")

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def tab_to(self, selector: str, most: int = 30) -> None:
        """Walk to a control with the Tab key alone."""
        for _ in range(most):
            if self.page.locator(selector).evaluate("element => element === document.activeElement"):
                return
            self.press("Tab")
        raise AssertionError(f"{selector} can be reached with the Tab key")
