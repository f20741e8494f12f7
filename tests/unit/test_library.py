"""The libraries that listing is tested and measured on hold what the store would have written."""

from tests.library import Film, Library, films
from tests.world import World

PERIOD = 60
"""After so many assets, owners, statuses and visibilities begin again."""


def kind(film: Film) -> tuple[str, str, bool]:
    return film.owner, film.status, film.public


def test_multiplied_records_equal_those_that_the_store_writes(world: World) -> None:
    kinds = {kind(film): film for film in films(PERIOD)}
    assert kinds.keys() == {kind(film) for film in films(5 * PERIOD)}
    Library(world.dynamodb, world.table_name).stock(kinds.values())
    multiplied = world.records()
    assert len(multiplied) == len(kinds)
    world.replace_items([])
    for film in kinds.values():
        Library(world.dynamodb, world.table_name).add(film)
    assert world.records() == multiplied


def test_a_library_is_shared_evenly(world: World) -> None:
    library = Library(world.dynamodb, world.table_name)
    library.stock(films(PERIOD))
    held = library.present.values()
    assert world.records().keys() == {f"ASSET#{film.id}" for film in held}
    assert len(held) == PERIOD
    assert sum(film.owner == "ada" for film in held) == PERIOD // 5
    assert sum((film.owner, film.status) == ("ada", "errored") for film in held) == PERIOD // 20
    assert sum(film.in_gallery for film in held) == 4
