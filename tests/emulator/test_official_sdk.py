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
    from collections.abc import Callable, Iterator

    from local.mux import MuxEmulator
    from tests.emulator.doubles import FileHost


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
    assert requests.put(upload.url, data=sample_mp4(), timeout=30).status_code == 200
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


def test_what_is_known_of_an_asset_can_be_changed(client: Any) -> None:
    assets = mux_python.AssetsApi(client)
    meta = mux_python.AssetMetadata(title="Teaser", creator_id="creator_1", external_id="external_1")
    asset = ready(assets, assets.create_asset(request(passthrough="film_1", meta=meta)).data.id)
    change = mux_python.UpdateAssetRequest(passthrough="", meta=mux_python.AssetMetadata(title="Trailer"))
    changed = assets.update_asset(asset.id, change).data
    assert changed.passthrough is None
    assert (changed.meta.title, changed.meta.external_id) == ("Trailer", "external_1")
    assert assets.get_asset(asset.id).data == changed
    too_long = mux_python.UpdateAssetRequest(passthrough="x" * 256)
    assert refusal(assets.update_asset, asset.id, too_long) == 400


def test_input_info_describes_the_file_once_it_is_read(client: Any) -> None:
    assets = mux_python.AssetsApi(client)
    asset = assets.create_asset(request()).data
    [entry] = assets.get_asset_input_info(ready(assets, asset.id).id).data
    assert entry.settings.url == "https://storage.example.com/film.mp4"
    video, audio = entry.file.tracks
    assert (video.type, video.encoding, video.width, video.height) == ("video", "h.264", 1920, 1080)
    assert (audio.type, audio.encoding, audio.channels, audio.sample_rate) == ("audio", "aac", 2, 48000)


def test_playback_ids(client: Any) -> None:
    assets, lookup = mux_python.AssetsApi(client), mux_python.PlaybackIDApi(client)
    asset = assets.create_asset(request(playback_policy=[mux_python.PlaybackPolicy.PUBLIC])).data
    body = mux_python.CreatePlaybackIDRequest(policy=mux_python.PlaybackPolicy.SIGNED)
    entry = assets.create_asset_playback_id(asset.id, body).data
    assert assets.get_asset_playback_id(asset.id, entry.id).data.policy == "signed"
    assert assets.get_asset(asset.id).data.playback_ids == [*asset.playback_ids, entry]
    found = lookup.get_asset_or_livestream_id(entry.id).data
    assert (found.object.type, found.object.id) == ("asset", asset.id)
    assert assets.delete_asset_playback_id(asset.id, entry.id) is None
    assert refusal(assets.get_asset_playback_id, asset.id, entry.id) == 404
    assert refusal(lookup.get_asset_or_livestream_id, entry.id) == 404
    assert assets.get_asset(asset.id).data.playback_ids == asset.playback_ids


@pytest.mark.parametrize("api", [mux_python.SigningKeysApi, mux_python.URLSigningKeysApi])
def test_signing_keys(client: Any, api: type[Any]) -> None:
    keys = api(client)
    name = "url_signing_key" if api is mux_python.URLSigningKeysApi else "signing_key"
    create, get, delete = (getattr(keys, f"{verb}_{name}") for verb in ("create", "get", "delete"))
    page = getattr(keys, f"list_{name}s")
    created, other = create().data, create().data
    assert created.private_key
    assert [key.id for key in page().data] == [other.id, created.id]
    assert [key.id for key in page(limit=1, page=2).data] == [created.id]
    assert page(page=2).data == []
    found = get(created.id).data
    assert (found.private_key, found.created_at) == (None, created.created_at)
    assert delete(created.id) is None
    assert refusal(get, created.id) == 404
    assert [key.id for key in page().data] == [other.id]


def test_tracks(client: Any, file_host: FileHost) -> None:
    assets = mux_python.AssetsApi(client)
    asset = ready(assets, assets.create_asset(request()).data.id)
    file_host.files["/en.vtt"] = (200, {"Content-Type": "text/vtt"}, b"WEBVTT\n\n00:00.000 --> 00:01.000\nHello\n")
    body = mux_python.CreateTrackRequest(
        url=f"{file_host.url}/en.vtt",
        type="text",
        text_type="subtitles",
        language_code="en",
        name="English",
        closed_captions=True,
    )
    track = assets.create_asset_track(asset.id, body).data
    assert track.status == "preparing"
    assert refusal(assets.create_asset_track, asset.id, body) == 400
    done = settled_track(assets, asset.id, track.id)
    assert (done.status, done.text_source, done.closed_captions) == ("ready", "uploaded", True)
    assert assets.delete_asset_track(asset.id, track.id) is None
    assert assets.get_asset(asset.id).data.tracks == asset.tracks
    assert [refusal(assets.delete_asset_track, asset.id, entry.id) for entry in asset.tracks] == [400, 400]


def test_generated_subtitles(client: Any) -> None:
    assets = mux_python.AssetsApi(client)
    asset = ready(assets, assets.create_asset(request()).data.id)
    video, audio = asset.tracks
    settings = [
        mux_python.AssetGeneratedSubtitleSettings(language_code="de", name="Deutsch"),
        mux_python.AssetGeneratedSubtitleSettings(language_code="fr", name="Français", passthrough="p"),
    ]
    wanted = mux_python.GenerateTrackSubtitlesRequest(generated_subtitles=settings)
    assert refusal(assets.generate_asset_track_subtitles, asset.id, video.id, wanted) == 400
    tracks = assets.generate_asset_track_subtitles(asset.id, audio.id, wanted).data
    assert [(track.name, track.text_source) for track in tracks] == [
        ("Deutsch", "generated_vod"),
        ("Français", "generated_vod"),
    ]
    assert [settled_track(assets, asset.id, track.id).status for track in tracks] == ["ready", "ready"]


def test_static_renditions(client: Any) -> None:
    assets = mux_python.AssetsApi(client)
    asset = ready(assets, assets.create_asset(request()).data.id)
    files = {}
    for resolution in ("audio-only", "720p", "2160p"):
        body = mux_python.CreateStaticRenditionRequest(resolution=resolution)
        files[resolution] = assets.create_asset_static_rendition(asset.id, body).data
        assert files[resolution].status == "preparing"
    highest = mux_python.CreateStaticRenditionRequest(resolution="highest")
    assert refusal(assets.create_asset_static_rendition, asset.id, highest) == 400

    def look() -> Any:
        found = assets.get_asset(asset.id).data.static_renditions.files
        return None if "preparing" in {file.status for file in found} else found

    audio, small, large = eventually(look)
    assert (audio.name, audio.status, audio.resolution_tier) == ("audio.m4a", "ready", "audio-only")
    assert (small.name, small.status, small.width, small.height) == ("720p.mp4", "ready", 1280, 720)
    assert audio.filesize.isdigit()
    assert (large.name, large.status) == ("2160p.mp4", "skipped")
    assert assets.delete_asset_static_rendition(asset.id, small.id) is None
    assert refusal(assets.delete_asset_static_rendition, asset.id, small.id) == 404
    left = assets.get_asset(asset.id).data.static_renditions.files
    assert [file.id for file in left] == [files["audio-only"].id, files["2160p"].id]


def test_master_access(client: Any) -> None:
    assets = mux_python.AssetsApi(client)
    asset = ready(assets, assets.create_asset(request()).data.id)
    body = mux_python.UpdateAssetMasterAccessRequest(master_access="temporary")
    asked = assets.update_asset_master_access(asset.id, body).data
    assert (asked.master_access, asked.master.status, asked.master.url) == ("temporary", "preparing", None)
    eventually(lambda: assets.get_asset(asset.id).data.master.status == "ready")
    assert assets.get_asset(asset.id).data.master.url.startswith("https://mezzanine.mux.com/")
    closed = mux_python.UpdateAssetMasterAccessRequest(master_access="none")
    assert assets.update_asset_master_access(asset.id, closed).data.master is None


def test_mp4_support(client: Any) -> None:
    assets = mux_python.AssetsApi(client)
    asset = ready(assets, assets.create_asset(request()).data.id)
    support = mux_python.UpdateAssetMP4SupportRequest(mp4_support="audio-only,capped-1080p")
    assert assets.update_asset_mp4_support(asset.id, support).data.mp4_support == "audio-only,capped-1080p"
    eventually(lambda: assets.get_asset(asset.id).data.static_renditions.status == "ready")
    files = assets.get_asset(asset.id).data.static_renditions.files
    assert sorted(file.name for file in files) == ["audio.m4a", "capped-1080p.mp4"]
    rendition = mux_python.CreateStaticRenditionRequest(resolution="highest")
    assert refusal(assets.create_asset_static_rendition, asset.id, rendition) == 400
    none = mux_python.UpdateAssetMP4SupportRequest(mp4_support="none")
    assert assets.update_asset_mp4_support(asset.id, none).data.static_renditions.status == "disabled"


def refusal(call: Callable[..., Any], *arguments: Any) -> int:
    """The status that the SDK's exception carries."""
    with pytest.raises(mux_python.ApiException) as refused:
        call(*arguments)
    return int(refused.value.status)


def settled_track(assets: Any, asset_id: str, track_id: str) -> Any:
    def look() -> Any:
        [track] = [track for track in assets.get_asset(asset_id).data.tracks if track.id == track_id]
        return None if track.status == "preparing" else track

    return eventually(look)
