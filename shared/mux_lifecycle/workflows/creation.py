"""Making uploads and assets so that no answer can get lost and nothing that costs money is made twice.

An asset's intent is stored before Mux is asked. A repeated request with the same Idempotency-Key finds it and gets the
same answer; when the outcome is unknown, what was asked for is looked for before it is sent again.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import replace
from functools import partial
from typing import Any, Final

from mux_lifecycle import views
from mux_lifecycle.config import AssetConfig
from mux_lifecycle.errors import (
    Conflict,
    IdempotencyMismatch,
    InProgress,
    LifecycleError,
    MuxMalformed,
    MuxNotFound,
    MuxRateLimited,
    MuxRefused,
    MuxUnavailable,
    QuotaExceeded,
    SecretUnavailable,
    TooManyRequests,
)
from mux_lifecycle.models import AssetWish, UrlWish
from mux_lifecycle.mux import bodies
from mux_lifecycle.mux.client import MuxClient
from mux_lifecycle.mux.tag import Tag
from mux_lifecycle.store import keys, projection
from mux_lifecycle.store.assets import Assets, new_record
from mux_lifecycle.store.intents import SETTLE_SECONDS, Intent, Intents, Kind
from mux_lifecycle.store.ledger import OF_ASSET, OF_UPLOAD, Account
from mux_lifecycle.store.places import NEW_VIDEO
from mux_lifecycle.store.projection import UploadChange
from mux_lifecycle.store.projector import Projector
from mux_lifecycle.store.quotas import Quotas
from mux_lifecycle.store.records import text
from mux_lifecycle.store.table import Refused
from mux_lifecycle.store.totals import Totals
from mux_lifecycle.store.uploads import Uploads
from mux_lifecycle.telemetry import count
from mux_lifecycle.workflows.search import Search

type Json = dict[str, Any]

UPLOAD_SETTLE_SECONDS: Final = 30
"""Nobody waits longer for an upload; a lost one may then be sent again, for nobody has its URL."""
PATIENCE_SECONDS: Final = 3.0
"""How long a repeated request waits for the first one to end."""
_STEP_SECONDS: Final = 0.25
_SEARCH_PAGES: Final = 2
_NOTHING_DONE: Final = (MuxRefused, MuxNotFound, MuxRateLimited, MuxUnavailable, SecretUnavailable, TooManyRequests)


class Creation:
    """Creates for callers. `now` gives epoch seconds, `request_id` a fresh random id, `pause` waits seconds."""

    def __init__(  # noqa: PLR0913 - a composition root hands it everything it works with
        self,
        *,
        mux: MuxClient,
        assets: Assets,
        uploads: Uploads,
        intents: Intents,
        quotas: Quotas,
        totals: Totals,
        projector: Projector,
        search: Search,
        config: AssetConfig,
        stack: str,
        now: Callable[[], float],
        request_id: Callable[[], str],
        pause: Callable[[float], None],
    ) -> None:
        self._mux = mux
        self._assets = assets
        self._uploads = uploads
        self._intents = intents
        self._quotas = quotas
        self._totals = totals
        self._projector = projector
        self._search = search
        self._config = config
        self._stack = stack
        self._now = now
        self._request_id = request_id
        self._pause = pause

    def upload(self, owner: str, wish: AssetWish, key: str, *, cors_origin: str, timeout_seconds: int) -> Json:
        """A direct upload as POST /uploads answers it."""

        def send(request: str, instead_of: str) -> tuple[UploadChange, str]:
            tag = self._tag(owner, request)
            body = bodies.upload(wish, tag, self._config, cors_origin=cors_origin, timeout_seconds=timeout_seconds)
            # Whatever fails here, nobody has got a URL, so no upload is theirs.
            with self._within_quotas(owner, request, OF_UPLOAD, instead_of=instead_of, undone_by=(LifecycleError,)):
                sent_at = self._now()
                made = self._mux.create_upload(body)
                change = projection.observed_upload(made, sent_at=sent_at, stack=self._stack)
                if change is None:
                    raise MuxMalformed("upload without a known status")
            return replace(change, tag=tag), made["url"]

        if not key:
            change, url = send(self._request_id(), "")
            count("UploadCreated")
            self._uploads.apply(change, now=self._now())
            return views.created_upload(change.upload_id, change.status, change.expires_at, url)
        intent, lost = self._intent(owner, key, "upload", wish._asdict()), ""
        standing = self._intents.claim(intent)
        if standing.request != intent.request:
            standing = self._settled(standing, intent.fingerprint)
            if standing.state == "done":
                return self._same_upload(standing)
            intent, lost = self._taken_over(standing, UPLOAD_SETTLE_SECONDS), standing.request
        return self._first_upload(intent, partial(send, instead_of=lost))

    def asset(self, owner: str, wish: UrlWish, key: str) -> Json:
        """A new asset as POST /assets answers it."""
        intent, lost = self._intent(owner, key, "asset", {"input": wish.input, "choices": wish.choices._asdict()}), ""
        standing = self._intents.claim(intent)
        if standing.request != intent.request:
            standing = self._settled(standing, intent.fingerprint)
            if standing.state != "done":
                standing = self._looked_for(standing)
            if standing.state == "done":
                return self._same_asset(standing)
            intent, lost = self._taken_over(standing, SETTLE_SECONDS), standing.request
        return self._first_asset(intent, wish, instead_of=lost)

    def _first_upload(self, intent: Intent, send: Callable[[str], tuple[UploadChange, str]]) -> Json:
        try:
            change, url = send(intent.request)
        except (*_NOTHING_DONE, MuxMalformed, QuotaExceeded):
            self._intents.release(intent)
            raise
        count("UploadCreated")
        now = self._now()
        try:
            self._intents.finish_upload(intent, change, now=now)
        except Refused:
            # Mux's webhook was faster than we, or this very write was applied and its answer lost.
            self._uploads.apply(change, now=now)
            self._intents.finish(intent, change.upload_id, expires_at=change.expires_at)
        return views.created_upload(change.upload_id, change.status, change.expires_at, url)

    def _first_asset(self, intent: Intent, wish: UrlWish, *, instead_of: str) -> Json:
        tag = self._tag(intent.owner, intent.request)
        quotas = self._within_quotas(
            intent.owner, intent.request, OF_ASSET, instead_of=instead_of, undone_by=_NOTHING_DONE
        )
        try:
            with quotas:
                sent_at = self._now()
                made = self._mux.create_asset(bodies.asset(wish, tag, self._config))
        except (*_NOTHING_DONE, QuotaExceeded):
            self._intents.release(intent)
            raise
        count("AssetCreated")
        change = projection.observed_asset(made, sent_at=sent_at, stack=self._stack)
        if change is None:
            raise MuxMalformed("asset without a known status")
        change = replace(change, tag=tag)
        self._projector.apply(change, now=self._now())
        self._intents.finish(intent, change.asset_id)
        return views.asset(new_record(change))

    @contextmanager
    def _within_quotas(
        self,
        owner: str,
        request: str,
        accounts: tuple[Account, ...],
        *,
        instead_of: str,
        undone_by: tuple[type[LifecycleError], ...],
    ) -> Iterator[None]:
        """Inside, `request` counts, against its owner's limits and the stack's.

        It does so no more when it ends by one of the errors that mean nothing was made.
        """
        names = frozenset({request})
        try:
            self._quotas.take(owner, request, accounts, instead_of=instead_of)
        except QuotaExceeded:
            count("QuotaExceeded")
            raise
        try:
            self._totals.take(names, *NEW_VIDEO, instead_of=instead_of)
        except LifecycleError as error:
            self._quotas.give_back(owner, request, accounts)
            if not isinstance(error, QuotaExceeded):
                self._totals.give_back(names, *NEW_VIDEO)
            raise
        try:
            yield
        except undone_by:
            self._quotas.give_back(owner, request, accounts)
            self._totals.give_back(names, *NEW_VIDEO)
            raise

    def _tag(self, owner: str, request: str) -> Tag:
        return Tag(self._stack, owner, request, max_duration=self._config.max_duration_seconds)

    def _intent(self, owner: str, key: str, kind: Kind, wish: Mapping[str, Any]) -> Intent:
        request = self._request_id()
        return Intent(
            pk=keys.idempotency(owner, key or request),
            owner=owner,
            kind=kind,
            fingerprint=hashlib.sha256(json.dumps([kind, wish], sort_keys=True).encode()).hexdigest(),
            request=request,
            sent_at=int(self._now()),
        )

    def _settled(self, standing: Intent, fingerprint: str) -> Intent:
        """The standing intent, after the time that a parallel first request usually takes."""
        if standing.fingerprint != fingerprint:
            raise IdempotencyMismatch("Idempotency-Key: was used for another request; use a new one")
        waited = 0.0
        fresh = self._now() - standing.sent_at < UPLOAD_SETTLE_SECONDS
        while fresh and standing.state == "pending" and waited < PATIENCE_SECONDS:
            self._pause(_STEP_SECONDS)
            waited += _STEP_SECONDS
            found = self._intents.find(standing.pk)
            if found is None:
                raise InProgress("the same request has just come to nothing: try again")
            standing = found
        return standing

    def _looked_for(self, standing: Intent) -> Intent:
        if standing.state == "lost" or self._now() - standing.sent_at < SETTLE_SECONDS:
            return standing
        asset_id = self._search.find(standing, pages=_SEARCH_PAGES)
        if asset_id is None:
            return standing
        self._intents.finish(standing, asset_id)
        return replace(standing, state="done", object_id=asset_id)

    def _taken_over(self, standing: Intent, settle_seconds: int) -> Intent:
        now = int(self._now())
        wait = standing.sent_at + settle_seconds - now
        if standing.state == "pending" and wait > 0:
            raise InProgress("the same request is being carried out: try again", retry_after=wait)
        again = self._intents.send_again(standing, request=self._request_id(), now=now)
        if again is None:
            raise InProgress("the same request is being carried out: try again")
        return again

    def _same_upload(self, intent: Intent) -> Json:
        try:
            found = self._mux.get_upload(intent.object_id)
        except MuxNotFound:
            found = {"status": text(self._uploads.find(intent.object_id) or {}, "status")}
            if found["status"] in ("", "waiting"):
                raise
        status, url = str(found.get("status")), ""
        if status == "waiting":
            url = str(found.get("url") or "")
            if not url:
                raise MuxMalformed("waiting upload without a URL")
        return views.created_upload(intent.object_id, status, intent.expires_at, url)

    def _same_asset(self, intent: Intent) -> Json:
        record = self._assets.find(intent.object_id)
        if record is None:
            raise Conflict("the asset that this Idempotency-Key made has been deleted; use a new key")
        return views.asset(record)
