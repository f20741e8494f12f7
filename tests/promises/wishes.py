"""What customers asked for and what they were told: the book by which the stack is judged in the end."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

_NUMBER: Final = re.compile(r"#(\d+)\b")


@dataclass
class Wish:
    """One video that somebody wants to have here. Its title begins with its number, whatever becomes of it.

    `kept`: they were told that there is an asset, or their file was taken. `deletion` is what they know of it.
    `titles` and `visibilities` are those that it may have, several when an answer was lost.
    """

    number: int
    owner: str
    upload_id: str = ""
    asset_id: str = ""
    kept: bool = False
    cancelled: bool = False
    deletion: str = ""
    removed_elsewhere: bool = False
    visibilities: set[str] = field(default_factory=lambda: {"private"})
    titles: set[str] = field(init=False)

    def __post_init__(self) -> None:
        self.titles = {self.title}

    @property
    def title(self) -> str:
        return f"#{self.number}"

    @property
    def is_gone(self) -> bool:
        """Whether nobody may see it any more."""
        return self.deletion == "done"

    def retitled(self) -> str:
        """Another title."""
        return f"{self.title}, the director's cut"


class Wishes:
    """All of them, and what went wrong so far."""

    def __init__(self) -> None:
        self._all: dict[int, Wish] = {}
        self.wrong: list[str] = []

    def __iter__(self) -> Iterator[Wish]:
        return iter(self._all.values())

    def add(self, owner: str) -> Wish:
        wish = Wish(len(self._all) + 1, owner)
        self._all[wish.number] = wish
        return wish

    def __len__(self) -> int:
        return len(self._all)

    def look_at_list(self, owner: str, listed: list[dict[str, Any]]) -> None:
        """Note what `owner` was shown and should not have been."""
        for asset in listed:
            wish = self.of_title(asset.get("title", ""))
            if wish is None or wish.owner != owner:
                self.wrong.append(f"{owner} sees somebody else's asset {asset['id']}")
            elif wish.is_gone:
                self.wrong.append(f"{owner} still sees asset {asset['id']}, which was answered to be gone")

    def of_title(self, title: str) -> Wish | None:
        """Whose video bears this title."""
        number = _NUMBER.match(title)
        return self._all.get(int(number.group(1))) if number else None
