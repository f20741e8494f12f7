"""The comparison's tables and chart say what was measured, and its ways of building do the same jobs."""

from xml.etree import ElementTree as ET

from bench.comparison.chart import svg
from bench.comparison.measure import LOADS, Results, Samples
from bench.comparison.report import tables
from bench.comparison.variants import NODE, PEERS, Variant
from local.intrinsics import read
from tests.world import ROOT

NAMES = ("this build", "plain build", "Node.js bundle")
WAYS = [Variant(name, lambda *_: None, lambda _: {"function": 2000}) for name in NAMES]  # type: ignore[arg-type]


def results() -> Results:
    """This build takes 0.2 s, the plain one 1 s, Node.js 0.16 s; a request 2, 4 and 3 ms of processor time."""
    found: Results = {}
    for function in PEERS:
        for way, first, request in zip(NAMES, (0.2, 1.0, 0.16), (0.002, 0.004, 0.003), strict=True):
            found[function, way] = Samples(
                init=[first / 2],
                first=[first * 0.9, first, first * 3],
                cold_processor=[first / 2],
                warm=[0.01],
                peak=[50 * 1024 * 1024],
                processor_per_request=[request] if function in LOADS else [],
            )
    return found


def row(function: str, way: str) -> list[str]:
    lines = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in tables(results(), WAYS).splitlines()]
    start = next(number for number, line in enumerate(lines) if line[0] == f"`{function}`")
    return next(line for line in lines[start:] if line[1:2] == [way])


def test_a_row_has_medians_and_the_ratio_of_this_build_to_that() -> None:
    assert row("list_assets", "this build")[2:] == ["100", "200", "180 – 600", "", "10.0", "50"]
    assert row("list_assets", "plain build")[2:] == ["500", "1000", "900 – 3000", "0.20", "10.0", "50"]
    assert row("delete_asset", "Node.js bundle")[5] == "1.25"


def test_requests_per_second_and_core_are_those_of_the_processor_time() -> None:
    text = tables(results(), WAYS)
    assert "| 2.00 | 500 |  |" in text
    assert "| Node.js bundle | 3.00 | 333 | 1.50 |" in text


def test_memory_is_paid_for_and_buys_processor_time() -> None:
    """0.1 s of a whole processor take twice as long on half of one; 0.1 s of waiting do not."""
    assert f"| 1024 | {100 * 1769 / 1024 + 100:.0f} |" in tables(results(), WAYS)
    assert "| 1769 | 200 |" in tables(results(), WAYS)


def test_the_chart_shows_every_function_in_every_way() -> None:
    root = ET.fromstring(svg(results(), WAYS))  # noqa: S314 - our own
    texts = [element.text for element in root.iter() if element.tag.endswith("text")]
    assert {*PEERS, *NAMES} <= set(texts)
    assert texts.count("1000") == len(PEERS)
    bars = [element for element in root.iter() if element.tag.endswith("rect") and element.get("rx")]
    assert len(bars) == len(PEERS) * len(NAMES)


def test_each_peer_is_a_function_of_the_template_and_a_bundle() -> None:
    functions = read((ROOT / "template.yaml").read_text())["Resources"]
    for name, logical_id in PEERS.items():
        assert functions[logical_id]["Properties"]["Handler"] == f"{name}.handler"
        assert (NODE / f"{name}.mjs").is_file()
