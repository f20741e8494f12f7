"""Writes HLS playlists for footage: a multivariant playlist with its renditions and subtitles, and what it leads to.

Whatever a playlist leads to carries the same token, for players follow only what they find there.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from local.mux.footage import Footage, Rung
    from local.mux.resources import Track

_SUBTITLES = "subtitles"
_ACCESSIBLE = "public.accessibility.transcribes-spoken-dialog,public.accessibility.describes-music-and-sound"


def multivariant(
    footage: Footage, subtitles: Sequence[Track], playback_id: str, token: str | None, parameters: Mapping[str, Any]
) -> list[str]:
    """`parameters` are Mux's: max_resolution, min_resolution, rendition_order, default_subtitles_lang."""
    lines = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-INDEPENDENT-SEGMENTS"]
    first = str(parameters.get("default_subtitles_lang") or "")
    for track in subtitles:
        address = f"{playback_id}/subtitles/{track.id}.m3u8{_query(token)}"
        lines.append(
            f"#EXT-X-MEDIA:{_subtitle_attributes(track, default=track.language_code == first)},URI={_q(address)}"
        )
    for rung in _chosen(footage, parameters):
        attributes = [f"BANDWIDTH={rung.bandwidth}", f"CODECS={_q(rung.codecs)}"]
        if rung.width:
            attributes.append(f"RESOLUTION={rung.width}x{rung.height}")
        if subtitles:
            attributes.append(f"SUBTITLES={_q(_SUBTITLES)}")
        lines += [
            f"#EXT-X-STREAM-INF:{','.join(attributes)}",
            f"{playback_id}/renditions/{rung.name}.m3u8{_query(token)}",
        ]
    return lines


def media_playlist(rung: Rung, token: str | None) -> list[str]:
    """ffmpeg's playlist, with the name under which the segments are delivered."""
    address = f"{rung.name}.m4s{_query(token)}"
    return [
        address if line == rung.file.name else line.replace(_q(rung.file.name), _q(address)) for line in rung.playlist
    ]


def subtitle_playlist(duration: float, track: Track, token: str | None) -> list[str]:
    """One segment, from beginning to end."""
    return [
        *("#EXTM3U", "#EXT-X-VERSION:7", f"#EXT-X-TARGETDURATION:{max(1, round(duration + 0.5))}"),
        *("#EXT-X-MEDIA-SEQUENCE:0", "#EXT-X-PLAYLIST-TYPE:VOD", f"#EXTINF:{duration:.3f},"),
        *(f"../text/{track.id}.vtt{_query(token)}", "#EXT-X-ENDLIST"),
    ]


def _chosen(footage: Footage, parameters: Mapping[str, Any]) -> list[Rung]:
    """The rungs within the limits asked for, at least the nearest one."""
    least, most = _resolution(parameters, "min_resolution", 0), _resolution(parameters, "max_resolution", 1_000_000)
    rungs = [rung for rung in footage.rungs if rung.short_side <= most] or list(footage.rungs[:1])
    rungs = [rung for rung in rungs if rung.short_side >= least] or rungs[-1:]
    return rungs[::-1] if parameters.get("rendition_order") == "desc" else rungs


def _resolution(parameters: Mapping[str, Any], name: str, default: int) -> int:
    digits = re.fullmatch(r"(\d{3,4})p", str(parameters.get(name, "")))
    return int(digits[1]) if digits else default


def _subtitle_attributes(track: Track, *, default: bool) -> str:
    attributes = [
        "TYPE=SUBTITLES",
        f"GROUP-ID={_q(_SUBTITLES)}",
        f"NAME={_q(track.name or track.language_code or track.id)}",
        f"DEFAULT={'YES' if default else 'NO'}",
        "AUTOSELECT=YES",
        "FORCED=NO",
    ]
    if track.language_code:
        attributes.append(f"LANGUAGE={_q(track.language_code)}")
    if track.closed_captions:
        attributes.append(f"CHARACTERISTICS={_q(_ACCESSIBLE)}")
    return ",".join(attributes)


def _query(token: str | None) -> str:
    return f"?{urlencode({'token': token})}" if token else ""


def _q(text: str) -> str:
    """A quoted string, which can hold neither quotes nor line ends."""
    printable = "".join(character if character.isprintable() else " " for character in text)
    return '"' + printable.replace('"', "'") + '"'
