"""Firefox, by WebDriver BiDi: JSON over a WebSocket that Firefox itself serves."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import websocket

from tests.engines.browser import HEIGHT, KEYS, POLICY, WIDTH, Browser, BrowserError, MissingEngineError, Tab

if TYPE_CHECKING:
    from collections.abc import Sequence

    type Json = dict[str, Any]

PROGRAMS = ("firefox-esr", "firefox")
CALL_SECONDS = 90
# Nothing but pages goes anywhere, and those go by the proxy, this machine's own addresses too.
PREFERENCES: dict[str, str | int | bool] = {
    "network.proxy.type": 1,
    "network.proxy.http": "127.0.0.1",
    "network.proxy.ssl": "127.0.0.1",
    "network.proxy.no_proxies_on": "",
    "network.proxy.allow_hijacking_localhost": True,
    "app.normandy.enabled": False,
    "app.update.disabledForTesting": True,
    "browser.region.network.url": "",
    "browser.safebrowsing.update.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "media.gmp-manager.updateEnabled": False,
    "media.volume_scale": "0.0",
    "messaging-system.rsexperimentloader.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "data:,#remote-settings-dummy/v1",
    "browser.display.document_color_use": 0,
    "intl.accept_languages": "en-GB",
}
# Firefox asks every page's host for an icon, and the local sign-in page forbids all pictures. What a lossy line does to
# requests is for the page to handle, and no error of its scripts.
USUAL = ("favicon.ico", "Cross-Origin Request Blocked")


class FirefoxEngine:
    """Starts a process for each visitor, for colours belong to a profile."""

    def __init__(self) -> None:
        program = next(filter(None, map(shutil.which, PROGRAMS)), None)
        if program is None:
            raise MissingEngineError("Firefox is not installed (Debian's package firefox-esr)")
        self._program = program

    def browser(self, proxy: int, *, dark: bool = False) -> Browser:
        return Firefox(self._program, proxy, dark=dark)

    def close(self) -> None:
        """Nothing runs between visitors."""


class Firefox(Browser):
    def __init__(self, program: str, proxy: int, *, dark: bool) -> None:
        self._complaints: list[str] = []
        self._calls = 0
        self._profile = tempfile.TemporaryDirectory(prefix="firefox-", ignore_cleanup_errors=True)
        preferences = PREFERENCES | {
            "network.proxy.http_port": proxy,
            "network.proxy.ssl_port": proxy,
            "layout.css.prefers-color-scheme.content-override": 0 if dark else 1,
        }
        lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in preferences.items()]
        (Path(self._profile.name) / "user.js").write_text("".join(lines), encoding="utf-8")
        self._process = subprocess.Popen(
            [program, "--headless", "--no-remote", "--profile", self._profile.name, "--remote-debugging-port", "0"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            # Else Firefox takes no other server for its own settings.
            env=os.environ | {"MOZ_REMOTE_SETTINGS_DEVTOOLS": "1"},
            stderr=(log := tempfile.TemporaryFile("w+")),  # noqa: SIM115 (lives as long as the browser)
            text=True,
        )
        self._log = log
        try:
            # Firefox lets no page connect, and a browser's scripts send an origin; this sends none.
            self._socket = websocket.create_connection(
                f"{self._address()}/session", suppress_origin=True, timeout=CALL_SECONDS
            )
            wishes = {"alwaysMatch": {"unhandledPromptBehavior": {"default": "accept", "beforeUnload": "accept"}}}
            self.call("session.new", capabilities=wishes)
            self.call("session.subscribe", events=["log.entryAdded"])
        except BaseException:
            self.close()
            raise

    def tab(self) -> FirefoxTab:
        context: str = self.call("browsingContext.create", type="tab")["context"]
        return FirefoxTab(self, context)

    def complaints(self) -> list[str]:
        with contextlib.suppress(BrowserError):
            self.call("session.status")
        return self._complaints

    def close(self) -> None:
        with contextlib.suppress(AttributeError, OSError, websocket.WebSocketException):
            self._socket.close()
        self._process.kill()
        self._process.wait()
        self._log.close()
        self._profile.cleanup()

    def call(self, method: str, **parameters: Any) -> Json:
        """What Firefox answers; events that come before are noted."""
        self._calls += 1
        try:
            self._socket.send(json.dumps({"id": self._calls, "method": method, "params": parameters}))
            while True:
                told: Json = json.loads(self._socket.recv())
                if told.get("id") == self._calls:
                    break
                self._note(told)
        except (OSError, websocket.WebSocketException) as error:
            raise BrowserError(f"{method}: {error!r}") from error
        if told["type"] == "error":
            raise BrowserError(f"{method}: {told['error']}: {told['message']}")
        result: Json = told["result"]
        return result

    def _note(self, event: Json) -> None:
        entry = event.get("params", {})
        text = str(entry.get("text", ""))
        if event.get("method") != "log.entryAdded" or entry["level"] != "error":
            return
        if any(usual in text for usual in USUAL):
            return
        if entry["type"] == "javascript" or POLICY in text:
            self._complaints.append(text)

    def _address(self) -> str:
        while self._process.poll() is None:
            self._log.seek(0)
            if found := re.search(r"WebDriver BiDi listening on (ws://\S+)", self._log.read()):
                return found[1]
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(0.05)
        raise BrowserError("Firefox ended while it started")


class FirefoxTab(Tab):
    def __init__(self, firefox: Firefox, context: str) -> None:
        self._firefox = firefox
        self._context = context
        self.resize(WIDTH, HEIGHT)

    def open(self, url: str) -> None:
        try:
            self._firefox.call("browsingContext.navigate", context=self._context, url=url, wait="complete")
        except BrowserError as error:
            if "NS_ERROR" not in str(error) and "NS_BINDING" not in str(error):
                raise

    def reload(self) -> None:
        self._firefox.call("browsingContext.reload", context=self._context, wait="complete")

    def back(self) -> None:
        self._firefox.call("browsingContext.traverseHistory", context=self._context, delta=-1)

    def run(self, script: str, *arguments: Any) -> Any:
        body = f"""async (text) => {{
            const work = async (given) => {{ {script} }};
            return JSON.stringify((await work(JSON.parse(text))) ?? null);
        }}"""
        return json.loads(self._called(body, json.dumps(arguments))["value"])

    def press(self, x: float, y: float) -> None:
        moves = [
            {"type": "pointerMove", "x": round(x), "y": round(y)},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerUp", "button": 0},
        ]
        self._act({"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": moves})

    def type(self, text: str) -> None:
        for letter in text:
            self._keys(letter)

    def key(self, name: str) -> None:
        self._keys(KEYS[name])

    def choose(self, script: str, files: Sequence[Path]) -> None:
        found = self._called(f"async () => {{ {script} }}", "")
        if found.get("type") != "node":
            raise BrowserError("there is no such input")
        self._firefox.call(
            "input.setFiles",
            context=self._context,
            element={"sharedId": found["sharedId"]},
            files=[str(file) for file in files],
        )

    def resize(self, width: int, height: int) -> None:
        viewport = {"width": width, "height": height}
        self._firefox.call("browsingContext.setViewport", context=self._context, viewport=viewport)

    def picture(self, path: Path) -> None:
        shot = self._firefox.call("browsingContext.captureScreenshot", context=self._context)
        path.write_bytes(base64.b64decode(shot["data"]))

    def kill(self) -> None:
        self._firefox.call("browsingContext.close", context=self._context)

    def _called(self, function: str, text: str) -> Json:
        told = self._firefox.call(
            "script.callFunction",
            functionDeclaration=function,
            arguments=[{"type": "string", "value": text}],
            awaitPromise=True,
            target={"context": self._context},
            userActivation=True,
        )
        if told["type"] == "exception":
            raise BrowserError(told["exceptionDetails"]["text"])
        result: Json = told["result"]
        return result

    def _keys(self, letter: str) -> None:
        actions = [{"type": "keyDown", "value": letter}, {"type": "keyUp", "value": letter}]
        self._act({"type": "key", "id": "keyboard", "actions": actions})

    def _act(self, source: Json) -> None:
        self._firefox.call("input.performActions", context=self._context, actions=[source])
