"""Bars for the cold starts as SVG, readable on a light and on a dark page."""

from html import escape

from bench.comparison.measure import Results
from bench.comparison.variants import PEERS, Variant

WIDTH, LEFT, RIGHT = 760, 150, 70
BAR, GAP, TOP = 18, 22, 64
STYLE = """
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.title { font-weight: 600; font-size: 15px }
.small { font-size: 12px; fill: #59636e }
.way0 { fill: #0969da } .way1 { fill: #afb8c1 } .way2 { fill: #1a7f37 }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc } .small { fill: #9198a1 }
  .way0 { fill: #4493f8 } .way1 { fill: #656c76 } .way2 { fill: #3fb950 }
}
"""


def svg(results: Results, ways: list[Variant]) -> str:
    """Medians from the start of a process to its first answer."""
    longest = max(results[name, way.name].median("first") for name in PEERS for way in ways)
    scale = (WIDTH - LEFT - RIGHT) / longest
    height = TOP + len(PEERS) * (len(ways) * BAR + GAP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="title">',
        f'<title id="title">Cold starts in milliseconds, by function and way of building</title><style>{STYLE}</style>',
        '<text class="title" x="8" y="22">Cold start: process start to first answer, ms (median)</text>',
    ]
    for number, way in enumerate(ways):
        x = LEFT + number * 150
        parts.append(f'<rect class="way{number}" x="{x}" y="36" width="12" height="12"/>')
        parts.append(f'<text class="small" x="{x + 18}" y="47">{escape(way.name)}</text>')
    for row, name in enumerate(PEERS):
        y = TOP + row * (len(ways) * BAR + GAP)
        parts.append(f'<text x="8" y="{y + len(ways) * BAR / 2 + 4:.0f}">{escape(name)}</text>')
        for number, way in enumerate(ways):
            seconds = results[name, way.name].median("first")
            width, top = seconds * scale, y + number * BAR
            parts.append(
                f'<rect class="way{number}" x="{LEFT}" y="{top}" width="{width:.1f}" height="{BAR - 3}" rx="2"/>'
            )
            parts.append(
                f'<text class="small" x="{LEFT + width + 6:.1f}" y="{top + BAR - 6}">{seconds * 1000:.0f}</text>'
            )
    return "\n".join([*parts, "</svg>", ""])
