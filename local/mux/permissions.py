"""What the token may do: Video and System, to read and to write. What it may not do looks as if it were not there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.mux.errors import InvalidParametersError

if TYPE_CHECKING:
    from collections.abc import Iterable

PERMISSIONS = ("video:read", "video:write", "system:read", "system:write")

_WHOAMI = "/system/v1/whoami"
# Their old place in the API; they are a matter of System wherever they stand.
_SIGNING_KEYS = "/video/v1/signing-keys"


class Permissions:
    def __init__(self) -> None:
        self.granted: tuple[str, ...] = PERMISSIONS

    def grant(self, permissions: Iterable[str] = PERMISSIONS) -> None:
        """Grant these and no others. Raises InvalidParametersError for what is no permission."""
        granted = tuple(permissions)
        if not set(granted) <= set(PERMISSIONS):
            raise InvalidParametersError(f"permissions are {', '.join(PERMISSIONS)}")
        self.granted = granted

    def allow(self, method: str, path: str) -> bool:
        if path == _WHOAMI:
            return True
        area = "system" if path.startswith(("/system/", _SIGNING_KEYS)) else "video"
        return f"{area}:{'read' if method in {'GET', 'HEAD'} else 'write'}" in self.granted
