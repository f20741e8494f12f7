"""mux-python, unchanged, as a customer of the emulator."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import pytest
import requests

from local.mux import sample_mp4
from tests.emulator.doubles import eventually

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import mux_python  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local.mux import MuxEmulator


@pytest.fixture
def client(mux: MuxEmulator) -> Iterator[Any]:
    configuration = mux_python.Configuration(host=mux.url, username=mux.token_id, password=mux.token_secret)
    with mux_python.ApiClient(configuration) as opened:
        yield opened
        opened.rest_client.pool_manager.clear()


def request(**settings: Any) -> Any:
    entry = mux_python.InputSettings(url="https://storage.example.com/film.mp4")
    return mux_python.CreateAssetRequest(input=[entry], **settings)


def ready(assets: Any, asset_id: str) -> Any:
    def look() -> Any:
        asset = assets.get_asset(asset_id).data
        return asset if asset.status == "ready" else None

    return eventually(look)


def test_an_asset_from_creation_to_deletion(client: Any) -> None:
    assets = mux_python.AssetsApi(client)
    created = assets.create_asset(
        request(
            playback_policy=[mux_python.PlaybackPolicy.PUBLIC],
            passthrough="film_1",
            meta=mux_python.AssetMetadata(title="Teaser"),
        )
    ).data
    assert created.status == "preparing"
    assert created.playback_ids[0].policy == "public"
    assert isinstance(created.created_at, str)
    asset = ready(assets, created.id)
    assert (asset.duration, asset.passthrough, asset.meta.title) == (10.0, "film_1", "Teaser")
    assert [track.type for track in asset.tracks] == ["video", "audio"]
    info = assets.get_asset_input_info(asset.id).data
    assert info[0].file.container_format == "mp4"
    updated = assets.update_asset(asset.id, mux_python.UpdateAssetRequest(passthrough="film_2")).data
    assert updated.passthrough == "film_2"
    assert assets.delete_asset(asset.id) is None
    with pytest.raises(mux_python.exceptions.NotFoundException):
        assets.get_asset(asset.id)


def test_assets_are_paged_by_number_and_cursor(client: Any) -> None:
    assets = mux_python.AssetsApi(client)
    ids = [assets.create_asset(request()).data.id for _ in range(5)][::-1]
    assert [asset.id for asset in assets.list_assets(limit=2, page=2).data] == ids[2:4]
    seen: list[str] = []
    page = assets.list_assets(limit=2)
    seen += [asset.id for asset in page.data]
    while page.next_cursor:
        page = assets.list_assets(limit=2, cursor=page.next_cursor)
        seen += [asset.id for asset in page.data]
    assert seen == ids


def test_a_preparing_asset_is_not_deleted(mux: MuxEmulator, client: Any) -> None:
    assets = mux_python.AssetsApi(client)
    upload = mux_python.DirectUploadsApi(client)
    assert upload.list_direct_uploads().data == []
    created = assets.create_asset(request()).data
    with pytest.raises(mux_python.ApiException) as refused:
        assets.delete_asset(created.id)
    assert refused.value.status == 400


def test_a_direct_upload_from_creation_to_asset(client: Any) -> None:
    uploads, assets = mux_python.DirectUploadsApi(client), mux_python.AssetsApi(client)
    settings = mux_python.CreateAssetRequest(playback_policy=[mux_python.PlaybackPolicy.SIGNED])
    body = mux_python.CreateUploadRequest(
        timeout=600, cors_origin="https://app.example.com", new_asset_settings=settings
    )
    upload = uploads.create_direct_upload(body).data
    assert (upload.status, upload.timeout) == ("waiting", 600)
    assert requests.put(upload.url, data=sample_mp4(), timeout=5).status_code == 200
    done = uploads.get_direct_upload(upload.id).data
    assert done.status == "asset_created"
    assert ready(assets, done.asset_id).upload_id == upload.id
    assert [entry.id for entry in uploads.list_direct_uploads(limit=10).data] == [upload.id]
    assert uploads.list_direct_uploads(limit=10, page=2).data == []


def test_a_direct_upload_is_cancelled_once(client: Any) -> None:
    uploads = mux_python.DirectUploadsApi(client)
    settings = mux_python.CreateAssetRequest()
    upload = uploads.create_direct_upload(mux_python.CreateUploadRequest(new_asset_settings=settings)).data
    assert uploads.cancel_direct_upload(upload.id).data.status == "cancelled"
    with pytest.raises(mux_python.exceptions.ForbiddenException):
        uploads.cancel_direct_upload(upload.id)


def test_wrong_credentials_are_the_sdks_401(mux: MuxEmulator) -> None:
    configuration = mux_python.Configuration(host=mux.url, username=mux.token_id, password="wrong")
    with mux_python.ApiClient(configuration) as client:
        with pytest.raises(mux_python.exceptions.UnauthorizedException):
            mux_python.AssetsApi(client).list_assets()
        client.rest_client.pool_manager.clear()


def test_playback_ids(client: Any) -> None:
    assets = mux_python.AssetsApi(client)
    asset = assets.create_asset(request()).data
    body = mux_python.CreatePlaybackIDRequest(policy=mux_python.PlaybackPolicy.SIGNED)
    entry = assets.create_asset_playback_id(asset.id, body).data
    assert assets.get_asset_playback_id(asset.id, entry.id).data.policy == "signed"
    found = mux_python.PlaybackIDApi(client).get_asset_or_livestream_id(entry.id).data
    assert (found.object.type, found.object.id) == ("asset", asset.id)
    assert assets.delete_asset_playback_id(asset.id, entry.id) is None


def test_signing_keys(client: Any) -> None:
    keys = mux_python.SigningKeysApi(client)
    created = keys.create_signing_key().data
    assert created.private_key
    assert [key.id for key in keys.list_signing_keys().data] == [created.id]
    assert keys.get_signing_key(created.id).data.private_key is None
    assert keys.delete_signing_key(created.id) is None
    assert keys.list_signing_keys(page=2).data == []


def test_tracks(client: Any) -> None:
    assets = mux_python.AssetsApi(client)
    asset = ready(assets, assets.create_asset(request()).data.id)
    body = mux_python.CreateTrackRequest(
        url="https://storage.example.com/en.vtt",
        type="text",
        text_type="subtitles",
        language_code="en",
        name="English",
    )
    track = assets.create_asset_track(asset.id, body).data
    assert track.status == "preparing"
    audio = next(entry for entry in asset.tracks if entry.type == "audio")
    settings = mux_python.AssetGeneratedSubtitleSettings(language_code="de", name="Deutsch")
    wanted = mux_python.GenerateTrackSubtitlesRequest(generated_subtitles=[settings])
    generated = assets.generate_asset_track_subtitles(asset.id, audio.id, wanted).data
    assert [entry.text_source for entry in generated] == ["generated_vod"]
    assert assets.delete_asset_track(asset.id, track.id) is None


def test_static_renditions(client: Any) -> None:
    assets = mux_python.AssetsApi(client)
    asset = ready(assets, assets.create_asset(request()).data.id)
    body = mux_python.CreateStaticRenditionRequest(resolution="audio-only")
    file = assets.create_asset_static_rendition(asset.id, body).data
    assert file.status == "preparing"

    def look() -> Any:
        files = assets.get_asset(asset.id).data.static_renditions.files
        return files if files[0].status == "ready" else None

    assert eventually(look)[0].filesize.isdigit()
    assert assets.delete_asset_static_rendition(asset.id, file.id) is None


def test_master_access_and_mp4_support(client: Any) -> None:
    assets = mux_python.AssetsApi(client)
    asset = ready(assets, assets.create_asset(request()).data.id)
    body = mux_python.UpdateAssetMasterAccessRequest(master_access="temporary")
    assert assets.update_asset_master_access(asset.id, body).data.master.status == "preparing"
    support = mux_python.UpdateAssetMP4SupportRequest(mp4_support="capped-1080p")
    assert assets.update_asset_mp4_support(asset.id, support).data.mp4_support == "capped-1080p"
    eventually(lambda: assets.get_asset(asset.id).data.static_renditions.status == "ready")
