"""HTTP of /video/v1/uploads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from local.mux import serialisers
from local.mux.fields import Fields
from local.mux.http import data, json_body, page, path_id
from local.mux.library import paged
from local.mux.settings import asset_settings

if TYPE_CHECKING:
    from local.mux.environment import Environment
    from local.mux.resources import Upload

DEFAULT_TIMEOUT = 3600
_LEAST_TIMEOUT, _MOST_TIMEOUT = 60, 604_800


class UploadRoutes:
    def __init__(self, environment: Environment) -> None:
        self._uploads = environment.uploads

    def table(self) -> list[web.RouteDef]:
        uploads = "/video/v1/uploads"
        return [
            web.post(uploads, self.create),
            web.get(uploads, self.list),
            web.get(f"{uploads}/{{upload_id}}", self.get),
            web.put(f"{uploads}/{{upload_id}}/cancel", self.cancel),
        ]

    async def create(self, request: web.Request) -> web.Response:
        body = await json_body(request)
        fields = Fields(body)
        fields.fields("new_asset_settings")
        upload = self._uploads.create(
            asset_settings(body.get("new_asset_settings") or {}),
            base_url=f"{request.scheme}://{request.host}",
            timeout=fields.integer("timeout", _LEAST_TIMEOUT, _MOST_TIMEOUT) or DEFAULT_TIMEOUT,
            cors_origin=fields.text("cors_origin") or None,
            test=fields.boolean("test") or False,
        )
        return data(serialisers.api_upload(upload), 201)

    async def list(self, request: web.Request) -> web.Response:
        wanted = page(request)
        uploads = paged(self._uploads.newest_first(), wanted.limit, wanted.skip)
        return data([serialisers.api_upload(upload) for upload in uploads])

    async def get(self, request: web.Request) -> web.Response:
        return data(serialisers.api_upload(self._upload(request)))

    async def cancel(self, request: web.Request) -> web.Response:
        upload = self._upload(request)
        self._uploads.cancel(upload)
        return data(serialisers.api_upload(upload))

    def _upload(self, request: web.Request) -> Upload:
        return self._uploads.get(path_id(request, "upload_id"))
