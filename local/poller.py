"""Stands in for Mux's webhooks where none can arrive: asks Mux what changed and sends the events itself.

It watches the newest uploads and assets of the environment, a page of each, and asks at most once a second.
"""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import aiohttp

from local.mux.signature import HEADER, sign
from local.mux_api import MuxApiError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from local.logs import Logs
    from local.mux_api import MuxApi

Item = dict[str, Any]
Deliver = Callable[[bytes], Awaitable[bool]]

PAGE = 100
PERIOD = 1.0
PATIENCE = aiohttp.ClientTimeout(total=10)
# The last event of a state says all that the earlier ones would have said.
UPLOAD_EVENTS = {"asset_created": "asset_created", "cancelled": "cancelled", "errored": "errored"}
ASSET_EVENTS = {"preparing": "created", "ready": "ready", "errored": "errored"}


class Poller:
    """Polls `mux` and hands signed events to `deliver`, which answers whether they were taken.

    An event that is not taken comes again in the next round, as Mux would repeat it.
    """

    def __init__(self, mux: MuxApi, environment: Mapping[str, str], deliver: Deliver, logs: Logs) -> None:
        self._mux = mux
        self._environment = dict(environment)
        self._deliver = deliver
        self._logs = logs
        self._uploads: dict[str, Item] = {}
        self._assets: dict[str, Item] = {}
        self._asked = 0.0

    async def run(self) -> None:
        """Poll for ever; what goes wrong is logged, and tried again."""
        while True:
            try:
                await self.round()
            except MuxApiError as error:
                self._logs.write("poller", str(error))

    async def round(self) -> None:
        """Look at Mux once and send what changed. Raises MuxApiError."""
        # Assets first: what an upload then says it became is known already.
        assets = await self._list("/video/v1/assets")
        for asset in assets:
            kind = _asset_event(self._assets.get(asset["id"]), asset)
            if await self._sent("asset", kind, asset):
                self._assets[asset["id"]] = asset
        for upload in await self._list("/video/v1/uploads"):
            known = self._uploads.get(upload["id"], {})
            kind = UPLOAD_EVENTS.get(upload["status"])
            if upload["status"] == known.get("status") or await self._sent("upload", kind, upload):
                self._uploads[upload["id"]] = upload
        for missing in self._assets.keys() - {asset["id"] for asset in assets}:
            await self._look_for(missing)

    async def _look_for(self, asset_id: str) -> None:
        """Send the end of an asset that Mux no longer has; one that newer ones pushed off the page is let go."""
        try:
            await self._get(f"/video/v1/assets/{asset_id}")
        except MuxApiError as error:
            if error.status != 404:
                raise
            if not await self._sent("asset", "deleted", self._assets[asset_id]):
                return
        del self._assets[asset_id]

    async def _sent(self, family: str, kind: str | None, item: Item) -> bool:
        """Send an event, unless `kind` is None; answers whether there is nothing left to send."""
        if kind is None:
            return True
        event: Item = {
            "type": f"video.{family}.{kind}",
            "request_id": None,
            "object": {"type": family, "id": item["id"]},
            "id": str(uuid.uuid4()),
            "environment": self._environment,
            "data": webhook_form(item),
            "created_at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "attempts": [],
            "accessor_source": None,
            "accessor": None,
        }
        return await self._deliver(json.dumps(event).encode())

    async def _list(self, path: str) -> list[Item]:
        """The newest items, oldest first, so that their events go out in the order of their creation."""
        items: list[Item] = await self._get(path, limit=PAGE)
        return items[::-1]

    async def _get(self, path: str, **query: int) -> Any:
        await asyncio.sleep(self._asked + PERIOD - time.monotonic())
        self._asked = time.monotonic()
        return await self._mux.get(path, **query)


def webhook_delivery(session: aiohttp.ClientSession, url: str, secret: str) -> Deliver:
    """Delivers events to a webhook route, signed with its secret; only a 2xx counts as taken."""

    async def deliver(body: bytes) -> bool:
        headers = {"Content-Type": "application/json", HEADER: sign(body, secret, int(time.time()))}
        try:
            async with session.post(url, data=body, headers=headers, timeout=PATIENCE) as response:
                return response.ok
        except (aiohttp.ClientError, TimeoutError):
            return False

    return deliver


def webhook_form(item: Mapping[str, Any]) -> Item:
    """An upload or asset as webhooks carry it: times and file sizes are numbers there, and text in the API."""
    return dict(_numbers(item))


def _numbers(item: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in item.items():
        if name in {"created_at", "updated_at", "filesize"} and isinstance(value, str) and value.isdigit():
            yield name, int(value)
        elif isinstance(value, dict):
            yield name, webhook_form(value)
        elif isinstance(value, list):
            yield name, [webhook_form(entry) if isinstance(entry, dict) else entry for entry in value]
        else:
            yield name, value


def _asset_event(known: Item | None, asset: Item) -> str | None:
    """The event that takes a watcher from `known` to `asset`; None when nothing but the progress differs."""
    if known is None or known["status"] != asset["status"]:
        return ASSET_EVENTS.get(asset["status"])
    return "updated" if {**known, "progress": None} != {**asset, "progress": None} else None
