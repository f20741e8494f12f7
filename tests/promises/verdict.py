"""The judgement: everything that customers were told, held against what there is at Mux and what they are shown."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Final

from tests.promises.agreement import Difference, Json, differences, mux_uploads, owner_tag
from tests.promises.wishes import Wish, Wishes
from tests.world import World

KINDS: Final = ("lost", "doubled", "ghost", "differs", "pending", "undeleted", "foreign", "wrong")
"""What must not have happened, by the words of `Difference`; `undeleted`: still there, `wrong`: said at the time."""


def strangers(world: World) -> dict[str, Json]:
    """The assets at Mux that are none of this stack's, by id, as they are."""
    return {asset["id"]: asset for asset in world.mux_assets() if owner_tag(asset) is None}


def judged(world: World, wishes: Wishes, strangers_before: dict[str, Json]) -> dict[str, list[str]]:
    """All that is wrong, by KINDS."""
    found: dict[str, list[str]] = {kind: [] for kind in KINDS}
    at_mux = _by_wish(world, wishes)
    uploads = {upload["id"]: upload["status"] for upload in mux_uploads(world)}
    for difference in differences(world, sorted({wish.owner for wish in wishes})):
        found[difference.kind].append(difference.what)
    for wish in wishes:
        for difference in _broken_promises(wish, at_mux[wish.number], uploads):
            found[difference.kind].append(difference.what)
        promised = wish.is_gone or wish.deletion == "promised"
        if promised and (at_mux[wish.number] or _is_visible(world, wish)):
            found["undeleted"].append(f"{wish} is still there")
    found["wrong"] = list(wishes.wrong)
    found["wrong"] += [f"the roles do not allow {denied}" for denied in world.permissions.denied]
    strangers_now = strangers(world)
    for asset_id, before in strangers_before.items():
        if strangers_now.get(asset_id) != before:
            found["foreign"].append(f"asset {asset_id}, which is nobody's here, was touched")
    return found


def _broken_promises(wish: Wish, assets: list[Json], uploads: dict[str, str]) -> Iterator[Difference]:
    if len(assets) > 1:
        yield Difference("doubled", f"{wish}: {[asset['id'] for asset in assets]}")
    if not assets and wish.kept and not wish.deletion and not wish.removed_elsewhere:
        yield Difference("lost", f"{wish}: nothing at Mux")
    if wish.cancelled and uploads.get(wish.upload_id) not in ("cancelled", "timed_out"):
        yield Difference("differs", f"{wish}: its upload is {uploads.get(wish.upload_id)}")
    for asset in assets:
        yield from _misrepresented(wish, asset)


def _misrepresented(wish: Wish, asset: Json) -> Iterator[Difference]:
    tag = owner_tag(asset)
    if tag is None or tag.owner != wish.owner:
        yield Difference("foreign", f"asset {asset['id']} belongs to {wish.owner}, and Mux is told {tag}")
    elif tag.visibility not in wish.visibilities:
        yield Difference("differs", f"asset {asset['id']} is {tag.visibility}, not {wish.visibilities}")
    if asset["meta"]["title"] not in wish.titles:
        yield Difference("differs", f"asset {asset['id']} is called {asset['meta']['title']}, not {wish.titles}")


def _is_visible(world: World, wish: Wish) -> bool:
    return bool(wish.asset_id) and world.call("get_asset", owner=wish.owner, id=wish.asset_id).status != 404


def _by_wish(world: World, wishes: Wishes) -> defaultdict[int, list[Json]]:
    found: defaultdict[int, list[Json]] = defaultdict(list)
    for asset in world.mux_assets():
        wish = wishes.of_title(asset.get("meta", {}).get("title", ""))
        if wish:
            found[wish.number].append(asset)
    return found


def counted(found: dict[str, list[str]]) -> Counter[str]:
    return Counter({kind: len(all_of_it) for kind, all_of_it in found.items()})
