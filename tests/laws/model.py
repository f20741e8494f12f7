"""What the table must hold after some events, as a join: the greatest version wins, facts stay."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from mux_lifecycle.store.projection import AssetChange, AssetDeletion, Change, PartChange, UploadChange

type Expected = dict[str, Any]


def join(changes: Iterable[Change]) -> dict[str, Expected]:
    """By partition key, the attributes whose values follow from the changes alone."""
    by_record: dict[str, list[Change]] = defaultdict(list)
    for change in changes:
        by_record[_pk(change)].append(change)
    return {pk: _record(changes) for pk, changes in by_record.items()}


def _pk(change: Change) -> str:
    return f"UPLOAD#{change.upload_id}" if isinstance(change, UploadChange) else f"ASSET#{change.asset_id}"


def _record(changes: list[Change]) -> Expected:
    uploads = [change for change in changes if isinstance(change, UploadChange)]
    if uploads:
        return _upload(uploads)
    deletions = [change for change in changes if isinstance(change, AssetDeletion)]
    if deletions:
        return {"seen": max(change.version for change in deletions), "status": "deleted", "doc": None, "owner": None}
    snapshots = [change for change in changes if isinstance(change, AssetChange)]
    parts = [change for change in changes if isinstance(change, PartChange)]
    return _parts(parts) | (_asset(snapshots) if snapshots else {"seen": None, "owner": None})


def _upload(changes: list[UploadChange]) -> Expected:
    last = max(changes, key=lambda change: change.version)
    return {
        "seen": last.version,
        "status": last.status,
        "error": last.error or None,
        "asset_id": _fact(change.asset_id for change in changes),
        "owner": _fact(change.tag.owner if change.tag else "" for change in changes),
        "due": "due" if last.status == "waiting" or last.asset_id else None,
    }


def _asset(changes: list[AssetChange]) -> Expected:
    last = max(changes, key=lambda change: change.version)
    owner = _fact(change.tag.owner if change.tag else "" for change in changes)
    return {
        "seen": last.version,
        "status": last.status,
        "doc": last.document,
        "upload_id": _fact(change.upload_id for change in changes),
        "owner": owner,
        "owner_status": f"{owner}#{last.status}",
        "due": "due" if last.status == "preparing" else None,
    }


def _parts(changes: list[PartChange]) -> Expected:
    last: dict[str, PartChange] = {}
    for change in sorted(changes, key=lambda change: change.version):
        last[f"{change.kind} {change.part_id}"] = change
    return {f"{change.kind}#{change.part_id}": change.document for change in last.values()} | {
        f"{change.kind}_v#{change.part_id}": change.version for change in last.values()
    }


def _fact(values: Iterable[str]) -> str | None:
    """The one value that any change has; in these histories no two changes contradict each other."""
    known = {value for value in values if value}
    assert len(known) <= 1, known
    return next(iter(known), None)
