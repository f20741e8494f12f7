"""HTTP of /_emulator: control, without credentials."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from local.mux.fields import Fields
from local.mux.http import data, json_body, no_content, path_id

if TYPE_CHECKING:
    from local.mux.control import Control

_LONGEST_ADVANCE = 10 * 365 * 24 * 3600.0


class ControlRoutes:
    def __init__(self, control: Control) -> None:
        self._control = control

    def table(self) -> list[web.RouteDef]:
        return [
            web.put("/_emulator/faults", self.set_faults),
            web.put("/_emulator/permissions", self.grant),
            web.post("/_emulator/clock", self.advance),
            web.get("/_emulator/state", self.state),
            web.get("/_emulator/requests", self.requests),
            web.get("/_emulator/events", self.events),
            web.get("/_emulator/deliveries", self.deliveries),
            web.get("/_emulator/uploads/{upload_id}", self.transfer),
            web.delete("/_emulator/assets/{asset_id}", self.delete_asset),
            web.post("/_emulator/reset", self.reset),
        ]

    async def set_faults(self, request: web.Request) -> web.Response:
        return data(await self._control.set_faults(await json_body(request)))

    async def grant(self, request: web.Request) -> web.Response:
        permissions = Fields(await json_body(request)).items("permissions")
        return data({"permissions": await self._control.grant(map(str, permissions))})

    async def advance(self, request: web.Request) -> web.Response:
        fields = Fields(await json_body(request))
        seconds = fields.number("advance_seconds", maximum=_LONGEST_ADVANCE)
        if seconds is None:
            raise fields.invalid("advance_seconds", "is required")
        return data({"now": await self._control.advance(seconds)})

    async def state(self, _request: web.Request) -> web.Response:
        return data(await self._control.state())

    async def requests(self, _request: web.Request) -> web.Response:
        return data(await self._control.requests())

    async def events(self, _request: web.Request) -> web.Response:
        return data(await self._control.events())

    async def deliveries(self, _request: web.Request) -> web.Response:
        return data(await self._control.deliveries())

    async def transfer(self, request: web.Request) -> web.Response:
        return data(await self._control.transfer(path_id(request, "upload_id")))

    async def delete_asset(self, request: web.Request) -> web.Response:
        await self._control.delete_asset(path_id(request, "asset_id"))
        return no_content()

    async def reset(self, _request: web.Request) -> web.Response:
        await self._control.reset()
        return no_content()
