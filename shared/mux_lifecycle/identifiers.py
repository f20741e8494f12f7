"""What can be an id of Mux's, wherever it comes from: a path, a body, an event, an answer. Imports nothing of ours."""

import re
from typing import Final, TypeGuard

_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,128}", re.ASCII)


def is_identifier(value: object) -> TypeGuard[str]:
    """Whether `value` is text that can stand in a path and a key as it is; not whether such an object exists."""
    return isinstance(value, str) and bool(_ID.fullmatch(value))
