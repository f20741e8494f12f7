"""The figures as Markdown tables."""

from collections.abc import Iterable

from bench.comparison.measure import LOADS, Results
from bench.comparison.variants import PEERS, Variant

MEGABYTE = 1024 * 1024
VCPU_MEGABYTES = 1769
"""The memory at which Lambda gives one whole processor; below, it gives that share of one."""
SIZES = (256, 512, 1024, 1769)
GIGABYTE_SECOND = 0.0000133334
"""US dollars on arm64."""


def tables(results: Results, ways: list[Variant]) -> str:
    titled = {
        "Cold start": _cold(results, ways),
        "Warm": _load(results, ways),
        "Size": _sizes(ways),
        "Memory": _memory(results, ways[0]),
    }
    return "\n\n".join(f"### {title}\n\n{table}" for title, table in titled.items())


def _cold(results: Results, ways: list[Variant]) -> str:
    ours, plain, node = (way.name for way in ways)
    rows = []
    for name in PEERS:
        mine = results[name, ours].median("first")
        for way in (ours, plain, node):
            samples = results[name, way]
            other = samples.median("first")
            rows.append(
                [
                    f"`{name}`" if way == ours else "",
                    way,
                    f"{samples.median('init') * 1000:.0f}",
                    f"{other * 1000:.0f}",
                    f"{min(samples.first) * 1000:.0f} – {max(samples.first) * 1000:.0f}",
                    "" if way == ours else f"{mine / other:.2f}",
                    f"{samples.median('warm') * 1000:.1f}",
                    f"{max(samples.peak) / MEGABYTE:.0f}",
                ]
            )
    return _table(
        ["", "", "init ms", "first answer ms", "least – most", "this ÷ that", "warm request ms", "peak MB"], rows
    )


def _load(results: Results, ways: list[Variant]) -> str:
    ours = ways[0].name
    rows = []
    for name in LOADS:
        mine = results[name, ours].median("processor_per_request")
        for way in ways:
            each = results[name, way.name].median("processor_per_request")
            ratio = "" if way.name == ours else f"{each / mine:.2f}"
            label = f"`{name}`" if way.name == ours else ""
            rows.append([label, way.name, f"{each * 1000:.2f}", f"{1 / each:.0f}", ratio])
    return _table(["", "", "processor ms per request", "requests per second and core", "requests: this ÷ that"], rows)


def _sizes(ways: list[Variant]) -> str:
    rows = []
    for name in PEERS:
        parts = [way.zipped(name) for way in ways]
        shown = [
            " + ".join(
                f"{size / 1000:,.0f} KB {part if len(sizes) > 1 else ''}".strip() for part, size in sizes.items()
            )
            for sizes in parts
        ]
        rows.append([f"`{name}`", *shown])
    return _table(["zipped", *(way.name for way in ways)], rows)


def _memory(results: Results, way: Variant) -> str:
    """Lambda gives processor time in proportion to memory, so it is computed from the processor time measured."""
    rows = []
    for name in PEERS:
        samples = results[name, way.name]
        processor = samples.median("cold_processor")
        waiting = max(0.0, samples.median("first") - processor)
        for size in SIZES:
            seconds = processor * VCPU_MEGABYTES / size + waiting
            cost = seconds * size / 1024 * GIGABYTE_SECOND * 1_000_000
            label = f"`{name}`" if size == SIZES[0] else ""
            rows.append([label, str(size), f"{seconds * 1000:.0f}", f"{cost:.2f}"])
    return _table(["", "MemorySize", "cold start ms", "$ per million cold starts"], rows)


def _table(titles: list[str], rows: Iterable[list[str]]) -> str:
    lines = [titles, ["---"] * len(titles), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
