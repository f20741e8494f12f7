"""WebKit, by Selenium: WebKitGTK's MiniBrowser on a display that nobody sees."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver import ActionChains
from selenium.webdriver.common.proxy import Proxy, ProxyType

from tests.engines.browser import HEIGHT, KEYS, WIDTH, Browser, BrowserError, MissingEngineError, Tab

if TYPE_CHECKING:
    from collections.abc import Sequence

DRIVER = "WebKitWebDriver"
MINI_BROWSERS = ("/usr/lib", "/usr/libexec")
CALL_SECONDS = 90
NOTE = """
    window.complaints = [];
    addEventListener("error", ({ message }) => message && complaints.push(message));
    addEventListener("unhandledrejection", ({ reason }) => complaints.push(String(reason)));
    document.addEventListener("securitypolicyviolation", ({ blockedURI }) => complaints.push(`policy: ${blockedURI}`));
"""
# For a window that has bars around its page.
_BARS = 38


class WebKitEngine:
    """Starts a process for each visitor, all on one display."""

    def __init__(self) -> None:
        driver, display = shutil.which(DRIVER), shutil.which("Xvfb")
        folders = (folder for root in MINI_BROWSERS for folder in Path(root).glob("**/webkit2gtk-4.*/MiniBrowser"))
        browser = next(folders, None)
        if driver is None or browser is None:
            raise MissingEngineError("WebKitGTK is not installed (Debian's package webkit2gtk-driver)")
        if display is None:
            raise MissingEngineError("Xvfb is not installed (Debian's package xvfb)")
        self._driver, self._browser = driver, str(browser)
        reading, writing = os.pipe()
        command = [display, "-displayfd", str(writing), "-screen", "0", "1920x1400x24", "-nolisten", "tcp"]
        self._display = subprocess.Popen(command, pass_fds=[writing], stderr=subprocess.DEVNULL)
        os.close(writing)
        with os.fdopen(reading) as told:
            self._number = told.readline().strip()
        if not self._number:
            raise BrowserError("Xvfb ended while it started")

    def browser(self, proxy: int, *, dark: bool = False) -> Browser:
        return WebKit(self._driver, self._browser, f":{self._number}", proxy, dark=dark)

    def close(self) -> None:
        self._display.terminate()
        self._display.wait()


class WebKit(Browser):
    def __init__(self, driver: str, browser: str, display: str, proxy: int, *, dark: bool) -> None:
        environment = {
            **{name: value for name, value in os.environ.items() if name != "WAYLAND_DISPLAY"},
            "DISPLAY": display,
            # A root user's WebKit has no sandbox.
            "WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1",
            "GSETTINGS_BACKEND": "memory",
            "NO_AT_BRIDGE": "1",
        }
        options = webdriver.WebKitGTKOptions()
        options.binary_location = browser
        options.add_argument("--automation")
        if dark:
            options.add_argument("--dark-mode")
        options.proxy = Proxy(
            {"proxyType": ProxyType.MANUAL, "httpProxy": f"127.0.0.1:{proxy}", "sslProxy": f"127.0.0.1:{proxy}"}
        )
        options.set_capability("unhandledPromptBehavior", "accept")
        service = webdriver.WebKitGTKService(driver, env=environment)
        with warnings.catch_warnings():
            # Selenium's own: its class for WebKitGTK sets what its base class would rather not be told.
            warnings.simplefilter("ignore", DeprecationWarning)
            self.driver = webdriver.WebKitGTK(options=options, service=service)
        self.driver.set_script_timeout(CALL_SECONDS)
        self.driver.set_page_load_timeout(CALL_SECONDS)
        self.driver.set_window_size(WIDTH, HEIGHT + _BARS)
        self._first: str | None = self.driver.current_window_handle
        self.front: str | None = self._first
        self._tabs: list[WebKitTab] = []

    def tab(self) -> WebKitTab:
        handle, self._first = self._first, None
        if handle is None:
            self.driver.switch_to.new_window("tab")
            handle = self.front = self.driver.current_window_handle
        self._tabs.append(WebKitTab(self, handle))
        return self._tabs[-1]

    def complaints(self) -> list[str]:
        """WebKitGTK tells a driver nothing of this, so the pages note it themselves, from when they are loaded."""
        found: list[str] = []
        for tab in self._tabs:
            with contextlib.suppress(BrowserError):
                found += tab.run("return window.complaints ?? []")
        return found

    def forget(self, tab: WebKitTab) -> None:
        """Closed, so its window is in front of nobody."""
        self._tabs.remove(tab)
        self.front = None

    def close(self) -> None:
        with contextlib.suppress(WebDriverException):
            self.driver.quit()


class WebKitTab(Tab):
    def __init__(self, webkit: WebKit, handle: str) -> None:
        self._webkit = webkit
        self._handle = handle
        self.resize(WIDTH, HEIGHT)

    def open(self, url: str) -> None:
        with contextlib.suppress(WebDriverException):
            self._driver.get(url)
            self._driver.execute_script(NOTE)

    def reload(self) -> None:
        self._driver.refresh()
        self._driver.execute_script(NOTE)

    def back(self) -> None:
        self._driver.back()

    def run(self, script: str, *arguments: Any) -> Any:
        body = f"""
            const [given, done] = arguments;
            const work = async () => {{ {script} }};
            work().then((value) => done({{ value }}), (error) => done({{ error: String(error) }}));
        """
        try:
            told = self._driver.execute_async_script(body, list(arguments))
        except WebDriverException as error:
            raise BrowserError(str(error.msg)) from error
        if told is None or "error" in told:
            raise BrowserError(str(told and told["error"]))
        return told.get("value")

    def press(self, x: float, y: float) -> None:
        actions = ActionChains(self._driver, duration=50)
        mouse = actions.w3c_actions.pointer_action
        mouse.move_to_location(round(x), round(y))  # type: ignore[no-untyped-call]
        mouse.click()
        actions.perform()

    def type(self, text: str) -> None:
        ActionChains(self._driver).send_keys(text).perform()

    def key(self, name: str) -> None:
        ActionChains(self._driver).send_keys(KEYS[name]).perform()

    def choose(self, script: str, files: Sequence[Path]) -> None:
        # Elements do not survive a promise here.
        found = self._driver.execute_script(script)
        if found is None:
            raise BrowserError("there is no such input")
        found.send_keys("\n".join(map(str, files)))

    def resize(self, width: int, height: int) -> None:
        """A window is 447 pixels wide at least."""
        driver = self._driver
        for _ in range(10):
            is_width, is_height = driver.execute_script("return [innerWidth, innerHeight]")
            if (is_width, is_height) == (width, height):
                return
            size = driver.get_window_size()
            driver.set_window_size(size["width"] + width - is_width, size["height"] + height - is_height)
            time.sleep(0.2)

    def picture(self, path: Path) -> None:
        self._driver.save_screenshot(str(path))

    def kill(self) -> None:
        self._driver.close()
        self._webkit.forget(self)

    @property
    def _driver(self) -> Any:
        if self._webkit.front != self._handle:
            self._webkit.driver.switch_to.window(self._handle)
            self._webkit.front = self._handle
        return self._webkit.driver
