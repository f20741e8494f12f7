"""What runs on a schedule keeps to its share of Mux's rate limit, and does not dawdle either."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mux_lifecycle.mux.pace import Pace

BURST, PER_SECOND = 100, 5
"""Mux's bucket for everything but POST, per environment."""


@dataclass
class Clock:
    """Moves only when somebody sleeps or a test says so."""

    now: float = 1000.0
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert seconds >= 0
        self.slept.append(seconds)
        self.now += seconds


def _calls(share: float, gaps: list[float]) -> list[float]:
    """When calls are sent that come with these gaps of other work between them."""
    clock = Clock()
    pace = Pace(share, clock, clock.sleep)
    sent = []
    for gap in gaps:
        clock.now += gap
        pace("GET")
        sent.append(clock.now)
    return sent


def _within_budget(sent: list[float], share: float) -> bool:
    """No stretch of time holds more calls than a bucket of this share lets through."""
    return all(
        last - first + 1 <= share * (BURST + PER_SECOND * (sent[last] - sent[first])) + 1e-6
        for first in range(len(sent))
        for last in range(first, len(sent))
    )


@pytest.mark.parametrize("share", [0.1, 0.5, 1.0])
def test_a_run_without_pauses_stays_within_its_share_and_uses_it(share: float) -> None:
    sent = _calls(share, [0.0] * 400)
    assert _within_budget(sent, share)
    assert len([moment for moment in sent if moment == sent[0]]) == BURST * share
    lasted = sent[-1] - sent[0]
    assert pytest.approx(share * (BURST + PER_SECOND * lasted), abs=1) == 400


@given(
    gaps=st.lists(st.one_of(st.just(0.0), st.floats(0, 0.5), st.floats(0, 120)), min_size=1, max_size=150),
    share=st.sampled_from([0.05, 0.5, 0.75, 1.0]),
)
def test_whatever_goes_on_between_calls_no_stretch_exceeds_the_share(gaps: list[float], share: float) -> None:
    assert _within_budget(_calls(share, gaps), share)


def test_a_long_rest_earns_one_burst_and_no_more() -> None:
    sent = _calls(0.5, [0.0] * 60 + [86_400.0] + [0.0] * 200)
    burst = [moment for moment in sent if moment == sent[60]]
    assert len(burst) == BURST * 0.5


def test_the_first_calls_need_not_wait() -> None:
    clock = Clock()
    pace = Pace(0.5, clock, clock.sleep)
    for _ in range(50):
        pace("GET")
    assert not clock.slept
    pace("GET")
    assert clock.slept == [pytest.approx(0.4)]
