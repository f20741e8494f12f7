"""Many soaks side by side, each in a world and for its time in a process of its own."""

from __future__ import annotations

import contextlib
import multiprocessing
import queue
from concurrent.futures import Future, ProcessPoolExecutor
from typing import TYPE_CHECKING, Final

from tests.soak.soak import Result, soak

if TYPE_CHECKING:
    from multiprocessing.queues import Queue

    from tests.soak.report import Progress

LARGEST: Final = 250
"""Lives in a world: a library of some pages. moto's time grows with the square of its table."""

_news: Queue[tuple[int, int]]


def sizes(lives: int, processes: int) -> list[int]:
    """How many lives each world gets, so that no process is idle and no world too large."""
    count = max(processes, -(-lives // LARGEST))
    return [lives // count + (number < lives % count) for number in range(count)]


def soaked(lives: list[int], seed: str, processes: int, progress: Progress) -> list[Result]:
    """One result for each world of so many `lives`, at most `processes` of them at a time."""
    context = multiprocessing.get_context("spawn")
    news: Queue[tuple[int, int]] = context.Queue()
    with ProcessPoolExecutor(processes, context, initializer=_begin, initargs=(news,)) as pool:
        worlds = [pool.submit(_world, number, size, seed) for number, size in enumerate(lives)]
        try:
            _follow(worlds, news, progress)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return [world.result() for world in worlds]


def _follow(worlds: list[Future[Result]], news: Queue[tuple[int, int]], progress: Progress) -> None:
    """Until all worlds are judged, or one of them has broken."""
    while not all(world.done() for world in worlds):
        with contextlib.suppress(queue.Empty):
            progress.through(*news.get(timeout=0.5))
        judged = [world for world in worlds if world.done()]
        for world in judged:
            world.result()
        progress.show(judged=len(judged))
    while not news.empty():
        progress.through(*news.get())
    progress.show(judged=len(worlds), at_last=True)


def _begin(news: Queue[tuple[int, int]]) -> None:
    global _news  # noqa: PLW0603 - how a process of a pool is handed what cannot be sent with its work
    _news = news


def _world(number: int, lives: int, seed: str) -> Result:
    return soak(lives, f"{seed}.{number}", lambda through: _news.put((number, through)))
