"""The tag: our text in Mux's `passthrough`, from which a record can be recovered when the table knows nothing."""

import re
from typing import Final, NamedTuple, Self

VISIBILITIES: Final = ("private", "public")
MAX_OWNER: Final = 128
_MARK: Final = "mxl1"
_MAX_LENGTH: Final = 255
_SECONDS: Final = re.compile("[1-9][0-9]{0,4}", re.ASCII)


def is_owner(text: object) -> bool:
    """Whether `text` can be an owner: 1 to 128 visible ASCII characters without `#`."""
    return (
        isinstance(text, str)
        and 0 < len(text) <= MAX_OWNER
        and all("!" <= character <= "~" and character != "#" for character in text)
    )


class Tag(NamedTuple):
    """Who asked for an asset (`owner`), through which stack, by which request, and who may see it.

    `max_duration`: the most seconds that the video may have, by the limit it was made under; 0 for any number.
    """

    stack: str
    owner: str
    request: str
    visibility: str = "private"
    max_duration: int = 0

    def encode(self) -> str:
        """The text for `passthrough`; at most 255 characters by the limits of its parts."""
        parts = (_MARK, self.stack, self.owner, self.request, self.visibility)
        return "#".join(parts + ((str(self.max_duration),) if self.max_duration else ()))

    @classmethod
    def decode(cls, text: object, *, stack: str) -> Self | None:
        """The tag in `text`, or None when this stack did not write it."""
        if not isinstance(text, str) or len(text) > _MAX_LENGTH:
            return None
        parts = text.split("#")
        if len(parts) not in (5, 6):
            return None
        mark, named_stack, owner, request, visibility, *limit = parts
        ours = mark == _MARK and named_stack == stack and is_owner(owner) and is_owner(request)
        if not ours or visibility not in VISIBILITIES or not all(_SECONDS.fullmatch(seconds) for seconds in limit):
            return None
        return cls(stack, owner, request, visibility, *map(int, limit))
