"""What viewers get: the right type and form for every kind of delivery, but no picture and no sound.

A playlist has no segments, subtitles have no cues, an image is one black pixel, an MP4 is headers only.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

from local.mux.sample import sample_mp4

if TYPE_CHECKING:
    from local.mux.probe import Media
    from local.mux.resources import StaticRendition

_PIXELS = {
    "jpg": (
        "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAP//////////////////////////////////////////////////////////////////////"
        "////////////////wAALCAABAAEBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAAA//EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEAAD8A"
        "N//Z"
    ),
    "png": "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGNgYGAAAAAEAAH2FzhVAAAAAElFTkSuQmCC",
    "webp": "UklGRhoAAABXRUJQVlA4TA4AAAAvAAAAAAcQEf0PRET/Aw==",
    "gif": "R0lGODdhAQABAIEAAAAAAAAAAAAAAAAAACwAAAAAAQABAAAIBAABBAQAOw==",
}
_IMAGE_TYPES = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp", "gif": "image/gif"}
_FILE_TYPES = {"mp4": "video/mp4", "m4a": "audio/mp4"}


@dataclass(frozen=True)
class Delivered:
    content_type: str
    body: bytes


def playlist(media: Media) -> Delivered:
    lines = [
        *("#EXTM3U", "#EXT-X-VERSION:3", f"#EXT-X-TARGETDURATION:{ceil(media.duration)}"),
        *("#EXT-X-MEDIA-SEQUENCE:0", "#EXT-X-PLAYLIST-TYPE:VOD", "#EXT-X-ENDLIST"),
    ]
    return _text("application/vnd.apple.mpegurl", lines)


def static_rendition(media: Media, file: StaticRendition) -> Delivered:
    width, height = file.width or 0, file.height or 0
    video, audio = file.ext == "mp4", media.audio is not None
    body = sample_mp4(media.duration, width, height, video=video, audio=audio)
    return Delivered(_FILE_TYPES[file.ext], body)


def subtitles() -> Delivered:
    return _text("text/vtt", ["WEBVTT"])


def transcript() -> Delivered:
    return _text("text/plain", [""])


def image(ext: str) -> Delivered:
    return Delivered(_IMAGE_TYPES[ext], base64.b64decode(_PIXELS[ext]))


def storyboard_vtt(media: Media, image_url: str) -> Delivered:
    return _web_vtt(media, f"{image_url}#xywh=0,0,1,1")


def storyboard_json(media: Media, image_url: str) -> Delivered:
    board = {
        "url": image_url,
        "tile_width": 1,
        "tile_height": 1,
        "duration": media.duration,
        "tiles": [{"start": 0, "x": 0, "y": 0}],
    }
    return Delivered("application/json", json.dumps(board).encode())


def _web_vtt(media: Media, payload: str) -> Delivered:
    """One cue, from beginning to end."""
    return _text("text/vtt", ["WEBVTT", "", f"{_timestamp(0.0)} --> {_timestamp(media.duration)}", payload])


def _timestamp(seconds: float) -> str:
    minutes, milliseconds = divmod(round(seconds * 1000), 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{milliseconds / 1000:06.3f}"


def _text(content_type: str, lines: list[str]) -> Delivered:
    return Delivered(content_type, ("\n".join(lines) + "\n").encode())
