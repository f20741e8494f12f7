"""Sample videos, so that the stack opens with content: made once with ffmpeg, then uploaded as any page would.

Uses nothing but the HTTP API, for owners whose tokens it is given.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import aiohttp

from local.ffmpeg import Ffmpeg, FfmpegError, find

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

_READY_SECONDS = 180
_PAUSE_SECONDS = 2.0


@dataclass(frozen=True)
class Sample:
    """`picture` and `sound` are filters of ffmpeg's that need no input."""

    title: str
    owner: str
    picture: str
    sound: str
    seconds: float = 12
    policy: str = "signed"
    captions: str | None = None
    gallery: bool = False

    def arguments(self) -> list[str]:
        """What makes ffmpeg draw and encode it."""
        inputs = [part for source in (self.picture, self.sound) for part in ("-f", "lavfi", "-i", source)]
        drawn = ("-t", str(self.seconds), "-r", "25")
        encoded = ("-c:v", "libx264", "-preset", "veryfast", "-crf", "24", "-pix_fmt", "yuv420p", "-c:a", "aac")
        return [*inputs, *drawn, *encoded, "-movflags", "+faststart"]


_CHORD = "aevalsrc=0.09*sin(2*PI*220*t)+0.06*sin(2*PI*(277+18*floor(mod(t\\,4)))*t)+0.05*sin(2*PI*330*t)"
_BELL = "aevalsrc=0.25*exp(-4*mod(t\\,1))*sin(2*PI*(440+110*mod(floor(t)\\,3))*t)"

TEST_VIDEO = Sample("Test video", "alice", "testsrc2=size=640x360:rate=25", "sine=frequency=330:beep_factor=2", 10)

SAMPLES = (
    Sample(
        title="Sunset, slowly",
        owner="alice",
        picture=(
            "gradients=size=640x360:rate=25:n=5:c0=0x0b1e3f:c1=0x3f4a8a:c2=0xd8697d:c3=0xf6a26f:c4=0xffe3a8"
            ":x0=200:y0=0:x1=330:y1=360:speed=0.01:seed=7,scale=1280:720"
        ),
        sound=_CHORD,
        policy="public",
        captions="en",
        gallery=True,
    ),
    Sample(
        title="Into the fractal",
        owner="alice",
        picture="mandelbrot=size=360x640:rate=25:maxiter=300:start_scale=2:end_scale=0.05:end_pts=400,hue=h=150:s=0.55",
        sound=_BELL,
    ),
    Sample(
        title="Northern lights",
        owner="ben",
        picture=(
            "gradients=size=640x480:rate=25:n=6:c0=0x041020:c1=0x0a2a45:c2=0x1c9c80:c3=0x8cf0bd:c4=0x3a3680:c5=0x041020"
            ":type=spiral:speed=0.02:seed=3,gblur=sigma=9,scale=960:720"
        ),
        sound=_BELL,
        policy="public",
        gallery=True,
    ),
    Sample(
        title="Game of life",
        owner="ben",
        picture=(
            "life=size=180x180:rate=10:ratio=0.12:mold=12:seed=5:life_color=#ffd9a0:mold_color=#33508f"
            ":death_color=#0b1e3f,fps=25,scale=720:720:flags=neighbor"
        ),
        sound=_CHORD,
    ),
)


class SampleError(Exception):
    """A sample could not be added; the text says why."""


async def add(
    samples: Sequence[Sample], api_url: str, token: Callable[[str], str], folder: Path, say: Callable[[str], None]
) -> None:
    """Make what `folder` does not hold yet, and upload all of it; `token` makes one for an owner."""
    program = await asyncio.to_thread(find)
    if program is None:
        say("no sample videos: they are made with ffmpeg, and there is none")
        return
    try:
        async with aiohttp.ClientSession() as session:
            for sample in samples:
                file = await made(sample, folder, Ffmpeg(program))
                await upload(session, api_url, token(sample.owner), file, sample)
    except (SampleError, FfmpegError, aiohttp.ClientError, TimeoutError, OSError) as error:
        say(f"no more sample videos: {type(error).__name__}: {error}")
    else:
        owners = ", ".join(sorted({sample.owner for sample in samples}))
        say(f"{len(samples)} sample videos are there, of {owners}")


async def made(sample: Sample, folder: Path, ffmpeg: Ffmpeg) -> Path:
    """The file of a sample, from an earlier run if its recipe has not changed. Raises FfmpegError."""
    recipe = hashlib.sha256(json.dumps(sample.arguments()).encode()).hexdigest()[:16]
    file = folder / f"{recipe}.mp4"
    if not await asyncio.to_thread(file.exists):
        await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
        unfinished = file.with_suffix(".part.mp4")
        await ffmpeg.encode(*sample.arguments(), str(unfinished))
        await asyncio.to_thread(unfinished.replace, file)
    return file


async def test_video(folder: Path) -> bytes:
    """TEST_VIDEO as a file, without ffmpeg its headers only. Raises SampleError."""
    program = await asyncio.to_thread(find)
    if program is None:
        from local.mux import sample_mp4  # noqa: PLC0415 (slow; seldom needed)

        return sample_mp4(TEST_VIDEO.seconds)
    try:
        file = await made(TEST_VIDEO, folder, Ffmpeg(program))
    except FfmpegError as error:
        raise SampleError(str(error)) from error
    return await asyncio.to_thread(file.read_bytes)


async def upload(session: aiohttp.ClientSession, api_url: str, token: str, file: Path, sample: Sample) -> None:
    """Through the API, until it is ready and where it belongs. Raises SampleError."""
    content = await asyncio.to_thread(file.read_bytes)
    headers = {"Authorization": f"Bearer {token}"}
    upload_id = await send(session, api_url, headers, content, sample)
    asset = await _ready(session, f"{api_url}/uploads/{upload_id}", headers)
    if sample.gallery:
        await _data(session, "PATCH", f"{api_url}/assets/{asset}", headers, {"visibility": "public"})


async def send(
    session: aiohttp.ClientSession, api_url: str, headers: dict[str, str], content: bytes, sample: Sample
) -> str:
    """Ask for an upload and send the file; answers the upload's id. Raises SampleError."""
    wish: dict[str, Any] = {"title": sample.title, "playback_policy": sample.policy}
    if sample.captions:
        wish["captions"] = sample.captions
    created = await _data(session, "POST", f"{api_url}/uploads", headers, wish)
    async with session.put(created["url"], data=content) as response:
        if response.status != 200:
            raise SampleError(f"the file was answered {response.status}")
    return str(created["id"])


async def _ready(session: aiohttp.ClientSession, url: str, headers: dict[str, str]) -> str:
    async with asyncio.timeout(_READY_SECONDS):
        while True:
            state = await _data(session, "GET", url, headers)
            asset = state.get("asset") or {}
            if asset.get("status") == "ready":
                return str(asset["id"])
            if asset.get("status") == "errored":
                raise SampleError("it was not understood")
            await asyncio.sleep(_PAUSE_SECONDS)


async def _data(
    session: aiohttp.ClientSession, method: str, url: str, headers: dict[str, str], body: Any = None
) -> dict[str, Any]:
    async with session.request(method, url, headers=headers, json=body) as response:
        if response.status not in {200, 201}:
            raise SampleError(f"{method} {url} was answered {response.status}")
        found: dict[str, Any] = (await response.json())["data"]
        return found
