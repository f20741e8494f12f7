"""A visitor of the site in one of the engines: sees and presses what is on the page by its role and its name."""

from __future__ import annotations

import contextlib
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.engines.browser import BrowserError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from local.embedded import LocalStack
    from tests.engines.browser import Browser, Tab
    from tests.engines.network import Network

HERE = Path(__file__).parent
FIND = (HERE / "find.js").read_text(encoding="utf-8")
AXE = HERE.parent / "site" / "node_modules" / "axe-core" / "axe.min.js"
PATIENCE = 45
LOOK_SECONDS = 0.1


@dataclass(frozen=True)
class Thing:
    """What is on the page: by its role and (a part of) its name, or by a selector; inside of another one."""

    role: str | None = None
    name: str | None = None
    css: str | None = None
    within: Thing | None = None

    def as_json(self) -> Any:
        return _without_nothing(asdict(self))

    def __str__(self) -> str:
        inside = f" in {self.within}" if self.within else ""
        return f"{self.css or f'{self.role} {self.name!r}'}{inside}"


def _without_nothing(value: dict[str, Any]) -> dict[str, Any]:
    shown = {name: _without_nothing(part) if isinstance(part, dict) else part for name, part in value.items()}
    return {name: part for name, part in shown.items() if part is not None}


def css(selector: str, within: Thing | None = None) -> Thing:
    return Thing(css=selector, within=within)


def by(role: str, name: str | None = None, within: Thing | None = None) -> Thing:
    return Thing(role, name, within=within)


PLAY = by("button", "Play", within=css("video-view"))


class Visit:
    """One tab of a visitor."""

    def __init__(self, stack: LocalStack, browser: Browser, network: Network) -> None:
        self.stack, self.browser, self.network = stack, browser, network
        self.tab: Tab = browser.tab()

    def second(self) -> Visit:
        """Another tab of the same visitor."""
        return Visit(self.stack, self.browser, self.network)

    def open(self, path: str = "/") -> None:
        self.tab.open(self.stack.site_url + path)

    def sign_in(self, name: str = "Alice Archer", path: str = "/") -> None:
        self.open(path)
        self.press(by("button", "Sign in"))
        self.press(by("link", name))
        self.sees(by("heading", "Your videos") if path == "/" else css("video-account"))

    def sees(self, thing: Thing, seconds: float = PATIENCE) -> None:
        self.until("return findAll(given[0]).some(isVisible)", thing.as_json(), what=f"see {thing}", seconds=seconds)

    def misses(self, thing: Thing, seconds: float = PATIENCE) -> None:
        script = "return !findAll(given[0]).some(isVisible)"
        self.until(script, thing.as_json(), what=f"miss {thing}", seconds=seconds)

    def count(self, thing: Thing) -> int:
        return int(self.run("return findAll(given[0]).filter(isVisible).length", thing.as_json()))

    def text(self, thing: Thing) -> str:
        return str(self.run("const [one] = findAll(given[0]); return one ? plain(textOf(one)) : ''", thing.as_json()))

    def value(self, thing: Thing) -> Any:
        return self.run("const [one] = findAll(given[0]); return one?.value", thing.as_json())

    def press(self, thing: Thing) -> None:
        """Press its middle, once it has stopped moving and nothing covers it."""
        limit, last = time.monotonic() + PATIENCE, None
        while True:
            place = self._try("return placeOf(given[0])", thing.as_json()) or {"why": "the page is not ready"}
            if "x" in place and place == last:
                break
            assert time.monotonic() < limit, f"cannot press {thing}: {place.get('why')}; on the page: {self.page()}"
            last = place
            time.sleep(LOOK_SECONDS)
        self.tab.press(place["x"], place["y"])

    def fill(self, thing: Thing, text: str) -> None:
        """Type in the place of what is there."""
        self.press(thing)
        self.run("const [one] = findAll(given[0]); one.focus(); one.select()", thing.as_json())
        if text:
            self.tab.type(text)
        else:
            self.tab.key("Backspace")

    def select(self, thing: Thing, value: str) -> None:
        script = """
            const [one] = findAll(given[0]);
            one.value = given[1];
            const told = { bubbles: true, composed: true };
            for (const type of ["input", "change"]) one.dispatchEvent(new Event(type, told));
        """
        self.sees(thing)
        self.run(script, thing.as_json(), value)

    def upload(self, *files: Path, element: str = "video-uploader", folder: bool = False) -> None:
        """Choose files in an element."""
        kind = "hasAttribute('webkitdirectory')"
        script = f"""
            const all = findAll({{ css: "input[type=file]", within: {{ css: {element!r} }} }});
            return all.find((one) => one.{kind} === {str(folder).lower()}) ?? null;
        """
        self.until(f"{script[: script.rindex('return')]} return all.length > 0", what="find where to choose files")
        self.tab.choose(FIND + script, files)

    def plays(self, seconds: float = 1) -> None:
        """Press the poster, if there is one, and see the video move on."""
        self.until("return playing() || findAll(given[0]).some(isVisible)", PLAY.as_json(), what="have a video to play")
        if self.count(PLAY):
            self.press(PLAY)
        self.until("return playing()?.readyState >= 1", what="have the video loaded")
        # Nobody hears it, and sound needs a gesture that some players take for themselves.
        self.run("const one = playing(); one.muted = true; if (one.paused) one.play().catch(() => {})")
        self.until("return playing()?.currentTime > given[0]", seconds, what="see the video play")

    def run(self, script: str, *arguments: Any) -> Any:
        return self.tab.run(FIND + script, *arguments)

    def until(self, script: str, *arguments: Any, what: str = "", seconds: float = PATIENCE) -> None:
        """Wait until a script returns something true."""
        self.wait(lambda: bool(self._try(script, *arguments)), what or script, seconds)

    def wait(self, holds: Callable[[], bool], what: str, seconds: float = PATIENCE) -> None:
        limit = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < limit, f"waited {seconds:g} s to {what}; on the page: {self.page()}"
            time.sleep(LOOK_SECONDS)

    def page(self) -> str:
        """What stands on the page, for a failed test."""
        return str(self._try("return location.href + ' ' + plain(textOf(document.body)).slice(0, 1500)"))

    def barriers(self) -> list[str]:
        """What axe finds serious or critical on the page."""
        if not self.run("return 'axe' in window"):
            self.tab.run(f"{AXE.read_text(encoding='utf-8')}; window.axe = axe; return true")
        found = self.tab.run("return (await axe.run({ resultTypes: ['violations'] })).violations")
        return [
            f"{violation['id']}: {node['target']} {node.get('html', '')[:200]}"
            for violation in found
            if violation["impact"] in {"serious", "critical"}
            for node in violation["nodes"]
        ]

    def keep(self, path: Path) -> None:
        """A picture of the page, if there is one to be had."""
        with contextlib.suppress(Exception):
            self.tab.picture(path)

    def _try(self, script: str, *arguments: Any) -> Any:
        """What a script returns; None while the page is on its way."""
        try:
            return self.run(script, *arguments)
        except BrowserError:
            return None


def titles(assets: Sequence[dict[str, Any]]) -> list[str]:
    return sorted(str(asset.get("title")) for asset in assets)
