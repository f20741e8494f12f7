"""What happened, as Mux tells it: envelopes whose data is fixed at the moment of emission."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local.mux import serialisers

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.mux.clock import Clock
    from local.mux.resources import Asset, StaticRendition, Track, Upload


@dataclass(frozen=True)
class Event:
    """`emitted_at` in Unix seconds on the emulator's clock; `data` is text, so nothing can change it."""

    id: str
    type: str
    object: dict[str, str]
    environment: dict[str, str]
    data: str
    created_at: str
    emitted_at: float

    def body(self, attempts: list[dict[str, Any]]) -> bytes:
        """The envelope with the earlier `attempts` of one delivery."""
        envelope = {
            "type": self.type,
            "request_id": None,
            "object": self.object,
            "id": self.id,
            "environment": self.environment,
            "data": json.loads(self.data),
            "created_at": self.created_at,
            "attempts": attempts,
            "accessor_source": None,
            "accessor": None,
        }
        return json.dumps(envelope, ensure_ascii=False, separators=(",", ":")).encode()


class Events:
    """Writes events and hands each, once, to `publish`."""

    def __init__(self, clock: Clock, environment: dict[str, str], publish: Callable[[Event], None]) -> None:
        self._clock = clock
        self._environment = environment
        self._publish = publish

    def upload(self, happened: str, upload: Upload) -> None:
        self._emit(f"video.upload.{happened}", "upload", upload.id, serialisers.event_upload(upload))

    def asset(self, happened: str, asset: Asset) -> None:
        self._emit(f"video.asset.{happened}", "asset", asset.id, serialisers.event_asset(asset))

    def track(self, happened: str, track: Track, asset: Asset) -> None:
        data = serialisers.event_track(track, asset.id)
        self._emit(f"video.asset.track.{happened}", "track", track.id, data)

    def static_rendition(self, happened: str, file: StaticRendition, asset: Asset) -> None:
        data = serialisers.event_rendition(file, asset.id)
        self._emit(f"video.asset.static_rendition.{happened}", "static-rendition", file.id, data)

    def _emit(self, kind: str, object_type: str, object_id: str, data: dict[str, Any]) -> None:
        self._publish(
            Event(
                id=str(uuid.uuid4()),
                type=kind,
                object={"type": object_type, "id": object_id},
                environment=self._environment,
                data=json.dumps(data, ensure_ascii=False),
                created_at=self._clock.stamp(),
                emitted_at=self._clock.now(),
            )
        )
