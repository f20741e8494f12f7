"""POST /assets/{id}/playback-tokens · POST /playback-tokens: tokens and URLs that let one viewer play signed assets."""

import contextlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from mux_lifecycle import api, runtime, views
from mux_lifecycle.errors import Conflict, NotFound
from mux_lifecycle.models import BatchTokenWish, TokenWish
from mux_lifecycle.mux import playback, signing
from mux_lifecycle.store.assets import is_rejected, shown_status
from mux_lifecycle.store.records import text
from mux_lifecycle.store.table import Item
from mux_lifecycle.times import rfc3339


def create_playback_tokens(request: api.Request) -> api.Response:
    owner = request.owner_or_admin(runtime.admin())
    request.cors_origin(runtime.origins())
    request.query()
    wish = TokenWish.parse(request.json())
    record = runtime.assets().get(request.id(), owner=owner)
    playback_id = _closed_playback_id(record, wish.playback_id)
    return api.ok(_signed(playback_id, views.mp4(record), signing.AUDIENCES, wish.ttl_seconds, wish.claims))


def create_playback_tokens_for_many(request: api.Request) -> api.Response:
    owner = request.owner_or_admin(runtime.admin())
    request.cors_origin(runtime.origins())
    request.query()
    wish = BatchTokenWish.parse(request.json())
    records = runtime.assets().get_all(wish.asset_ids, owner=owner)
    return api.ok(
        [
            {"asset_id": views.asset_id(record), **_signed(playback_id, mp4, wish.kinds, wish.ttl_seconds, wish.claims)}
            for record, playback_id, mp4 in _playable(records)
        ]
    )


def _playable(records: Iterable[Item]) -> Iterator[tuple[Item, str, str]]:
    """Those of the records that a token opens, each with its playback id and the name of its MP4."""
    for record in records:
        found = None
        if shown_status(record) == "ready":
            with views.unreadable_reported(record), contextlib.suppress(Conflict):
                found = record, _closed_playback_id(record, ""), views.mp4(record)
        if found:
            yield found


def _signed(
    playback_id: str,
    mp4: str,
    kinds: Iterable[str],
    ttl_seconds: int | None,
    claims: Mapping[str, Mapping[str, str | int | float]],
) -> dict[str, Any]:
    config, key = runtime.playback_config(), runtime.signing_key()
    expires_at = int(runtime.now()) + min(ttl_seconds or config.max_ttl_seconds, config.max_ttl_seconds)
    restriction = {"playback_restriction_id": config.restriction_id} if config.restriction_id else {}
    tokens = {
        kind: signing.sign(
            playback_id, kind, key, expires_at=expires_at, claims={**restriction, **claims.get(kind, {})}
        )
        for kind in kinds
    }
    urls = playback.signed_urls(playback_id, tokens, mp4)
    return {"playback_id": playback_id, "expires_at": rfc3339(expires_at), "tokens": tokens, "urls": urls}


def _closed_playback_id(record: Item, wanted: str) -> str:
    if shown_status(record) == "deleting":
        raise Conflict("the asset is being deleted")
    if is_rejected(record):
        raise Conflict("the asset is not kept, see its errors: it cannot be played")
    entries = json.loads(text(record, "doc")).get("playback_ids", [])
    if wanted and wanted not in [entry.get("id") for entry in entries]:
        raise NotFound("no such playback id")
    closed = [entry["id"] for entry in entries if entry.get("policy") in signing.POLICIES]
    found = [entry_id for entry_id in closed if wanted in ("", entry_id)]
    if not found:
        raise Conflict("this needs a playback id with the policy signed; a public one plays without a token")
    return str(found[0])


handler = api.handler(
    {
        "POST /assets/{id}/playback-tokens": create_playback_tokens,
        "POST /playback-tokens": create_playback_tokens_for_many,
    }
)
