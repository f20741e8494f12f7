"""The pictures in docs/screenshots: taken by `make screenshots`, and noticed when the site has changed since."""

from __future__ import annotations

import hashlib
import subprocess
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.films import ffmpeg
from tests.npm import ELEMENTS
from tests.site.visitor import PROJECT, SITE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Locator

    from tests.owners import Owner
    from tests.site.visitor import Visitor

SCREENSHOTS = PROJECT / "docs" / "screenshots"
RECORD = SCREENSHOTS / "site.sha256"
DESKTOP = {"viewport": {"width": 1280, "height": 800}}
PHONE = {"viewport": {"width": 390, "height": 780}, "device_scale_factor": 1.5, "is_mobile": True, "has_touch": True}
PROFILES: dict[str, dict[str, object]] = {
    "desktop": DESKTOP | {"color_scheme": "light"},
    "desktop-dark": DESKTOP | {"color_scheme": "dark"},
    "phone": PHONE | {"color_scheme": "light"},
    "phone-dark": PHONE | {"color_scheme": "dark"},
}
# Title, the colours it fades through, and whether it is published.
FILMS = [
    ("Low tide, six in the morning", ("0x16324f", "0x5f8ca3", "0xf0d9b5"), True),
    ("How we fixed the boathouse roof", ("0x3d1f1a", "0xb5563c", "0xf2c078"), False),
    ("Swifts over the old town", ("0x241b4b", "0x7a4fa3", "0xff9e7d"), True),
    ("Interview with Marta, uncut", ("0x10231d", "0x2f6f57", "0xb7d9a8"), False),
    ("First snow", ("0x2b3a55", "0x8fa6c4", "0xf4f6fb"), True),
    ("Harbour at dawn", ("0x0d1b2a", "0xd1495b", "0xffd29d"), True),
]
UPLOADS = [("0x101820", "0x3f5d73", "0xe3c16f"), ("0x1b2a1f", "0x5a7d4a", "0xe8e3b0")]


def look() -> str:
    """A hash of all that makes the site look as it does."""
    own = [path for path in SITE.rglob("*") if path.suffix in {".html", ".css", ".js", ".svg"}]
    sources = [path for path in own if path.name != "config.js"] + list((ELEMENTS / "src").rglob("*.ts"))
    digest = hashlib.sha256()
    for path in sorted(sources):
        # Made from openapi.yaml, and only types.
        if path.name != "schema.ts":
            digest.update(f"{path.relative_to(PROJECT)}\n".encode() + path.read_bytes())
    return digest.hexdigest()


def test_the_screenshots_show_the_site_as_it_is() -> None:
    assert RECORD.read_text(encoding="utf-8").strip() == look(), (
        "the site has changed: renew them with make screenshots"
    )


@pytest.mark.screenshots
@pytest.mark.timeout(900)
def test_screenshots_are_taken(visitor: Callable[..., Visitor], owner: Callable[[str], Owner], tmp_path: Path) -> None:
    SCREENSHOTS.mkdir(exist_ok=True)
    for picture in SCREENSHOTS.glob("*.jpg"):
        picture.unlink()
    alice = owner("alice")
    videos = [alice.has(title, film(tmp_path, colours), public=public) for title, colours, public in FILMS]
    last = videos[-1]
    [playback_id] = [entry["id"] for entry in last["playback_ids"] if entry["policy"] == "public"]
    for name, profile in PROFILES.items():
        one = visitor(**profile, reduced_motion="reduce")
        one.open()
        _take(one, f"welcome-{name}", one.page.locator("video-gallery .card:visible"))
        one.open("/#/gallery")
        _take(one, f"gallery-{name}", one.page.locator("video-gallery .card:visible"))
        one.open(f"/#/gallery/{playback_id}")
        _take(one, f"watch-{name}", one.page.locator("video-view:visible .poster"))
        one.sign_in("Alice Archer")
        _take(one, f"library-{name}", one.card(last["title"]))
        one.open(f"/#/video/{last['id']}")
        expect(one.page.get_by_role("button", name="Delete video")).to_be_visible()
        _take(one, f"video-{name}", one.page.locator("video-view:visible .poster"))
        one.open()
        one.slow_upload(20_000)
        one.choose(*(film(tmp_path, colours, f"Night train {number + 1}") for number, colours in enumerate(UPLOADS)))
        expect(one.page.locator("video-uploader").get_by_text("%").first).to_be_visible()
        _take(one, f"uploads-{name}", one.card(last["title"]))
    RECORD.write_text(f"{look()}\n", encoding="utf-8")


def _take(one: Visitor, name: str, shown: Locator) -> None:
    """Once all pictures that are in the window are there."""
    expect(shown.first).to_be_visible()
    one.page.wait_for_load_state("networkidle" if "uploads" not in name else "load")
    one.page.screenshot(path=SCREENSHOTS / f"{name}.jpg", type="jpeg", quality=80)


def film(folder: Path, colours: tuple[str, str, str], name: str = "") -> Path:
    """A few seconds of slowly moving colours."""
    program = ffmpeg()
    assert program, "screenshots need an ffmpeg"
    path = folder / f"{name or colours[0]}.mp4"
    stops = ":".join(f"c{number}={colour}" for number, colour in enumerate(colours))
    across = "x0=100:y0=700:x1=1100:y1=0"
    source = f"gradients=size=1280x720:rate=12:nb_colors=3:{stops}:{across}:speed=0.003:duration=9"
    sound = ["-f", "lavfi", "-i", "anullsrc", "-shortest"]
    codecs = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac"]
    command = [program, "-loglevel", "error", "-y", "-f", "lavfi", "-i", source, *sound, *codecs, str(path)]
    subprocess.run(command, check=True, timeout=120)
    return path
