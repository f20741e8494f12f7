"""Owners of videos, who use the API directly: to have things there before a visitor comes, and to look from outside."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import requests

from local.mux import sample_mp4
from mux_lifecycle.runtime import GALLERY_SECONDS

if TYPE_CHECKING:
    from pathlib import Path

    from local.embedded import LocalStack

type Json = dict[str, Any]

PATIENCE = 45


def wait_for_the_gallery() -> None:
    """Until the gallery shows what was changed before: the function keeps a first page for some seconds."""
    time.sleep(GALLERY_SECONDS)


def answered(stack: LocalStack, owner: str, method: str, path: str, body: Json | None = None) -> requests.Response:
    """What the API says to an owner. What can be repeated is asked again after 503, for a while."""
    limit = time.monotonic() + PATIENCE
    while True:
        answer = stack.request(method, path, token=stack.token(owner), json=body)
        if answer.status_code != 503 or method == "POST" or time.monotonic() > limit:
            return answer
        time.sleep(0.5)


@dataclass
class Owner:
    """A demo user (`alice`, `ben`) on the API."""

    stack: LocalStack
    name: str

    def ask(self, method: str, path: str, body: Json | None = None) -> Any:
        answer = answered(self.stack, self.name, method, path, body)
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def has(self, title: str, film: Path | None = None, *, public: bool = False) -> Json:
        """A ready video, without a `film` one of six seconds that has headers only; a public one is in the gallery."""
        wish = {"title": title, "playback_policy": "public" if public else "signed"}
        upload = self.ask("POST", "/uploads", wish)["data"]
        content = film.read_bytes() if film else sample_mp4(seconds=6)
        sent = requests.put(upload["url"], data=content, timeout=PATIENCE)
        assert sent.status_code == 200
        asset = self._until_ended(upload["id"])
        if public:
            asset = self.ask("PATCH", f"/assets/{asset['id']}", {"visibility": "public"})["data"]
            wait_for_the_gallery()
        return asset

    def videos(self) -> list[Json]:
        found: list[Json] = self.ask("GET", "/assets?limit=100")["data"]
        return found

    def clear(self) -> None:
        """Delete all videos, and wait for those that Mux can delete only later."""
        limit = time.monotonic() + PATIENCE
        while videos := self.videos():
            assert time.monotonic() < limit, f"these cannot be deleted: {videos}"
            for video in videos:
                if video["status"] != "deleting":
                    self.ask("DELETE", f"/assets/{video['id']}")
            time.sleep(0.1)

    def _until_ended(self, upload_id: str) -> Json:
        limit = time.monotonic() + 3 * PATIENCE
        while time.monotonic() < limit:
            upload = self.ask("GET", f"/uploads/{upload_id}")["data"]
            if upload.get("asset", {}).get("status") in {"ready", "errored"}:
                asset: Json = upload["asset"]
                return asset
            time.sleep(0.2)
        deliveries = requests.get(f"{self.stack.mux_url}/_emulator/deliveries", timeout=10).json()["data"]
        told = [(delivery["type"], delivery["status"]) for delivery in deliveries if upload_id in delivery["body"]]
        raise AssertionError(f"the video was never ready: {upload}, Mux's webhooks: {told}")
