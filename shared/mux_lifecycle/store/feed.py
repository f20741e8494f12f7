"""What an asset's record carries for the change feed alone: EventBridge Pipes can neither cut texts nor escape them."""

from typing import Final

from mux_lifecycle.store.table import Item

# `"` and `\` would end or bend the JSON text that Pipes puts them into; `<` and `>` are its template's own signs.
_ENCODED: Final = str.maketrans({character: f"%{ord(character):02X}" for character in '"\\<>%'})


def facts(asset_id: str, owner: str | None) -> Item:
    """The id without the prefix of its key; and the owner, with the characters `" \\ < > %` percent-encoded."""
    known: Item = {"id": asset_id}
    if owner:
        known |= {"feed_owner": owner.translate(_ENCODED)}
    return known
