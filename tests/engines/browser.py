"""What the journeys ask of a browser, whichever engine it has: addresses, scripts, and a visitor's own hands."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

WIDTH, HEIGHT = 1280, 800


class Tab(ABC):
    """One page. A script is the body of an asynchronous function; `arguments` and what it returns are JSON."""

    @abstractmethod
    def open(self, url: str) -> None:
        """Load an address, and wait until it is loaded; a dead line is no error."""

    @abstractmethod
    def reload(self) -> None: ...

    @abstractmethod
    def back(self) -> None: ...

    @abstractmethod
    def run(self, script: str, *arguments: Any) -> Any:
        """What the script returns. Raises BrowserError when it throws, or when the page goes away meanwhile."""

    @abstractmethod
    def press(self, x: float, y: float) -> None:
        """Press the mouse's button at a place in the window."""

    @abstractmethod
    def type(self, text: str) -> None:
        """Type on the keyboard, one key after the other."""

    @abstractmethod
    def key(self, name: str) -> None:
        """Press one of the KEYS."""

    @abstractmethod
    def choose(self, script: str, files: Sequence[Path]) -> None:
        """Choose files in the <input type=file> that the script returns."""

    @abstractmethod
    def resize(self, width: int, height: int) -> None: ...

    @abstractmethod
    def picture(self, path: Path) -> None:
        """Take a PNG of what is in the window."""

    @abstractmethod
    def kill(self) -> None:
        """Close the tab at once, whatever it has to say."""


class Browser(ABC):
    """A browser with a profile of its own: nothing of another one's sessions is in it."""

    @abstractmethod
    def tab(self) -> Tab: ...

    @abstractmethod
    def complaints(self) -> list[str]:
        """What scripts threw, and what offended the Content-Security-Policy."""

    @abstractmethod
    def close(self) -> None: ...


class BrowserError(Exception):
    """The browser could not do it."""


# As WebDriver numbers them.
KEYS = {
    "Backspace": "\ue003",
    "Tab": "\ue004",
    "Enter": "\ue007",
    "Escape": "\ue00c",
    "End": "\ue010",
    "Home": "\ue011",
}
POLICY = "Content Security Policy"


class MissingEngineError(Exception):
    """The engine is not installed; the text says what to install."""
