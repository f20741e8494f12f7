"""Looks for the asset that a request made when the answer to it was lost: first with us, then with Mux."""

from collections.abc import Callable
from typing import Final

from mux_lifecycle.errors import InProgress
from mux_lifecycle.mux.client import MuxClient
from mux_lifecycle.mux.tag import Tag
from mux_lifecycle.store import keys, projection
from mux_lifecycle.store.assets import Assets
from mux_lifecycle.store.intents import Intent
from mux_lifecycle.store.projector import Projector
from mux_lifecycle.times import parse_epoch

_SKEW_SECONDS: Final = 300
"""Mux's clock may differ from ours."""
_RECORDS: Final = 100


class Search:
    """Finds assets by the request in their tag."""

    def __init__(
        self, mux: MuxClient, assets: Assets, projector: Projector, stack: str, now: Callable[[], float]
    ) -> None:
        self._mux = mux
        self._assets = assets
        self._projector = projector
        self._stack = stack
        self._now = now

    def find(self, intent: Intent, *, pages: int) -> str | None:
        """The asset's id, its record written; None when Mux certainly has none.

        Raises InProgress when `pages` of Mux's list did not reach back far enough to tell.
        """
        since = intent.sent_at - _SKEW_SECONDS
        return self._with_us(intent, since) or self._with_mux(intent, since, pages)

    def _with_us(self, intent: Intent, since: int) -> str | None:
        page = self._assets.page(intent.owner, None, limit=_RECORDS, after=None, since=keys.sort(since, ""))
        matches = (keys.sorted_id(at) for at, record in page.entries if record.get("request") == intent.request)
        return next(matches, None)

    def _with_mux(self, intent: Intent, since: int, pages: int) -> str | None:
        cursor: str | None = None
        for _ in range(pages):
            sent_at = self._now()
            page = self._mux.list_assets(cursor=cursor)
            for asset in page.assets:
                created_at = parse_epoch(asset.get("created_at"))
                if created_at is not None and created_at < since:
                    return None
                tag = Tag.decode(asset.get("passthrough"), stack=self._stack)
                change = projection.observed_asset(asset, sent_at=sent_at, stack=self._stack)
                if tag and tag.request == intent.request and change:
                    self._projector.apply(change, now=self._now())
                    return change.asset_id
            cursor = page.next_cursor
            if not cursor:
                return None
        raise InProgress("the outcome is still being looked for: try again", retry_after=60)
