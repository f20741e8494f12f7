"""Films of all shapes, made by ffmpeg and uploaded once for each demo user."""

from __future__ import annotations

import importlib
import importlib.util
import shutil
import subprocess
import time
from typing import TYPE_CHECKING, Any

import pytest
import requests

from mux_lifecycle.runtime import GALLERY_SECONDS
from tests.owners import answered

if TYPE_CHECKING:
    from pathlib import Path

    from local.embedded import LocalStack

type Json = dict[str, Any]

PATIENCE = 120
_H264 = "-c:v libx264 -preset ultrafast -pix_fmt yuv420p"
_SOUND = "-f lavfi -i sine=frequency=440"
RECIPES = {
    "wide.mp4": f"-f lavfi -i testsrc2=size=480x270:rate=10 {_SOUND} -t 6 {_H264} -c:a aac",
    "classic.mp4": f"-f lavfi -i testsrc2=size=480x360:rate=10 {_SOUND} -t 6 {_H264} -c:a aac",
    "portrait.mp4": f"-f lavfi -i testsrc2=size=270x480:rate=10 {_SOUND} -t 6 {_H264} -c:a aac",
    "square.mp4": f"-f lavfi -i testsrc2=size=320x320:rate=10 -t 6 {_H264}",
    "voice.m4a": "-f lavfi -i sine=frequency=330 -t 8 -c:a aac",
    # Longer than what a player loads ahead.
    "long.mp4": f"-f lavfi -i testsrc2=size=160x90:rate=2 {_SOUND} -t 800 {_H264} -g 4 -b:v 40k -c:a aac -b:a 32k",
}


class Films:
    def __init__(self, stack: LocalStack, folder: Path) -> None:
        self._stack = stack
        self._folder = folder
        self._kept: dict[tuple[str, str, bool], Json] = {}

    def shared(self, recipe: str, *, public: bool = False, owner: str = "alice") -> Json:
        """A ready asset of this film that no test changes."""
        key = (recipe, owner, public)
        if key not in self._kept:
            self._kept[key] = self.uploaded(recipe, f"A {recipe.partition('.')[0]} film", public=public, owner=owner)
        return self._kept[key]

    def uploaded(self, recipe: str, title: str, *, public: bool = False, owner: str = "alice") -> Json:
        """A new asset; a public one is in the gallery."""
        wish = {"title": title, "playback_policy": "public" if public else "signed"}
        upload = self.ask(owner, "POST", "/uploads", wish)["data"]
        sent = requests.put(upload["url"], data=self.path(recipe).read_bytes(), timeout=PATIENCE)
        assert sent.status_code == 200
        asset = self.until_processed(owner, upload["id"])
        if public:
            asset = self.ask(owner, "PATCH", f"/assets/{asset['id']}", {"visibility": "public"})["data"]
            time.sleep(GALLERY_SECONDS)
        return asset

    def until_processed(self, owner: str, upload_id: str) -> Json:
        limit = time.monotonic() + PATIENCE
        while time.monotonic() < limit:
            asset: Json = self.ask(owner, "GET", f"/uploads/{upload_id}")["data"].get("asset", {})
            if asset.get("status", "preparing") != "preparing":
                return asset
            time.sleep(0.2)
        raise AssertionError("the upload is not processed in time")

    def ask(self, owner: str, method: str, path: str, body: Json | None = None) -> Json:
        answer = answered(self._stack, owner, method, path, body)
        assert answer.ok, answer.text
        found: Json = answer.json() if answer.content else {}
        return found

    def path(self, recipe: str) -> Path:
        path = self._folder / recipe
        if not path.exists():
            command = [_ffmpeg(), "-loglevel", "error", "-y", *RECIPES[recipe].split(), str(path)]
            subprocess.run(command, check=True, timeout=PATIENCE)
        return path


def playback_id(asset: Json) -> str:
    return str(asset["playback_ids"][0]["id"])


def _ffmpeg() -> str:
    if found := shutil.which("ffmpeg"):
        return found
    if importlib.util.find_spec("imageio_ffmpeg") is None:
        pytest.skip("this needs ffmpeg")
    return str(importlib.import_module("imageio_ffmpeg").get_ffmpeg_exe())
