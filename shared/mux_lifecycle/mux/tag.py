"""The tag: our text in Mux's `passthrough`, from which a record can be recovered when the table knows nothing."""

from dataclasses import dataclass
from typing import Final, Self

VISIBILITIES: Final = ("private", "public")
MAX_OWNER: Final = 128
_MARK: Final = "mxl1"
_MAX_LENGTH: Final = 255


def is_owner(text: object) -> bool:
    """Whether `text` can be an owner: 1 to 128 visible ASCII characters without `#`."""
    return (
        isinstance(text, str)
        and 0 < len(text) <= MAX_OWNER
        and all("!" <= character <= "~" and character != "#" for character in text)
    )


@dataclass(frozen=True, slots=True)
class Tag:
    """Who asked for an asset (`owner`), through which stack, by which request, and who may see it."""

    stack: str
    owner: str
    request: str
    visibility: str = "private"

    def encode(self) -> str:
        """The text for `passthrough`; at most 255 characters by the limits of its parts."""
        return "#".join((_MARK, self.stack, self.owner, self.request, self.visibility))

    @classmethod
    def decode(cls, text: object, *, stack: str) -> Self | None:
        """The tag in `text`, or None when this stack did not write it."""
        if not isinstance(text, str) or len(text) > _MAX_LENGTH:
            return None
        parts = text.split("#")
        if len(parts) != 5:
            return None
        mark, named_stack, owner, request, visibility = parts
        ours = mark == _MARK and named_stack == stack and is_owner(owner) and is_owner(request)
        return cls(stack, owner, request, visibility) if ours and visibility in VISIBILITIES else None
