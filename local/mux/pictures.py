"""Stills, short animations and storyboards of footage, each made when it is first asked for."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Any

from local.mux.errors import InvalidParametersError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from local.ffmpeg import Ffmpeg
    from local.mux.footage import Footage

_LARGEST_SIDE = 4096
_FIT_MODES = ("preserve", "stretch", "crop", "smartcrop", "pad")
_TURNS = {"90": "transpose=clock", "180": "hflip,vflip", "270": "transpose=cclock"}
_ANIMATION_SECONDS = 5.0
_LONGEST_ANIMATION = 10.0
_TILE_WIDTH = 256
_COLUMNS = 5
_TILES = 50
_TILES_OF_LONG = 100
_LONG_SECONDS = 15 * 60
_KEPT = 100
"""So many pictures of one footage; the oldest make room."""

type Parameters = Mapping[str, Any]


@dataclass(frozen=True)
class Board:
    """Where the tiles of a storyboard are: `seconds` each, in rows of `columns`."""

    tiles: int
    seconds: float
    duration: float
    width: int
    height: int
    columns: int = _COLUMNS

    def tile(self, number: int) -> tuple[float, int, int]:
        """Its start in seconds, and its left upper corner."""
        row, column = divmod(number, self.columns)
        return round(number * self.seconds, 3), column * self.width, row * self.height


class Pictures:
    def __init__(self, ffmpeg: Ffmpeg) -> None:
        self._ffmpeg = ffmpeg

    async def thumbnail(self, footage: Footage, ext: str, parameters: Parameters, default_time: float | None) -> Path:
        """Raises InvalidParametersError, FfmpegError."""
        middle = footage.duration / 2 if default_time is None else default_time
        time = _number(parameters, "time", middle, footage.duration)
        # There is no frame at the very end.
        seek = f"{max(0.0, min(time, footage.duration - 0.2)):.3f}"
        filters = [*_fit(parameters), *_turn(parameters)]
        arguments = ("-ss", seek, "-i", str(footage.best.file), "-frames:v", "1", "-vf", ",".join(filters or ["null"]))
        return await self._made(footage, f"thumbnail.{ext}", (*arguments, *_still(ext)))

    async def animated(self, footage: Footage, ext: str, parameters: Parameters) -> Path:
        """Raises InvalidParametersError, FfmpegError."""
        start = _number(parameters, "start", 0.0, footage.duration)
        end = _number(parameters, "end", start + _ANIMATION_SECONDS, footage.duration)
        if end <= start or end - start > _LONGEST_ANIMATION:
            raise InvalidParametersError(f"end must be at most {_LONGEST_ANIMATION:g} seconds after start")
        fps = _number(parameters, "fps", 15.0, 30.0)
        size = _size(parameters, 640) or ["scale=w=min(320\\,iw):h=-2"]
        shot = f"fps={max(fps, 1.0):g},{','.join(size)}"
        palette = ",split[a][b];[a]palettegen[p];[b][p]paletteuse" if ext == "gif" else ""
        form = ("-loop", "0") if ext == "gif" else ("-c:v", "libwebp_anim", "-loop", "0", "-q:v", "60")
        seek = ("-ss", f"{start:.3f}", "-t", f"{end - start:.3f}", "-i", str(footage.rungs[0].file))
        return await self._made(footage, f"animated.{ext}", (*seek, "-an", "-filter_complex", shot + palette, *form))

    async def storyboard(self, footage: Footage, ext: str) -> Path:
        """Raises FfmpegError."""
        board = storyboard(footage)
        # A key frame every two seconds is enough, and much quicker, when tiles are further apart.
        sparse = ("-skip_frame", "nokey") if board.seconds >= 4 else ()
        rows = ceil(board.tiles / board.columns)
        tiles = f"fps=1/{board.seconds:.6f}:start_time=0,scale={board.width}:{board.height}"
        grid = f"{tiles},tile={board.columns}x{rows}:nb_frames={board.tiles}"
        arguments = (*sparse, "-i", str(footage.rungs[0].file), "-an", "-vf", grid, "-frames:v", "1", *_still(ext))
        return await self._made(footage, f"storyboard.{ext}", arguments)

    async def _made(self, footage: Footage, name: str, arguments: tuple[str, ...]) -> Path:
        key = hashlib.sha256(json.dumps(arguments).encode()).hexdigest()[:16]
        file = footage.folder / f"picture-{key}-{name}"
        if file.exists():
            return file
        unfinished = file.with_name(f"part-{key}-{name}")
        await self._ffmpeg.look(*arguments, str(unfinished))
        # Two may have asked for the same at once; both made the same.
        if unfinished.exists():
            unfinished.rename(file)
        _forget_oldest(footage.folder)
        return file


def storyboard(footage: Footage) -> Board:
    most = _TILES_OF_LONG if footage.duration > _LONG_SECONDS else _TILES
    tiles = max(1, min(most, ceil(footage.duration)))
    width, height = footage.best.width or 1, footage.best.height or 1
    return Board(
        tiles=tiles,
        seconds=footage.duration / tiles,
        duration=footage.duration,
        width=_TILE_WIDTH,
        height=max(2, round(_TILE_WIDTH * height / width / 2) * 2),
    )


def _fit(parameters: Parameters) -> list[str]:
    width, height = _side(parameters, "width", _LARGEST_SIDE), _side(parameters, "height", _LARGEST_SIDE)
    mode = parameters.get("fit_mode") or "preserve"
    if mode not in _FIT_MODES:
        raise InvalidParametersError(f"fit_mode must be one of {', '.join(_FIT_MODES)}")
    if not width or not height or mode == "preserve":
        return _size(parameters, _LARGEST_SIDE)
    if mode == "stretch":
        return [f"scale={width}:{height}"]
    if mode == "pad":
        fitted = f"scale={width}:{height}:force_original_aspect_ratio=decrease"
        return [fitted, f"pad={width}:{height}:(ow-iw)/2:(oh-ih)/2"]
    return [f"scale={width}:{height}:force_original_aspect_ratio=increase", f"crop={width}:{height}"]


def _size(parameters: Parameters, most: int) -> list[str]:
    width, height = _side(parameters, "width", most), _side(parameters, "height", most)
    if width and height:
        return [f"scale={width}:{height}:force_original_aspect_ratio=decrease"]
    return [f"scale={width or -2}:{height or -2}"] if width or height else []


def _turn(parameters: Parameters) -> list[str]:
    turns = []
    rotate = str(parameters.get("rotate") or "0")
    if rotate in _TURNS:
        turns.append(_TURNS[rotate])
    elif rotate != "0":
        raise InvalidParametersError("rotate must be one of 90, 180, 270")
    turns += [flip for name, flip in (("flip_h", "hflip"), ("flip_v", "vflip")) if _is_true(parameters, name)]
    return turns


def _still(ext: str) -> tuple[str, ...]:
    return {
        "jpg": ("-c:v", "mjpeg", "-q:v", "4", "-pix_fmt", "yuvj420p", "-f", "image2", "-update", "1"),
        "png": ("-c:v", "png", "-f", "image2", "-update", "1"),
        "webp": ("-c:v", "libwebp", "-q:v", "80"),
    }[ext]


def _number(parameters: Parameters, name: str, default: float, most: float) -> float:
    """From 0 to `most`; what is larger counts as `most`."""
    try:
        number = float(parameters.get(name, default))
    except (TypeError, ValueError):
        raise InvalidParametersError(f"{name} must be a number") from None
    if not number >= 0:
        raise InvalidParametersError(f"{name} must be a number from 0 on")
    return min(number, most)


def _side(parameters: Parameters, name: str, most: int) -> int | None:
    if name not in parameters:
        return None
    side = str(parameters[name])
    if not (side.isascii() and side.isdigit() and 1 <= int(side[:6]) <= most):
        raise InvalidParametersError(f"{name} must be an integer from 1 to {most}")
    return int(side)


def _is_true(parameters: Parameters, name: str) -> bool:
    return str(parameters.get(name, "")).lower() == "true"


def _forget_oldest(folder: Path) -> None:
    made = {file: file.stat().st_mtime for file in folder.glob("picture-*") if file.exists()}
    for file in sorted(made, key=made.__getitem__)[:-_KEPT]:
        file.unlink(missing_ok=True)
