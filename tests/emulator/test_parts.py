"""What hangs on an asset: tracks, static renditions, MP4 support, master access; each with its events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from local.mux import sample_mp4
from tests.emulator.doubles import eventually

if TYPE_CHECKING:
    from tests.emulator.doubles import Api, FileHost, Receiver

SUBTITLES = {
    "url": "https://storage.example.com/en.vtt",
    "type": "text",
    "text_type": "subtitles",
    "language_code": "en",
    "name": "English",
}
SHORT = sample_mp4(4.0, 1280, 720, 400_000)


def path_of(asset: Any) -> str:
    return f"/video/v1/assets/{asset['id']}"


def track_of(api: Api, asset: Any, track_id: str) -> Any:
    tracks = api.get(path_of(asset))["tracks"]
    return next((track for track in tracks if track["id"] == track_id), None)


def settled_track(api: Api, asset: Any, track_id: str) -> Any:
    def look() -> Any:
        track = track_of(api, asset, track_id)
        return track if track["status"] != "preparing" else None

    return eventually(look)


def files_of(api: Api, asset: Any) -> dict[str, Any]:
    """The asset's static renditions by resolution, once none is preparing."""

    def look() -> Any:
        files = api.get(path_of(asset)).get("static_renditions", {}).get("files", [])
        return None if any(file["status"] == "preparing" for file in files) else files

    return {file["resolution"]: file for file in eventually(look)}


def test_a_text_track_is_prepared_then_ready(api: Api, receiver: Receiver) -> None:
    asset = api.ready_asset()
    track = api.post(f"{path_of(asset)}/tracks", {**SUBTITLES, "closed_captions": True, "passthrough": "p"})
    track_id = track.pop("id")
    assert track == {
        "type": "text",
        "text_type": "subtitles",
        "text_source": "uploaded",
        "status": "preparing",
        "name": "English",
        "language_code": "en",
        "closed_captions": True,
        "passthrough": "p",
    }
    assert settled_track(api, asset, track_id) == {"id": track_id, **track, "status": "ready"}
    created = receiver.wait_for("video.asset.track.created").event
    ready = receiver.wait_for("video.asset.track.ready").event
    assert created["object"] == {"type": "track", "id": track_id}
    assert created["data"] == {"id": track_id, **track, "asset_id": asset["id"]}
    assert ready["data"]["status"] == "ready"


def test_an_audio_track_is_added(api: Api) -> None:
    asset = api.ready_asset()
    body = {
        "url": "https://storage.example.com/de.m4a",
        "type": "audio",
        "language_code": "de",
        "text_type": "subtitles",
    }
    track = api.post(f"{path_of(asset)}/tracks", body)
    assert (track["type"], track["status"], track["primary"]) == ("audio", "preparing", False)
    ready = settled_track(api, asset, track["id"])
    assert ready["status"] == "ready"
    assert api.call("DELETE", f"{path_of(asset)}/tracks/{track['id']}").status_code == 204


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"WEBVTT\n\n00:00.000 --> 00:01.000\nHello", "ready"),
        (b"\xef\xbb\xbf1\n00:00:00,000 --> 00:00:01,000\nHello", "ready"),
        (b"<html>", "errored"),
        (bytes(2_000_000), "errored"),
    ],
)
def test_subtitles_on_a_loopback_host_are_read(
    api: Api, file_host: FileHost, receiver: Receiver, content: bytes, status: str
) -> None:
    file_host.files["/en.vtt"] = (200, {}, content)
    asset = api.ready_asset()
    track = api.post(f"{path_of(asset)}/tracks", {**SUBTITLES, "url": f"{file_host.url}/en.vtt"})
    assert settled_track(api, asset, track["id"])["status"] == status
    event = receiver.wait_for(f"video.asset.track.{status}").event
    assert ("error" in event["data"]) == (status == "errored")


def test_a_track_that_cannot_be_read_errors(api: Api, receiver: Receiver) -> None:
    asset = api.ready_asset()
    track = api.post(f"{path_of(asset)}/tracks", {**SUBTITLES, "url": "https://storage.invalid/en.vtt"})
    assert settled_track(api, asset, track["id"])["status"] == "errored"
    data = receiver.wait_for("video.asset.track.errored").event["data"]
    assert data["error"]["type"] == "invalid_input"
    assert api.get(path_of(asset))["status"] == "ready"


@pytest.mark.parametrize(
    "change",
    [
        {"url": None},
        {"type": "video"},
        {"type": None},
        {"language_code": None},
        {"text_type": None},
        {"text_type": "captions"},
        {"passthrough": "x" * 256},
        {"closed_captions": "yes"},
    ],
)
def test_a_track_that_mux_refuses_is_400(api: Api, change: dict[str, Any]) -> None:
    asset = api.ready_asset()
    assert api.call("POST", f"{path_of(asset)}/tracks", {**SUBTITLES, **change}).status_code == 400
    assert len(api.get(path_of(asset))["tracks"]) == 2


def test_a_name_is_unique_among_tracks_of_a_type(api: Api) -> None:
    asset = api.ready_asset()
    api.post(f"{path_of(asset)}/tracks", SUBTITLES)
    assert api.call("POST", f"{path_of(asset)}/tracks", SUBTITLES).status_code == 400
    audio = {"url": "https://storage.example.com/en.m4a", "type": "audio", "language_code": "en", "name": "English"}
    api.post(f"{path_of(asset)}/tracks", audio)


def test_a_preparing_asset_takes_no_tracks(slow_api: Api) -> None:
    asset = slow_api.create_asset()
    assert slow_api.call("POST", f"{path_of(asset)}/tracks", SUBTITLES).status_code == 400


def test_a_track_can_be_changed(api: Api) -> None:
    asset = api.ready_asset()
    track = api.post(f"{path_of(asset)}/tracks", {**SUBTITLES, "passthrough": "p"})
    other = api.post(f"{path_of(asset)}/tracks", {**SUBTITLES, "name": "Other"})
    settled_track(api, asset, track["id"])
    path = f"{path_of(asset)}/tracks/{track['id']}"
    change = {"name": "British", "language_code": "en-GB", "closed_captions": True, "passthrough": ""}
    changed = api.call("PATCH", path, change).json()["data"]
    assert (changed["name"], changed["language_code"], changed["closed_captions"]) == ("British", "en-GB", True)
    assert "passthrough" not in changed
    assert api.call("PATCH", path, {"name": other["name"]}).status_code == 400
    assert api.call("PATCH", f"{path_of(asset)}/tracks/Unknown1", {"name": "x"}).status_code == 404


def test_a_text_track_can_be_deleted_the_video_and_primary_audio_cannot(api: Api, receiver: Receiver) -> None:
    asset = api.ready_asset()
    for track in asset["tracks"]:
        assert api.call("DELETE", f"{path_of(asset)}/tracks/{track['id']}").status_code == 400
    text = api.post(f"{path_of(asset)}/tracks", SUBTITLES)
    path = f"{path_of(asset)}/tracks/{text['id']}"
    assert api.call("DELETE", path).status_code == 204
    assert track_of(api, asset, text["id"]) is None
    assert receiver.wait_for("video.asset.track.deleted").event["data"]["status"] == "deleted"
    assert api.call("DELETE", path).status_code == 404
    api.mux.advance(60)
    assert "video.asset.track.ready" not in receiver.types()


def test_subtitles_are_generated_from_the_audio_track(api: Api, receiver: Receiver) -> None:
    asset = api.ready_asset()
    audio = next(track for track in asset["tracks"] if track["type"] == "audio")
    video = next(track for track in asset["tracks"] if track["type"] == "video")
    body = {"generated_subtitles": [{"language_code": "de", "name": "Deutsch", "passthrough": "p"}]}
    path = f"{path_of(asset)}/tracks"
    tracks = api.post(f"{path}/{audio['id']}/generate-subtitles", body)
    assert [(track["text_source"], track["status"], track["name"]) for track in tracks] == [
        ("generated_vod", "preparing", "Deutsch")
    ]
    assert settled_track(api, asset, tracks[0]["id"])["status"] == "ready"
    receiver.wait_for("video.asset.track.ready")
    assert api.call("POST", f"{path}/{audio['id']}/generate-subtitles", body).status_code == 400
    assert api.call("POST", f"{path}/{audio['id']}/generate-subtitles", {}).status_code == 400
    assert api.call("POST", f"{path}/{video['id']}/generate-subtitles", body).status_code == 400
    assert api.call("POST", f"{path}/{tracks[0]['id']}/generate-subtitles", body).status_code == 400
    strange = {"generated_subtitles": [{"language_code": "xx"}]}
    assert api.call("POST", f"{path}/{audio['id']}/generate-subtitles", strange).status_code == 400


def test_subtitles_asked_for_at_creation_are_preparing_when_the_asset_turns_ready(api: Api, receiver: Receiver) -> None:
    inputs = [
        {"generated_subtitles": [{"language_code": "en", "name": "English (generated)"}]},
        {"url": "https://storage.example.com/fr.vtt", "type": "text", "text_type": "subtitles", "language_code": "fr"},
    ]
    asset = api.uploaded(SHORT, inputs=inputs)
    ready = receiver.wait_for("video.asset.ready").event["data"]
    texts = [track for track in ready["tracks"] if track["type"] == "text"]
    assert [(track["text_source"], track["status"]) for track in texts] == [
        ("generated_vod", "preparing"),
        ("uploaded", "preparing"),
    ]
    for track in texts:
        assert settled_track(api, asset, track["id"])["status"] == "ready"
    told = [hook.type for hook in receiver.wait(8)]
    assert told[3:] == [
        "video.asset.ready",
        *["video.asset.track.created"] * 2,
        *["video.asset.track.ready"] * 2,
    ]


def test_no_subtitles_come_from_a_silent_film(api: Api) -> None:
    inputs = [{"generated_subtitles": [{"language_code": "en"}]}]
    asset = api.uploaded(sample_mp4(audio=False), inputs=inputs)
    text = next(track for track in asset["tracks"] if track["type"] == "text")
    assert settled_track(api, asset, text["id"])["status"] == "errored"


def test_a_static_rendition_is_prepared_then_ready(api: Api, receiver: Receiver) -> None:
    asset = api.uploaded(SHORT)
    file = api.post(f"{path_of(asset)}/static-renditions", {"resolution": "highest", "passthrough": "p"})
    rendition_id = file.pop("id")
    assert file == {
        "type": "standard",
        "status": "preparing",
        "resolution": "highest",
        "name": "highest.mp4",
        "ext": "mp4",
        "passthrough": "p",
    }
    ready = files_of(api, asset)["highest"]
    assert ready == {
        "id": rendition_id,
        **file,
        "status": "ready",
        "resolution_tier": "720p",
        "width": 1280,
        "height": 720,
        "bitrate": 800_000,
        "filesize": "400000",
    }
    created = receiver.wait_for("video.asset.static_rendition.created").event
    told = receiver.wait_for("video.asset.static_rendition.ready").event
    assert created["object"] == {"type": "static-rendition", "id": rendition_id}
    assert told["data"] == {**ready, "asset_id": asset["id"]}
    api.call("PATCH", path_of(asset), {"passthrough": "new"})
    updated = receiver.wait_for("video.asset.updated").event["data"]
    assert updated["static_renditions"]["files"][0]["filesize"] == 400_000
    assert "status" not in updated["static_renditions"]


def test_renditions_larger_than_the_source_are_skipped(api: Api, receiver: Receiver) -> None:
    wanted = [{"resolution": name} for name in ("1080p", "720p", "360p", "audio-only")]
    asset = api.uploaded(SHORT, static_renditions=wanted)
    files = files_of(api, asset)
    assert {name: file["status"] for name, file in files.items()} == {
        "1080p": "skipped",
        "720p": "ready",
        "360p": "ready",
        "audio-only": "ready",
    }
    assert (files["360p"]["width"], files["360p"]["height"]) == (640, 360)
    assert "resolution_tier" not in files["360p"]
    assert files["720p"]["type"] == "advanced"
    assert (files["audio-only"]["name"], files["audio-only"]["ext"]) == ("audio.m4a", "m4a")
    skipped = receiver.wait_for("video.asset.static_rendition.skipped").event["data"]
    assert skipped["id"] == files["1080p"]["id"]
    assert "filesize" not in skipped


def test_sound_and_picture_that_are_not_there_are_skipped(api: Api) -> None:
    silent = api.uploaded(sample_mp4(audio=False), static_renditions=[{"resolution": "audio-only"}])
    assert files_of(api, silent)["audio-only"]["status"] == "skipped"
    radio = api.uploaded(b"ID3\x04" + bytes(99), static_renditions=[{"resolution": "highest"}])
    assert files_of(api, radio)["highest"]["status"] == "skipped"


def test_renditions_of_an_errored_asset_are_errored(api: Api, receiver: Receiver) -> None:
    asset = api.uploaded(b"no video", static_renditions=[{"resolution": "highest"}])
    assert files_of(api, asset)["highest"]["status"] == "errored"
    assert "error" in receiver.wait_for("video.asset.static_rendition.errored").event["data"]


def test_renditions_that_do_not_go_together_are_400(api: Api) -> None:
    asset = api.ready_asset(static_renditions=[{"resolution": "720p"}])
    path = f"{path_of(asset)}/static-renditions"
    for refused in ("highest", "720p", "999p", None):
        assert api.call("POST", path, {"resolution": refused}).status_code == 400
    api.post(path, {"resolution": "audio-only"})
    assert api.call("PUT", f"{path_of(asset)}/mp4-support", {"mp4_support": "standard"}).status_code == 400


def test_a_rendition_can_be_deleted(api: Api, receiver: Receiver) -> None:
    asset = api.ready_asset(static_renditions=[{"resolution": "highest"}])
    file = files_of(api, asset)["highest"]
    path = f"{path_of(asset)}/static-renditions/{file['id']}"
    assert api.call("DELETE", path).status_code == 204
    assert "static_renditions" not in api.get(path_of(asset))
    assert receiver.wait_for("video.asset.static_rendition.deleted").event["data"]["id"] == file["id"]
    assert api.call("DELETE", path).status_code == 404


def test_mp4_support_makes_its_files_and_takes_them_away(api: Api, receiver: Receiver) -> None:
    asset = api.uploaded(SHORT)
    path = f"{path_of(asset)}/mp4-support"
    changed = api.put(path, {"mp4_support": "audio-only,capped-1080p"})
    assert changed["mp4_support"] == "audio-only,capped-1080p"
    assert changed["static_renditions"] == {"status": "preparing"}
    receiver.wait_for("video.asset.static_renditions.preparing")
    told = receiver.wait_for("video.asset.static_renditions.ready").event["data"]["static_renditions"]
    shown = api.get(path_of(asset))["static_renditions"]
    assert shown["status"] == "ready"
    assert {file["name"] for file in shown["files"]} == {"audio.m4a", "capped-1080p.mp4"}
    assert {type(file["filesize"]) for file in shown["files"]} == {str}
    assert {type(file["filesize"]) for file in told["files"]} == {int}
    assert api.call("POST", f"{path_of(asset)}/static-renditions", {"resolution": "highest"}).status_code == 400
    removed = api.put(path, {"mp4_support": "none"})
    assert removed["static_renditions"] == {"status": "disabled"}
    receiver.wait_for("video.asset.static_renditions.deleted")
    assert api.call("PUT", path, {"mp4_support": "high"}).status_code == 400


def test_mp4_support_asked_for_at_creation_follows_ready(api: Api, receiver: Receiver) -> None:
    asset = api.ready_asset(mp4_support="standard")
    receiver.wait_for("video.asset.static_renditions.ready")
    names = [file["name"] for file in api.get(path_of(asset))["static_renditions"]["files"]]
    assert names == ["low.mp4", "medium.mp4", "high.mp4"]
    assert receiver.types().index("video.asset.ready") < receiver.types().index(
        "video.asset.static_renditions.preparing"
    )


def test_master_access_opens_for_24_hours_and_can_be_asked_again(api: Api, receiver: Receiver) -> None:
    asset = api.ready_asset()
    path = f"{path_of(asset)}/master-access"
    opened = api.put(path, {"master_access": "temporary"})
    assert (opened["master_access"], opened["master"]) == ("temporary", {"status": "preparing"})
    told = receiver.wait_for("video.asset.master.ready").event["data"]
    assert told["master"]["url"].startswith("https://mezzanine.mux.com/")
    assert api.get(path_of(asset))["master"] == told["master"]
    api.mux.advance(24 * 3600 - 60)
    assert "master" in api.get(path_of(asset))
    api.mux.advance(120)
    expired = api.get(path_of(asset))
    assert expired["master_access"] == "none"
    assert "master" not in expired
    assert receiver.wait_for("video.asset.master.deleted").event["data"]["master_access"] == "none"
    api.put(path, {"master_access": "temporary"})
    eventually(lambda: api.get(path_of(asset))["master"].get("url"))


def test_master_access_can_be_closed_early_and_its_expiry_does_not_close_the_next(api: Api) -> None:
    asset = api.ready_asset()
    path = f"{path_of(asset)}/master-access"
    api.put(path, {"master_access": "temporary"})
    eventually(lambda: api.get(path_of(asset))["master"].get("url"))
    api.mux.advance(23 * 3600)
    assert "master" not in api.put(path, {"master_access": "none"})
    api.put(path, {"master_access": "temporary"})
    eventually(lambda: api.get(path_of(asset))["master"].get("url"))
    api.mux.advance(2 * 3600)
    assert api.get(path_of(asset))["master"]["status"] == "ready"
    assert api.call("PUT", path, {"master_access": "always"}).status_code == 400


def test_master_access_asked_for_at_creation_follows_ready(api: Api, receiver: Receiver) -> None:
    api.ready_asset(master_access="temporary")
    receiver.wait_for("video.asset.master.ready")
    types = receiver.types()
    order = ["video.asset.ready", "video.asset.master.preparing", "video.asset.master.ready"]
    assert [kind for kind in types if kind in order] == order


def test_the_end_of_a_test_asset_is_told(api: Api, receiver: Receiver) -> None:
    api.ready_asset(test=True)
    api.mux.advance(24 * 3600)
    receiver.wait_for("video.asset.deleted")


def test_parts_of_a_deleted_asset_are_silent(api: Api, receiver: Receiver) -> None:
    asset = api.ready_asset()
    api.post(f"{path_of(asset)}/tracks", SUBTITLES)
    api.put(f"{path_of(asset)}/master-access", {"master_access": "temporary"})
    api.call("DELETE", path_of(asset))
    api.mux.advance(24 * 3600)
    api.create_upload()
    receiver.wait_for("video.upload.created")
    assert receiver.types().index("video.asset.deleted") == len(receiver.types()) - 2
