"""Chromium, by Playwright."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

from playwright.sync_api import Error, sync_playwright

from tests.engines.browser import HEIGHT, POLICY, WIDTH, Browser, BrowserError, MissingEngineError, Tab

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from playwright.sync_api import Browser as Engine
    from playwright.sync_api import BrowserContext, Page

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")


class ChromiumEngine:
    """One process for all visitors; each has a context of their own in it."""

    def __init__(self) -> None:
        program = next(filter(None, map(shutil.which, PROGRAMS)), None)
        if program is None:
            raise MissingEngineError("Chromium is not installed (Debian's package chromium)")
        self._playwright = sync_playwright().start()
        self._engine: Engine = self._playwright.chromium.launch(
            executable_path=program,
            args=[
                *("--no-sandbox", "--disable-component-update", "--disable-background-networking", "--mute-audio"),
                *("--disable-features=AutofillServerCommunication,OptimizationHints", "--disable-sync"),
                # A tab in the background goes on as one in front does.
                *("--disable-background-timer-throttling", "--disable-renderer-backgrounding"),
            ],
        )

    def browser(self, proxy: int, *, dark: bool = False) -> Browser:
        return Chromium(self._engine, proxy, dark=dark)

    def close(self) -> None:
        self._engine.close()
        self._playwright.stop()


class Chromium(Browser):
    def __init__(self, engine: Engine, proxy: int, *, dark: bool) -> None:
        self._complaints: list[str] = []
        self._context: BrowserContext = engine.new_context(
            viewport={"width": WIDTH, "height": HEIGHT},
            locale="en-GB",
            color_scheme="dark" if dark else "light",
            proxy={"server": f"http://127.0.0.1:{proxy}", "bypass": "<-loopback>"},
        )
        self._context.on("weberror", lambda error: self._complaints.append(str(error.error)))
        self._context.on("console", lambda message: self._note(message.text))

    def tab(self) -> ChromiumTab:
        return ChromiumTab(self._context.new_page())

    def complaints(self) -> list[str]:
        return self._complaints

    def close(self) -> None:
        self._context.close()

    def _note(self, text: str) -> None:
        if POLICY in text:
            self._complaints.append(text)


class ChromiumTab(Tab):
    def __init__(self, page: Page) -> None:
        self.page = page
        page.on("dialog", lambda dialog: dialog.accept())

    def open(self, url: str) -> None:
        try:
            self.page.goto(url)
        except Error as error:
            if "net::ERR" not in error.message:
                raise BrowserError(error.message) from error

    def reload(self) -> None:
        self.page.reload()

    def back(self) -> None:
        self.page.go_back()

    def run(self, script: str, *arguments: Any) -> Any:
        try:
            return self.page.evaluate(f"async (given) => {{ {script} }}", list(arguments))
        except Error as error:
            raise BrowserError(error.message) from error

    def press(self, x: float, y: float) -> None:
        self.page.mouse.click(x, y)

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)

    def key(self, name: str) -> None:
        self.page.keyboard.press(name)

    def choose(self, script: str, files: Sequence[Path]) -> None:
        element = self.page.evaluate_handle(f"async (given) => {{ {script} }}", []).as_element()
        if element is None:
            raise BrowserError("there is no such input")
        element.set_input_files(list(files))

    def resize(self, width: int, height: int) -> None:
        self.page.set_viewport_size({"width": width, "height": height})

    def picture(self, path: Path) -> None:
        self.page.screenshot(path=path)

    def kill(self) -> None:
        self.page.close(run_before_unload=False)
