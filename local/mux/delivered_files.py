"""What viewers get: the right type and form for every kind of delivery.

Where there is no footage there is no picture and no sound either: a playlist has no segments, an image is one black
pixel, an MP4 is headers only.
"""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass, replace
from math import ceil
from typing import TYPE_CHECKING

from local.mux import webvtt
from local.mux.sample import sample_mp4

if TYPE_CHECKING:
    from pathlib import Path

    from local.mux.pictures import Board
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
    """`body` is what is sent, or the file that holds it; `name` is what a browser is to save it as."""

    content_type: str
    body: bytes | Path
    name: str | None = None

    def saved_as(self, name: str | None, ext: str) -> Delivered:
        """For `?download=NAME`, with or without the extension."""
        if not name:
            return self
        plain = re.sub(r"[^\w .()-]", "_", name.removesuffix(f".{ext}"), flags=re.ASCII)
        return replace(self, name=f"{plain}.{ext}")


def playlist(lines: list[str]) -> Delivered:
    return _text("application/vnd.apple.mpegurl", lines)


def empty_playlist(media: Media) -> Delivered:
    lines = [
        *("#EXTM3U", "#EXT-X-VERSION:3", f"#EXT-X-TARGETDURATION:{ceil(media.duration)}"),
        *("#EXT-X-MEDIA-SEQUENCE:0", "#EXT-X-PLAYLIST-TYPE:VOD", "#EXT-X-ENDLIST"),
    ]
    return playlist(lines)


def segments(file: Path) -> Delivered:
    return Delivered(_FILE_TYPES["mp4"], file)


def mp4(file: Path, ext: str) -> Delivered:
    return Delivered(_FILE_TYPES[ext], file)


def empty_mp4(media: Media, file: StaticRendition) -> Delivered:
    width, height = file.width or 0, file.height or 0
    video, audio = file.ext == "mp4", media.audio is not None
    body = sample_mp4(media.duration, width, height, video=video, audio=audio)
    return Delivered(_FILE_TYPES[file.ext], body)


def master(media: Media, file: Path | None) -> Delivered:
    if file:
        return Delivered(_FILE_TYPES["mp4"], file)
    width, height = (media.video.width, media.video.height) if media.video else (0, 0)
    body = sample_mp4(media.duration, width, height, video=media.video is not None, audio=media.audio is not None)
    return Delivered(_FILE_TYPES["mp4"], body)


def subtitles(cues: str) -> Delivered:
    return Delivered("text/vtt", cues.encode())


def transcript(cues: str) -> Delivered:
    return Delivered("text/plain", webvtt.words(cues).encode())


def picture(file: Path, ext: str) -> Delivered:
    return Delivered(_IMAGE_TYPES[ext], file)


def pixel(ext: str) -> Delivered:
    return Delivered(_IMAGE_TYPES[ext], base64.b64decode(_PIXELS[ext]))


def storyboard_vtt(board: Board, image_url: str) -> Delivered:
    lines = ["WEBVTT"]
    for number in range(board.tiles):
        start, x, y = board.tile(number)
        end = min(start + board.seconds, board.duration)
        times = f"{webvtt.timestamp(start)} --> {webvtt.timestamp(end)}"
        lines += ["", times, f"{image_url}#xywh={x},{y},{board.width},{board.height}"]
    return _text("text/vtt", lines)


def storyboard_json(board: Board, image_url: str) -> Delivered:
    tiles = [dict(zip(("start", "x", "y"), board.tile(number), strict=True)) for number in range(board.tiles)]
    description = {
        "url": image_url,
        "tile_width": board.width,
        "tile_height": board.height,
        "duration": board.duration,
        "tiles": tiles,
    }
    return Delivered("application/json", json.dumps(description).encode())


def _text(content_type: str, lines: list[str]) -> Delivered:
    return Delivered(content_type, ("\n".join(lines) + "\n").encode())
