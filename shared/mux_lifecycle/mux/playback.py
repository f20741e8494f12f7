"""Where Mux serves what belongs to a playback id."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

_MP4: Final = re.compile(r"[A-Za-z0-9_-]{1,64}\.mp4", re.ASCII)


def urls(playback_id: str, mp4: str = "") -> dict[str, str]:
    """URLs that work without a token, for a playback id whose policy is `public`.

    `mp4` is the name of a file that can be downloaded, `""` while there is none.
    """
    found = {
        "hls": f"https://stream.mux.com/{playback_id}.m3u8",
        "player": f"https://player.mux.com/{playback_id}",
        "thumbnail": f"https://image.mux.com/{playback_id}/thumbnail.jpg",
        "animated": f"https://image.mux.com/{playback_id}/animated.gif",
        "storyboard": f"https://image.mux.com/{playback_id}/storyboard.vtt",
    }
    return found | ({"mp4": f"https://stream.mux.com/{playback_id}/{mp4}"} if mp4 else {})


def signed_urls(playback_id: str, tokens: Mapping[str, str], mp4: str = "") -> dict[str, str]:
    """The URLs of a playback id that needs tokens, as far as `tokens` (by kind) open them; `mp4` as in `urls`."""
    opens = {"hls": "video", "mp4": "video", "thumbnail": "thumbnail", "animated": "animated"}
    opens |= {"storyboard": "storyboard"}
    found = urls(playback_id, mp4)
    return {name: f"{url}?token={tokens[opens[name]]}" for name, url in found.items() if opens.get(name) in tokens}


def largest_mp4(static_renditions: Iterable[Mapping[str, Any]]) -> str:
    """The name of the largest MP4 that is ready, or `""`. The files of mp4_support have no status: they are ready."""
    ready = [
        file
        for file in static_renditions
        if file.get("status", "ready") == "ready" and _MP4.fullmatch(str(file.get("name", "")))
    ]
    return str(max(ready, key=_pixels)["name"]) if ready else ""


def _pixels(file: Mapping[str, Any]) -> float:
    width, height = file.get("width"), file.get("height")
    return width * height if isinstance(width, int | float) and isinstance(height, int | float) else 0
