"""The few calls that the stack itself makes to Mux (or to its emulator): who, webhooks, signing keys, lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aiohttp

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

SECONDS = 10


class MuxApiError(Exception):
    """Mux refused a call or could not be reached; `status` is 0 without an answer."""

    def __init__(self, call: str, status: int, reason: str) -> None:
        super().__init__(f"{call}: {reason}")
        self.status = status


class MuxApi:
    """A client of the Mux API at `url` with an access token; an async context manager."""

    def __init__(self, url: str, token_id: str, token_secret: str) -> None:
        self._url = url
        self._session = aiohttp.ClientSession(
            headers={"Authorization": aiohttp.encode_basic_auth(token_id, token_secret)},
            timeout=aiohttp.ClientTimeout(total=SECONDS),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def get(self, path: str, **query: str | int) -> Any:
        """The `data` of an answer. Raises MuxApiError."""
        return await self._call("GET", path, params=query)

    async def post(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """The `data` of an answer. Raises MuxApiError."""
        return await self._call("POST", path, json=body)

    async def _call(self, method: str, path: str, **arguments: Any) -> Any:
        call = f"{method} {path}"
        try:
            async with self._session.request(method, self._url + path, allow_redirects=False, **arguments) as response:
                if not response.ok:
                    raise MuxApiError(call, response.status, f"status {response.status}")
                return (await response.json())["data"]
        except (aiohttp.ClientError, TimeoutError, ValueError, KeyError) as error:
            raise MuxApiError(call, 0, type(error).__name__) from error
