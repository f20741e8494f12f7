"""The measurements, interleaved: each round takes every function in every way once, so that a slow minute hits all."""

import contextlib
import statistics
import sys
import uuid
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from bench.comparison.process import FunctionProcess, patiently
from bench.comparison.variants import PEERS, Variant
from bench.scenarios import SCENARIOS
from bench.stage import Stage

LOADS: Final = ("webhook_receiver", "list_assets")
"""The functions that run often enough for their warm cost to matter."""
_WARM_EVENTS: Final = 3

type Json = dict[str, Any]


@dataclass
class Samples:
    """What one function took in one way of building it; seconds and bytes."""

    init: list[float] = field(default_factory=list)
    first: list[float] = field(default_factory=list)
    cold_processor: list[float] = field(default_factory=list)
    warm: list[float] = field(default_factory=list)
    peak: list[int] = field(default_factory=list)
    processor_per_request: list[float] = field(default_factory=list)

    def median(self, name: str) -> float:
        values: list[float] = getattr(self, name)
        return statistics.median(values)


type Results = dict[tuple[str, str], Samples]
"""By function and variant."""


def measure(stage: Stage, ways: list[Variant], *, starts: int, rounds: int, requests: int) -> Results:
    results: Results = defaultdict(Samples)
    for number in range(starts):
        print(f"cold starts: round {number + 1} of {starts}", file=sys.stderr)
        stage.empty_table()
        for name in PEERS:
            for way in _rotated(ways, number):
                patiently(partial(_cold, stage, name, way, results[name, way.name]))
    for number in range(rounds):
        print(f"under load: round {number + 1} of {rounds}", file=sys.stderr)
        for name in LOADS:
            for way in _rotated(ways, number):
                patiently(partial(_load, stage, name, way, results[name, way.name], requests))
    return results


def _cold(stage: Stage, name: str, way: Variant, samples: Samples) -> None:
    events = list(_events(stage, name, 1 + _WARM_EVENTS))
    with _process(stage, name, way) as process:
        init, first = process.first(events.pop())
        samples.init.append(init)
        samples.first.append(first)
        samples.cold_processor.append(process.processor_seconds())
        samples.warm += [process.next(event) for event in events]
        samples.peak.append(process.peak_bytes())


def _load(stage: Stage, name: str, way: Variant, samples: Samples, requests: int) -> None:
    """The first tenth of the requests lets caches fill and just-in-time compilers work."""
    settling = requests // 10
    # moto searches the whole table for each query.
    stage.empty_table()
    events = list(_events(stage, name, 1 + settling + requests))
    with _process(stage, name, way) as process:
        process.first(events.pop())
        for event in events[:settling]:
            process.next(event)
        before = process.processor_seconds()
        for event in events[settling:]:
            process.next(event)
        samples.processor_per_request.append((process.processor_seconds() - before) / requests)
        samples.peak.append(process.peak_bytes())


def _events(stage: Stage, name: str, count: int) -> Iterator[Json]:
    # What the functions print while they prepare are their metrics.
    with contextlib.redirect_stdout(None):
        made = SCENARIOS[name](stage, count)
    for event in made:
        if name == "create_upload":
            event["headers"]["idempotency-key"] = str(uuid.uuid4())
        yield event


def _process(stage: Stage, name: str, way: Variant) -> FunctionProcess:
    function = stage.template.functions[PEERS[name]]
    return FunctionProcess(way.start(function, stage.environment(PEERS[name])), function.arn)


def _rotated(ways: list[Variant], number: int) -> list[Variant]:
    first = number % len(ways)
    return ways[first:] + ways[:first]
