"""Turns inputs into footage, and footage into files: the ladder of a stream, static renditions, the test pattern.

Without ffmpeg there is no footage, and nothing here complains about it.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
from math import ceil
from typing import TYPE_CHECKING

from local.ffmpeg import FfmpegError
from local.mux import ids
from local.mux.footage import Footage, read_rung

if TYPE_CHECKING:
    from pathlib import Path

    from local.ffmpeg import Ffmpeg
    from local.mux.probe import Media

DISK_BYTES = 4 * 1024**3
"""No more is encoded once sources and streams take this much."""

_SPARE_BYTES = 1024**3
_SMALL = 360
_SMALL_FROM = 540
_SEGMENT_SECONDS = 4
_KEY_FRAMES = "expr:gte(t,n_forced*2)"
_PATTERN_SHORT_SIDE = 720
_PATTERN_SECONDS = 60.0
_PATTERNS = 12

type Span = tuple[float, float]


class Films:
    """`folder` holds a folder per footage, until it is discarded or everything is cleared."""

    def __init__(self, ffmpeg: Ffmpeg | None, folder: Path, disk_bytes: int = DISK_BYTES) -> None:
        self.ffmpeg = ffmpeg
        self._folder = folder
        self._disk_bytes = disk_bytes
        self._patterns: dict[tuple[int, int, int, bool], asyncio.Task[Footage]] = {}
        self._making = asyncio.Lock()

    async def shoot(self, source: Path, media: Media, tier: str, span: Span | None = None) -> Footage | None:
        """The stream of `source` (moved away) from span[0] to span[1] seconds; `tier` is its max_resolution_tier.

        None where nothing can be encoded: then the test pattern is shown.
        """
        if self.ffmpeg is None or not self._has_room(source):
            _drop(source)
            return None
        folder = self._new_folder(source)
        try:
            held = folder / "source"
            if span:
                held = await self._cut(held, span)
            return await self._encode(folder, held, _ladder(_short_side(media), int(tier.removesuffix("p"))))
        except (FfmpegError, OSError) as error:
            print(f"cannot be encoded, the test pattern is shown instead: {error}", file=sys.stderr, flush=True)
            shutil.rmtree(folder, ignore_errors=True)
            return None
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise

    async def pattern(self, media: Media) -> Footage | None:
        """A test pattern of the shape of `media`, made when it is first asked for and then shared."""
        if self.ffmpeg is None:
            return None
        shape = _pattern_shape(media)
        if shape not in self._patterns and len(self._patterns) >= _PATTERNS:
            shape = next(iter(self._patterns))
        task = self._patterns.get(shape)
        if task is None or (task.done() and (task.cancelled() or task.exception())):
            task = self._patterns[shape] = asyncio.create_task(self._make_pattern(*shape))
        try:
            return await asyncio.shield(task)
        except FfmpegError as error:
            print(f"no test pattern: {error}", file=sys.stderr, flush=True)
            return None

    async def mp4(self, footage: Footage, short_side: int, name: str) -> Path:
        """`name` as an MP4 with this short side, 0 for the sound alone. Raises FfmpegError."""
        file = footage.folder / name
        async with self._making:
            if not file.exists():
                await self._make_mp4(footage, short_side, file)
        return file

    def copy_of(self, footage: Footage) -> Path:
        """Its source once more, for footage of its own."""
        copy = self._folder / f"input-{ids.resource_id()}"
        copy.hardlink_to(footage.source)
        return copy

    async def close(self) -> None:
        """Forget all footage, the patterns too."""
        tasks = list(self._patterns.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._patterns.clear()
        for folder in self._folder.glob("film-*"):
            shutil.rmtree(folder, ignore_errors=True)

    async def _encode(self, folder: Path, source: Path, ladder: list[int]) -> Footage:
        outputs: list[str] = []
        names = [f"{short_side}p" if short_side else "audio" for short_side in ladder]
        for name, short_side in zip(names, ladder, strict=True):
            outputs += [*_streams(short_side), *_hls(folder, name)]
        await self._program.encode("-i", str(source), *outputs)
        rungs = tuple(read_rung(name, folder / f"{name}.m4s", folder / f"{name}.m3u8") for name in names)
        return Footage(folder, source, rungs)

    async def _cut(self, source: Path, span: Span) -> Path:
        start, end = span
        cut = source.with_name("cut.mp4")
        seek = ("-ss", f"{start:.3f}", "-t", f"{max(0.1, end - start):.3f}", "-i", str(source))
        await self._program.encode(*seek, "-map", "0:V:0?", "-map", "0:a:0?", *_H264, *_AAC, str(cut))
        _drop(source)
        return cut

    async def _make_mp4(self, footage: Footage, short_side: int, file: Path) -> None:
        made = file.with_name(f"part-{file.name}")
        best = footage.best
        fitting = next((rung for rung in footage.rungs if rung.short_side == short_side), None)
        if not short_side:
            arguments = ["-i", str(best.file), "-vn", "-c:a", "copy"]
        elif fitting:
            arguments = ["-i", str(fitting.file), "-c", "copy"]
        else:
            arguments = ["-i", str(footage.source), *_streams(short_side)]
        try:
            await self._program.encode(*arguments, "-map_metadata", "-1", "-movflags", "+faststart", str(made))
            made.rename(file)
        except OSError as error:
            raise FfmpegError("the footage was discarded meanwhile") from error
        finally:
            made.unlink(missing_ok=True)

    async def _make_pattern(self, width: int, height: int, seconds: int, audio: bool) -> Footage:
        folder = self._new_folder()
        source = folder / "source.mp4"
        inputs = ["-f", "lavfi", "-i", f"testsrc2=size={width}x{height}:rate=30:duration={seconds}"] if width else []
        if audio:
            inputs += ["-f", "lavfi", "-i", f"sine=frequency=330:beep_factor=2:duration={seconds}"]
        try:
            await self._program.encode(*inputs, *_H264, *_AAC, str(source))
            return await self._encode(folder, source, _ladder(min(width, height), _PATTERN_SHORT_SIDE))
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise

    @property
    def _program(self) -> Ffmpeg:
        if self.ffmpeg is None:
            raise FfmpegError("there is no ffmpeg")
        return self.ffmpeg

    def _new_folder(self, source: Path | None = None) -> Path:
        """With `source` in it, if given."""
        folder = self._folder / f"film-{ids.resource_id()}"
        folder.mkdir()
        if source:
            source.rename(folder / "source")
        return folder

    def _has_room(self, source: Path) -> bool:
        wanted = 3 * source.stat().st_size
        used = sum(_size(file) for file in self._folder.glob("film-*/*"))
        room = used + wanted <= self._disk_bytes and shutil.disk_usage(self._folder).free > wanted + _SPARE_BYTES
        if not room:
            print("too much footage already, the test pattern is shown instead", file=sys.stderr, flush=True)
        return room


def _size(file: Path) -> int:
    """0 for what ffmpeg has renamed meanwhile."""
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return 0


def _drop(file: Path) -> None:
    file.unlink(missing_ok=True)


_SQUARE = "scale=trunc(iw*sar/2)*2:ih"
"""Makes pixels square; of most inputs they are."""

_H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-crf", "25", "-pix_fmt", "yuv420p")
_AAC = ("-c:a", "aac", "-b:a", "128k", "-ac", "2", "-ar", "48000")


def _streams(short_side: int) -> list[str]:
    """One H.264 and one AAC stream of an input, as far as it has them; `short_side` 0 leaves out the picture."""
    if not short_side:
        return ["-map", "0:a:0", "-vn", *_AAC]
    # In the filter the picture has been turned upright, which headers may see otherwise.
    side = f"trunc(min({short_side}\\,min(iw\\,ih))/2)*2"
    scale = f"scale=w=if(gt(iw\\,ih)\\,-2\\,{side}):h=if(gt(iw\\,ih)\\,{side}\\,-2)"
    picture = ("-vf", f"{_SQUARE},{scale},setsar=1", *_H264, "-force_key_frames", _KEY_FRAMES, "-sc_threshold", "0")
    return ["-map", "0:V:0", "-map", "0:a:0?", *picture, *_AAC]


def _hls(folder: Path, name: str) -> list[str]:
    segments = ["-hls_time", str(_SEGMENT_SECONDS), "-hls_playlist_type", "vod", "-hls_segment_type", "fmp4"]
    whole = ["-hls_flags", "single_file+independent_segments", "-hls_segment_filename", str(folder / f"{name}.m4s")]
    return ["-map_metadata", "-1", "-f", "hls", *segments, *whole, str(folder / f"{name}.m3u8")]


def _short_side(media: Media) -> int:
    return min(media.video.width, media.video.height) if media.video else 0


def _ladder(short_side: int, most: int) -> list[int]:
    """The short sides to encode, from the smallest; 0 stands for sound alone."""
    best = min(short_side, most) // 2 * 2
    return [_SMALL, best] if best >= _SMALL_FROM else [best]


def _pattern_shape(media: Media) -> tuple[int, int, int, bool]:
    """Width, height (0 without a picture), whole seconds, sound: few enough shapes to be shared."""
    seconds = ceil(min(max(media.duration, 1.0), _PATTERN_SECONDS))
    if media.video is None:
        return 0, 0, seconds, True
    width, height = max(media.video.width, 2), max(media.video.height, 2)
    scale = min(1.0, _PATTERN_SHORT_SIDE / min(width, height), 4096 / max(width, height))
    return max(64, int(width * scale) // 2 * 2), max(64, int(height * scale) // 2 * 2), seconds, media.audio is not None
