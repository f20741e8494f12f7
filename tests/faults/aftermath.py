"""What holds in the end, whatever was told and disturbed: the table and Mux agree, and nothing is left to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.faults.story import Stage, outline
from tests.world import STACK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.world import World

type Json = dict[str, Any]

_UNFINISHED = ("waiting", "preparing")


class Aftermath:
    """The table and Mux as they are when it is made."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._records = world.records()
        self._assets = [(_owner(asset["passthrough"]), asset) for asset in world.mux_assets()]
        self._uploads = [(_owner(_passthrough(upload)), upload) for upload in _uploads_at_mux(world)]

    def holds_for(self, stage: Stage) -> None:
        """The stage's owner sees each asset that Mux has of theirs once, as it is there, and knows each upload."""
        at_mux = [outline(asset) for owner, asset in self._assets if owner == stage.owner]
        shown = [outline(asset) for asset in stage.listed()]
        assert sorted(shown, key=_by_id) == sorted(at_mux, key=_by_id)
        for asset in at_mux:
            assert self._records[f"ASSET#{asset['id']}"]["owner"] == stage.owner
        for owner, upload in self._uploads:
            if owner == stage.owner:
                assert upload["status"] not in _UNFINISHED
                # Of an upload without a record nobody has the URL.
                record = self._records.get(f"UPLOAD#{upload['id']}", {"status": "timed_out", "owner": owner})
                assert (record["status"], record["owner"]) == (upload["status"], owner)

    def holds(self) -> None:
        """Nothing is open, and nobody sees what is not theirs."""
        for pk, record in self._records.items():
            assert record.get("status") not in _UNFINISHED, pk
            assert record.get("state") not in ("pending", ""), pk
            assert "due_at" not in record, pk
        assert self._world.call("list_assets", owner="eve").data == []
        for _, asset in self._assets[:1]:
            assert self._world.call("get_asset", owner="eve", id=asset["id"]).status == 404


def _owner(passthrough: str) -> str:
    mark, _, rest = passthrough.partition(f"#{STACK}#")
    return rest.partition("#")[0] if mark else ""


def _passthrough(upload: Json) -> str:
    return str(upload["new_asset_settings"].get("passthrough", ""))


def _uploads_at_mux(world: World) -> Iterator[Json]:
    page = 1
    while found := world.mux_get(f"/video/v1/uploads?limit=100&page={page}").json()["data"]:
        yield from found
        page += 1


def _by_id(asset: Json) -> str:
    return str(asset["id"])
