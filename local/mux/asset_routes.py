"""HTTP of /video/v1/assets and /video/v1/playback-ids."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from local.mux import serialisers
from local.mux.fields import Fields
from local.mux.http import data, json_body, no_content, page, path_id
from local.mux.settings import (
    MASTER_ACCESS,
    MP4_SUPPORT,
    asset_settings,
    generated_subtitles,
    playback_policy,
    rendition_request,
)

if TYPE_CHECKING:
    from local.mux.environment import Environment
    from local.mux.resources import Asset


class AssetRoutes:
    def __init__(self, environment: Environment) -> None:
        self._library = environment.library
        self._assets = environment.assets
        self._tracks = environment.tracks
        self._renditions = environment.renditions
        self._master = environment.master

    def table(self) -> list[web.RouteDef]:
        assets = "/video/v1/assets"
        asset = f"{assets}/{{asset_id}}"
        return [
            web.post(assets, self.create),
            web.get(assets, self.list),
            web.get(asset, self.get),
            web.patch(asset, self.change),
            web.delete(asset, self.delete),
            web.delete(f"{asset}/thumbnail-time", self.clear_thumbnail_time),
            web.get(f"{asset}/input-info", self.input_info),
            web.post(f"{asset}/playback-ids", self.create_playback_id),
            web.get(f"{asset}/playback-ids/{{playback_id}}", self.get_playback_id),
            web.delete(f"{asset}/playback-ids/{{playback_id}}", self.delete_playback_id),
            web.get("/video/v1/playback-ids/{playback_id}", self.look_up_playback_id),
            web.post(f"{asset}/tracks", self.create_track),
            web.patch(f"{asset}/tracks/{{track_id}}", self.change_track),
            web.delete(f"{asset}/tracks/{{track_id}}", self.delete_track),
            web.post(f"{asset}/tracks/{{track_id}}/generate-subtitles", self.generate_subtitles),
            web.post(f"{asset}/static-renditions", self.create_static_rendition),
            web.delete(f"{asset}/static-renditions/{{rendition_id}}", self.delete_static_rendition),
            web.put(f"{asset}/mp4-support", self.set_mp4_support),
            web.put(f"{asset}/master-access", self.set_master_access),
        ]

    async def create(self, request: web.Request) -> web.Response:
        asset = self._assets.create_from_inputs(asset_settings(await json_body(request)))
        return data(serialisers.api_asset(asset), 201)

    async def list(self, request: web.Request) -> web.Response:
        wanted, cursor = page(request), request.query.get("cursor") or None
        assets: list[Asset]
        following: str | None
        if "live_stream_id" in request.query:
            assets, following = [], None
        elif "upload_id" in request.query:
            assets, following = self._library.of_upload(request.query["upload_id"]), None
            assets = assets[wanted.skip : wanted.skip + wanted.limit]
        else:
            assets, following = self._library.page(wanted.limit, skip=wanted.skip, cursor=cursor)
        return data([serialisers.api_asset(asset) for asset in assets], next_cursor=following)

    async def get(self, request: web.Request) -> web.Response:
        return data(serialisers.api_asset(self._asset(request)))

    async def change(self, request: web.Request) -> web.Response:
        asset = self._asset(request)
        self._assets.change(asset, Fields(await json_body(request)))
        return data(serialisers.api_asset(asset))

    async def delete(self, request: web.Request) -> web.Response:
        self._assets.delete(self._asset(request))
        return no_content()

    async def clear_thumbnail_time(self, request: web.Request) -> web.Response:
        self._assets.clear_thumbnail_time(self._asset(request))
        return no_content()

    async def input_info(self, request: web.Request) -> web.Response:
        return data(serialisers.input_info(self._asset(request)))

    async def create_playback_id(self, request: web.Request) -> web.Response:
        asset = self._asset(request)
        policy = playback_policy(Fields(await json_body(request)))
        return data(serialisers.playback_id(self._assets.add_playback_id(asset, policy)), 201)

    async def get_playback_id(self, request: web.Request) -> web.Response:
        playback_id = path_id(request, "playback_id")
        return data(serialisers.playback_id(self._assets.playback_id(self._asset(request), playback_id)))

    async def delete_playback_id(self, request: web.Request) -> web.Response:
        playback_id = path_id(request, "playback_id")
        self._assets.remove_playback_id(self._asset(request), playback_id)
        return no_content()

    async def look_up_playback_id(self, request: web.Request) -> web.Response:
        playback_id = path_id(request, "playback_id")
        asset = self._library.with_playback_id(playback_id)
        entry = serialisers.playback_id(self._assets.playback_id(asset, playback_id))
        return data(entry | {"object": {"type": "asset", "id": asset.id}})

    async def create_track(self, request: web.Request) -> web.Response:
        asset = self._asset(request)
        track = self._tracks.create(asset, Fields(await json_body(request)))
        return data(serialisers.api_track(track), 201)

    async def change_track(self, request: web.Request) -> web.Response:
        track_id, asset = path_id(request, "track_id"), self._asset(request)
        track = self._tracks.change(asset, track_id, Fields(await json_body(request)))
        return data(serialisers.api_track(track))

    async def delete_track(self, request: web.Request) -> web.Response:
        track_id = path_id(request, "track_id")
        self._tracks.delete(self._asset(request), track_id)
        return no_content()

    async def generate_subtitles(self, request: web.Request) -> web.Response:
        track_id, asset = path_id(request, "track_id"), self._asset(request)
        wanted = generated_subtitles(Fields(await json_body(request)))
        tracks = self._tracks.generate_subtitles(asset, track_id, wanted)
        return data([serialisers.api_track(track) for track in tracks], 201)

    async def create_static_rendition(self, request: web.Request) -> web.Response:
        asset = self._asset(request)
        file = self._renditions.create(asset, rendition_request(Fields(await json_body(request))))
        return data(serialisers.api_rendition(file), 201)

    async def delete_static_rendition(self, request: web.Request) -> web.Response:
        rendition_id = path_id(request, "rendition_id")
        self._renditions.delete(self._asset(request), rendition_id)
        return no_content()

    async def set_mp4_support(self, request: web.Request) -> web.Response:
        asset = self._asset(request)
        fields = Fields(await json_body(request))
        self._renditions.set_mp4_support(asset, fields.required_choice("mp4_support", MP4_SUPPORT))
        return data(serialisers.api_asset(asset))

    async def set_master_access(self, request: web.Request) -> web.Response:
        asset = self._asset(request)
        fields = Fields(await json_body(request))
        self._master.set(asset, fields.required_choice("master_access", MASTER_ACCESS))
        return data(serialisers.api_asset(asset))

    def _asset(self, request: web.Request) -> Asset:
        return self._library.get(path_id(request, "asset_id"))
