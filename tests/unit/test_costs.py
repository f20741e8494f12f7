"""docs/costs.md says what `make costs` computes, and the computation is what it says it is."""

import pytest

from bench import costs, prices
from bench.usage import Usage, measured
from local.mux import MuxEmulator
from tests.world import World


def test_the_page_holds_the_computed_numbers(mux: MuxEmulator, monkeypatch: pytest.MonkeyPatch) -> None:
    with World(mux, monkeypatch) as world:
        found = measured(world)
    text = costs.PAGE_PATH.read_text(encoding="utf-8")
    assert costs.rendered(text, found) == text, "run make costs"
    assert f"region {prices.REGION}" in text
    for name in costs.TABLES:
        assert f"<!-- costs: {name} -->" in text


def test_a_million_calls_cost_what_aws_asks_for() -> None:
    usage = Usage(invocations=1, write_units=4, read_units=8, answer_bytes=1000, log_bytes=150)
    found = {name: amount * prices.MILLION for name, amount in costs.components(usage, "list_assets").items()}
    assert found["API Gateway"] == pytest.approx(1.00)
    assert found["Lambda"] == pytest.approx(0.20 + 50_000 * costs.gigabytes_of("list_assets") * 0.0000133334)
    assert found["DynamoDB"] == pytest.approx(4 * 0.625 + 8 * 0.125)
    assert found["logs"] == pytest.approx(0.50)
    assert found["traffic"] == pytest.approx(0.09)


def test_a_call_to_mux_is_waited_for_and_paid_for() -> None:
    alone = costs.components(Usage(invocations=1), "create_upload")
    waiting = costs.components(Usage(invocations=1, mux_calls=1), "create_upload")
    assert waiting["Lambda"] > 5 * alone["Lambda"]
    assert {name for name in alone if alone[name] != waiting[name]} == {"Lambda"}


def test_every_metric_of_an_alarm_is_counted_once() -> None:
    """ReadingErrorsAlarm and ChangingErrorsAlarm alone have fifteen."""
    assert costs.alarm_metrics() > costs.count("AWS::CloudWatch::Alarm") + 13


@pytest.mark.parametrize(("amount", "shown"), [(12.345, "12.35"), (0.1, "0.10"), (0, "0.00"), (0.0123, "0.012")])
def test_small_amounts_keep_two_digits(amount: float, shown: str) -> None:
    assert costs.dollars(amount) == shown
