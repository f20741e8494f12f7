"""Changing an asset and what belongs to it: Mux is asked first, and what it answers is written as an observation."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import replace
from functools import partial
from typing import Any, Final

from mux_lifecycle import views
from mux_lifecycle.errors import (
    Conflict,
    LifecycleError,
    MuxMalformed,
    MuxNotFound,
    MuxOutcomeUnknown,
    MuxRateLimited,
    MuxRefused,
    MuxUnavailable,
    NotFound,
    SecretUnavailable,
    TemporarilyUnavailable,
    TooManyRequests,
)
from mux_lifecycle.mux.client import Json, MuxClient
from mux_lifecycle.mux.tag import Tag
from mux_lifecycle.store import projection
from mux_lifecycle.store.assets import Assets, is_full, is_part_deleted, is_rejected, shown_status
from mux_lifecycle.store.inputs import Inputs
from mux_lifecycle.store.keys import PartKind
from mux_lifecycle.store.places import Places, held
from mux_lifecycle.store.projector import Projector
from mux_lifecycle.store.records import number, text
from mux_lifecycle.store.table import Item
from mux_lifecycle.store.totals import Totals
from mux_lifecycle.telemetry import logger
from mux_lifecycle.workflows.visibility import LOOK_AGAIN_SECONDS, Agreement

_NOT_NOW: Final = "Mux does not allow this in the asset's present state, or there is one like it already"
_NOTHING_DONE: Final = (MuxRefused, MuxNotFound, MuxRateLimited, MuxUnavailable, SecretUnavailable, TooManyRequests)
_FILES_OF_MP4_SUPPORT: Final = {"capped-1080p": 1, "audio-only": 1, "audio-only,capped-1080p": 2}


class Editing:
    """Edits assets that `owner` may edit; None stands for an administrator, who may edit all.

    Every method raises NotFound for what is missing or somebody else's, and Conflict, saying why, for what cannot be
    done in the asset's present state. `now` gives epoch seconds.
    """

    def __init__(  # noqa: PLR0913 - a composition root hands it everything it works with
        self,
        *,
        mux: MuxClient,
        assets: Assets,
        inputs: Inputs,
        projector: Projector,
        totals: Totals,
        extras_of: Callable[[str], Places],
        stack: str,
        now: Callable[[], float],
        request_id: Callable[[], str],
    ) -> None:
        self._mux = mux
        self._assets = assets
        self._inputs = inputs
        self._projector = projector
        self._totals = totals
        self._extras_of = extras_of
        self._stack = stack
        self._now = now
        self._request_id = request_id
        self._agreement = Agreement(mux, assets, now)

    def update(self, asset_id: str, owner: str | None, *, title: str, visibility: str) -> Item:
        """Change title and visibility (`""`: leave it), and the playback ids with that; the record afterwards."""
        record = self._editable(asset_id, owner)
        tag = self._tag(record, visibility) if visibility else None
        body: Json = {"meta": {"title": title}} if title else {}
        body |= {"passthrough": tag.encode()} if tag else {}

        def write() -> Json:
            sent_at = self._now()
            answer = self._mux.update_asset(asset_id, body)
            self._observe(answer, record, sent_at, tag)
            return answer

        with _refusals():
            if visibility:
                look = partial(self._try_to_refresh, asset_id, record)
                self._agreement.reach(asset_id, record, visibility, write, look)
            else:
                write()
        return self._assets.get(asset_id, owner=owner)

    def input_info(self, asset_id: str, owner: str | None) -> list[Json]:
        """What Mux found in the asset's inputs, as callers see it; that of a ready asset is asked of Mux once."""
        record = self._assets.get(asset_id, owner=owner)
        final = shown_status(record) == "ready"
        kept = self._inputs.find(asset_id, now=self._now()) if final else None
        if kept is not None:
            return kept
        with _refusals():
            found = [views.input_info(entry) for entry in self._mux.input_info(asset_id)]
        if final:
            self._inputs.keep(asset_id, found, owner=text(record, "owner"), now=self._now())
        return found

    def create_playback_id(self, asset_id: str, owner: str | None, policy: str) -> tuple[Json, Item]:
        """Another playback id, as `{id, policy}`, and the asset's record as it was before."""
        record = self._editable(asset_id, owner)
        if len(projection.named_playback_ids(text(record, "doc"))) >= projection.MAX_PLAYBACK_IDS:
            raise Conflict(f"the asset has {projection.MAX_PLAYBACK_IDS} playback ids: delete one first")
        self._mux.reserve(posts=1, others=1)
        self._expect_change(asset_id)
        try:
            with _refusals():
                made = self._mux.create_playback_id(asset_id, policy)
        except MuxOutcomeUnknown:
            # Mux has no event for playback ids: without a look, nobody would ever hear of one that was made.
            self._try_to_refresh(asset_id, record)
            raise
        self._try_to_refresh(asset_id, record)
        # What was asked for is what was made, whatever else the answer says.
        return {"id": made["id"], "policy": policy}, record

    def delete_playback_id(self, asset_id: str, owner: str | None, playback_id: str) -> None:
        """Remove a playback id, which may have gone already. What nobody can play any more is not public either."""
        record = self._editable(asset_id, owner)
        self._mux.reserve(others=2)
        self._expect_change(asset_id)
        gone = True
        try:
            with _refusals():
                self._mux.delete_playback_id(asset_id, playback_id)
        except LifecycleError as error:
            gone = isinstance(error, NotFound)
            raise
        finally:
            # Also when it was not there: the record may name what Mux no longer knows.
            withdrawn = gone and self._is_public_without(record, playback_id)
            self._refresh(asset_id, record, self._tag(record, "private") if withdrawn else None)

    def create_track(self, asset_id: str, owner: str | None, body: Mapping[str, Any]) -> Json:
        """A caption or audio track from a file that Mux fetches."""
        record = self._roomy(asset_id, owner)
        sent_at = self._now()
        with _refusals(), self._extras(record, 1 if body["type"] == "audio" else 0):
            made = self._mux.create_track(asset_id, dict(body))
        self._observe_part("track", asset_id, made, sent_at)
        return made

    def update_track(self, asset_id: str, owner: str | None, track_id: str, body: Mapping[str, Any]) -> Json:
        """Change a track's language, name or kind of captions."""
        _not_deleted(self._ready(asset_id, owner), "track", track_id)
        sent_at = self._now()
        with _refusals():
            changed = self._mux.update_track(asset_id, track_id, dict(body))
        self._observe_part("track", asset_id, changed, sent_at)
        return changed

    def delete_track(self, asset_id: str, owner: str | None, track_id: str) -> None:
        """Remove a track."""
        record = self._ready(asset_id, owner)
        _not_deleted(record, "track", track_id)
        track = _track(record, track_id)
        if track.get("type") == "video" or (track.get("type") == "audio" and track.get("primary")):
            raise Conflict(_NOT_NOW)
        sent_at = self._now()
        with _refusals():
            self._mux.delete_track(asset_id, track_id)
        self._bury_part("track", asset_id, track_id, sent_at)

    def generate_subtitles(
        self, asset_id: str, owner: str | None, track_id: str, body: Mapping[str, Any]
    ) -> list[Json]:
        """Subtitles from the speech of an audio track."""
        record = self._roomy(asset_id, owner)
        _not_deleted(record, "track", track_id)
        if _track(record, track_id).get("type", "audio") != "audio":
            raise Conflict(_NOT_NOW)
        sent_at = self._now()
        with _refusals(), self._extras(record, len(body["generated_subtitles"])):
            made = self._mux.generate_subtitles(asset_id, track_id, dict(body))
        for track in made:
            self._observe_part("track", asset_id, track, sent_at)
        return made

    def create_static_rendition(self, asset_id: str, owner: str | None, resolution: str) -> Json:
        """A file to download, in one resolution."""
        record = self._roomy(asset_id, owner)
        sent_at = self._now()
        with _refusals(), self._extras(record, 1):
            made = self._mux.create_static_rendition(asset_id, resolution)
        self._observe_part("rendition", asset_id, made, sent_at)
        return made

    def delete_static_rendition(self, asset_id: str, owner: str | None, rendition_id: str) -> None:
        """Remove such a file."""
        _not_deleted(self._ready(asset_id, owner), "rendition", rendition_id)
        sent_at = self._now()
        with _refusals():
            self._mux.delete_static_rendition(asset_id, rendition_id)
        self._bury_part("rendition", asset_id, rendition_id, sent_at)

    def set_mp4_support(self, asset_id: str, owner: str | None, mp4_support: str) -> Item:
        """Mux's older way to files for download; the record afterwards."""
        record = self._ready(asset_id, owner)
        sent_at = self._now()
        with _refusals(), self._extras(record, _FILES_OF_MP4_SUPPORT.get(mp4_support, 0)):
            answer = self._mux.set_mp4_support(asset_id, mp4_support)
        self._observe(answer, record, sent_at)
        return self._assets.get(asset_id, owner=owner)

    def set_master_access(self, asset_id: str, owner: str | None, master_access: str) -> tuple[Item, str]:
        """Allow the original's download for a day, or end that; the record afterwards, and the URL once there is one.

        The URL is a key to the file: it is handed to who asks here, and never stored.
        """
        record = self._ready(asset_id, owner)
        sent_at = self._now()
        with _refusals():
            answer = self._mux.set_master_access(asset_id, master_access)
        self._observe(answer, record, sent_at)
        master = answer.get("master")
        url = master.get("url") if isinstance(master, dict) else None
        return self._assets.get(asset_id, owner=owner), url if isinstance(url, str) else ""

    def _editable(self, asset_id: str, owner: str | None) -> Item:
        record = self._assets.get(asset_id, owner=owner)
        if shown_status(record) == "deleting":
            raise Conflict("the asset is being deleted")
        if is_rejected(record):
            raise Conflict("the asset is not kept, see its errors: delete it")
        return record

    def _ready(self, asset_id: str, owner: str | None) -> Item:
        record = self._editable(asset_id, owner)
        status = text(record, "status")
        if status == "preparing":
            raise Conflict("the asset is still preparing: try again when it is ready")
        if status != "ready":
            raise Conflict("the asset could not be processed, so this is not possible")
        return record

    def _roomy(self, asset_id: str, owner: str | None) -> Item:
        record = self._ready(asset_id, owner)
        if is_full(record):
            raise Conflict("the asset has too many tracks and static renditions: delete one first")
        return record

    @contextmanager
    def _extras(self, record: Item, number_of_them: int) -> Iterator[None]:
        """Inside, so many extras count, against the limits of the asset's owner and of the stack."""
        names = frozenset(self._request_id() for _ in range(number_of_them))
        owner = text(record, "owner")
        places = [self._extras_of(owner), self._totals] if owner else [self._totals]
        with held(places if names else [], names, "extras", undone_by=_NOTHING_DONE):
            yield

    def _tag(self, record: Item, visibility: str) -> Tag:
        owner = text(record, "owner")
        if not owner:
            raise Conflict("the asset has no owner here, so its visibility cannot be changed")
        request = text(record, "request") or self._request_id()
        return Tag(self._stack, owner, request, visibility, number(record, "max_duration"))

    def _is_public_without(self, record: Item, playback_id: str) -> bool:
        """Whether the record still says public once this playback id is gone, though no other plays for everybody."""
        others = (entry for entry in projection.named_playback_ids(text(record, "doc")) if entry["id"] != playback_id)
        said = text(record, "visibility") == "public" and "owner" in record
        return said and all(entry["policy"] != "public" for entry in others)

    def _expect_change(self, asset_id: str) -> None:
        """Have the cleanup look, should this request end before it has: Mux has no event for playback ids."""
        now = self._now()
        self._assets.look_again(asset_id, at=int(now) + LOOK_AGAIN_SECONDS, since=now)

    def _refresh(self, asset_id: str, record: Item, tag: Tag | None = None) -> None:
        """Write what Mux says now, after it was given a new `tag` if there is one."""
        sent_at = self._now()
        try:
            tagged = {"passthrough": tag.encode()} if tag else None
            answer = self._mux.update_asset(asset_id, tagged) if tagged else self._mux.get_asset(asset_id)
        except MuxNotFound:
            # Whether it is gone is not for us to say here.
            self._assets.look_again(asset_id, at=int(sent_at), since=sent_at)
            return
        except (TemporarilyUnavailable, MuxRefused, MuxMalformed):
            self._assets.look_again(asset_id, at=int(sent_at), since=sent_at)
            raise
        self._observe(answer, record, sent_at, tag)

    def _try_to_refresh(self, asset_id: str, record: Item) -> None:
        """After what must not be repeated: a failing look does not make the caller believe that it failed."""
        try:
            self._refresh(asset_id, record)
        except (TemporarilyUnavailable, MuxRefused, MuxMalformed) as error:
            logger.warning("asset not refreshed", asset_id=asset_id, error=type(error).__name__)

    def _observe(self, answer: Json, record: Item, sent_at: float, tag: Tag | None = None) -> None:
        change = projection.observed_asset(answer, sent_at=sent_at, stack=self._stack)
        if change:
            change = replace(change, tag=tag) if tag else change
            self._assets.apply(change, owner=text(record, "owner") or None)

    def _observe_part(self, kind: PartKind, asset_id: str, answer: Json, sent_at: float) -> None:
        change = projection.observed_part(answer, kind, asset_id, sent_at=sent_at)
        if change:
            self._projector.apply(change, now=self._now())

    def _bury_part(self, kind: PartKind, asset_id: str, part_id: str, sent_at: float) -> None:
        gone = projection.observed_part_deletion(kind, asset_id, part_id, sent_at=sent_at)
        self._projector.apply(gone, now=self._now())


@contextmanager
def _refusals() -> Iterator[None]:
    """What Mux says about the caller's own object, in our words."""
    try:
        yield
    except MuxNotFound as error:
        raise NotFound("no such object") from error
    except MuxRefused as refused:
        if refused.status != 400:
            raise
        raise Conflict(_NOT_NOW) from refused


def _not_deleted(record: Item, kind: PartKind, part_id: str) -> None:
    if is_part_deleted(record, kind, part_id):
        raise NotFound("no such object")


def _track(record: Item, track_id: str) -> Json:
    """The track as the asset's snapshot has it; empty when it names none such."""
    tracks: list[Json] = json.loads(text(record, "doc") or "{}").get("tracks", [])
    return next((track for track in tracks if track.get("id") == track_id), {})
