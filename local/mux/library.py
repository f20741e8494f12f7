"""Every asset of the environment, found by id, upload or playback id, and listed newest first.

A page costs its own length whatever the library's size: the cursor is a position in the order of creation.
"""

from __future__ import annotations

import base64
import binascii
from bisect import bisect_left
from itertools import count, islice
from typing import TYPE_CHECKING

from local.mux.errors import InvalidParametersError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from local.mux.resources import Asset, PlaybackId

_CURSOR_PREFIX = b"before:"


class Library:
    def __init__(self) -> None:
        self._numbers = count(1)
        self._assets: dict[str, Asset] = {}
        self._order: list[Asset] = []
        self._by_playback_id: dict[str, Asset] = {}
        self._by_upload_id: dict[str, Asset] = {}

    def __len__(self) -> int:
        return len(self._order)

    def __contains__(self, asset_id: str) -> bool:
        return asset_id in self._assets

    def next_number(self) -> int:
        return next(self._numbers)

    def add(self, asset: Asset) -> None:
        self._assets[asset.id] = asset
        self._order.append(asset)
        for entry in asset.playback_ids:
            self._by_playback_id[entry.id] = asset
        if asset.upload_id:
            self._by_upload_id[asset.upload_id] = asset

    def get(self, asset_id: str) -> Asset:
        """Raises NotFoundError."""
        try:
            return self._assets[asset_id]
        except KeyError:
            raise NotFoundError from None

    def remove(self, asset: Asset) -> None:
        del self._assets[asset.id]
        del self._order[bisect_left(self._order, asset.number, key=lambda other: other.number)]
        for entry in asset.playback_ids:
            del self._by_playback_id[entry.id]
        if asset.upload_id:
            del self._by_upload_id[asset.upload_id]

    def clear(self) -> None:
        self._assets.clear()
        self._order.clear()
        self._by_playback_id.clear()
        self._by_upload_id.clear()

    def of_upload(self, upload_id: str) -> list[Asset]:
        asset = self._by_upload_id.get(upload_id)
        return [asset] if asset else []

    def with_playback_id(self, playback_id: str) -> Asset:
        """Raises NotFoundError."""
        try:
            return self._by_playback_id[playback_id]
        except KeyError:
            raise NotFoundError from None

    def add_playback_id(self, asset: Asset, entry: PlaybackId) -> None:
        asset.playback_ids.append(entry)
        self._by_playback_id[entry.id] = asset

    def remove_playback_id(self, asset: Asset, entry: PlaybackId) -> None:
        asset.playback_ids.remove(entry)
        del self._by_playback_id[entry.id]

    def page(self, limit: int, *, skip: int = 0, cursor: str | None = None) -> tuple[list[Asset], str | None]:
        """Newest first, after `skip` or after `cursor`, with the cursor of what follows (None at the end).

        Raises InvalidParametersError for a cursor this library did not issue.
        """
        end = len(self._order) - skip
        if cursor is not None:
            end = bisect_left(self._order, _position(cursor), key=lambda asset: asset.number)
        end = max(end, 0)
        start = max(end - limit, 0)
        assets = self._order[start:end][::-1]
        return assets, _cursor(assets[-1].number) if assets and start > 0 else None


def paged[Item](newest_first: Iterable[Item], limit: int, skip: int) -> list[Item]:
    """The page of a short list."""
    return list(islice(newest_first, skip, skip + limit))


def _cursor(number: int) -> str:
    return base64.urlsafe_b64encode(_CURSOR_PREFIX + str(number).encode()).decode()


def _position(cursor: str) -> int:
    try:
        decoded = base64.urlsafe_b64decode(cursor.encode())
        return int(decoded.removeprefix(_CURSOR_PREFIX).decode())
    except (ValueError, binascii.Error):
        raise InvalidParametersError("cursor is invalid") from None
