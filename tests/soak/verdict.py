"""The judgement: everything that customers were told, held against what there is at Mux and what they are shown."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Final

from tests.agreement import Difference, Json, differences, mux_uploads, owner_tag
from tests.soak.stack import Stack, is_visible
from tests.soak.wishes import Wish
from tests.world import World

KINDS: Final = ("lost", "doubled", "ghost", "differs", "pending", "undeleted", "foreign", "wrong")
"""What must not have happened, by the words of `Difference`; `undeleted`: still there, `wrong`: said at the time."""


def strangers(world: World) -> dict[str, Json]:
    """The assets at Mux that are none of this stack's, by id, as they are."""
    return {asset["id"]: asset for asset in world.mux_assets() if owner_tag(asset) is None}


def judged(stack: Stack, strangers_before: dict[str, Json]) -> dict[str, list[str]]:
    """All that is wrong, by KINDS."""
    found: dict[str, list[str]] = {kind: [] for kind in KINDS}
    owners = sorted({wish.owner for wish in stack.wishes})
    for difference in [*differences(stack.world, owners), *_broken_promises(stack)]:
        found[difference.kind].append(difference.what)
    found["undeleted"] = list(_undeleted(stack))
    found["wrong"] = list(stack.wishes.wrong)
    found["wrong"] += [f"the roles do not allow {denied}" for denied in stack.world.permissions.denied]
    for asset_id, before in strangers_before.items():
        if strangers(stack.world).get(asset_id) != before:
            found["foreign"].append(f"asset {asset_id}, which is nobody's here, was touched")
    return found


def _broken_promises(stack: Stack) -> Iterator[Difference]:
    at_mux = _by_wish(stack)
    uploads = {upload["id"]: upload["status"] for upload in mux_uploads(stack.world)}
    for wish in stack.wishes:
        assets = at_mux[wish.number]
        if len(assets) > 1:
            yield Difference("doubled", f"wish {wish}: {[asset['id'] for asset in assets]}")
        if not assets and wish.kept and not wish.deletion and not wish.removed_elsewhere:
            yield Difference("lost", f"wish {wish}: nothing at Mux")
        if wish.cancelled and uploads.get(wish.upload_id) not in ("cancelled", "timed_out"):
            yield Difference("differs", f"wish {wish}: its upload is {uploads.get(wish.upload_id)}")
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


def _undeleted(stack: Stack) -> Iterator[str]:
    at_mux = _by_wish(stack)
    for wish in stack.wishes:
        promised = wish.is_gone or wish.deletion == "promised"
        if promised and (at_mux[wish.number] or is_visible(stack, wish)):
            yield f"wish {wish}: is still there"


def _by_wish(stack: Stack) -> defaultdict[int, list[Json]]:
    found: defaultdict[int, list[Json]] = defaultdict(list)
    for asset in stack.world.mux_assets():
        wish = stack.wishes.of_title(asset.get("meta", {}).get("title", ""))
        if wish:
            found[wish.number].append(asset)
    return found


def counted(found: dict[str, list[str]]) -> Counter[str]:
    return Counter({kind: len(all_of_it) for kind, all_of_it in found.items()})
