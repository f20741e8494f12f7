"""docs/costs.md says what `make costs` computes, and the computation is what it says it is."""

import copy

import pytest

from bench import costs, prices, worst_day
from bench.usage import Usage, measured
from local.mux import MuxEmulator
from tests.world import World, template_document


def test_the_page_holds_the_computed_numbers(mux: MuxEmulator, monkeypatch: pytest.MonkeyPatch) -> None:
    with World(mux, monkeypatch) as world:
        found = measured(world)
    text = costs.PAGE_PATH.read_text(encoding="utf-8")
    assert costs.rendered(text, found) == text, "run make costs"
    assert f"region {prices.REGION}" in text
    for name in costs.TABLES:
        assert f"<!-- costs: {name} -->" in text


CALLS = worst_day.Calls(upload=0.00006, refused_delivery=0.0000023, gallery_page=0.00001, list_call=0.000004)


def worst(**parameters: str | int) -> float:
    """What the worst day costs with these parameters."""
    return sum(worst_day.items(worst_day.Allowed.by(template_document(), **parameters), CALLS).values())


def test_the_worst_day_of_a_stack_as_it_is_deployed_costs_less_than_20_dollars(
    mux: MuxEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    with World(mux, monkeypatch) as world:
        calls = costs.calls(measured(world))
    items = worst_day.items(worst_day.Allowed.by(template_document()), calls)
    assert 5 < sum(items.values()) < 20


@pytest.mark.parametrize(
    ("parameter", "value", "more"),
    [
        ("MaxUploadsPerDay", 1025, 1000 * (120 * 0.003 + CALLS.upload)),
        ("MaxExtrasPerDay", 1010, 1000 * 120 * 0.003),
        ("MaxStoredMinutes", 306_000, 300_000 * 0.003 / 30),
        ("MaxDurationSeconds", 14_400, (25 + 10) * 120 * 0.003),
        ("MaxDurationSeconds", 0, (25 + 10) * 600 * 0.003),
        ("VideoQuality", "premium", 25 * 120 * 0.0384),
        ("MaxResolutionTier", "2160p", (25 * 120 + 10 * 120 + 6000 / 30) * 0.009),
    ],
)
def test_the_worst_day_follows_each_parameter(parameter: str, value: str | int, more: float) -> None:
    base = {"MaxUploadsPerDay": 25, "MaxExtrasPerDay": 10, "MaxStoredMinutes": 6000, "MaxDurationSeconds": 7200}
    assert worst(**base | {parameter: value}) - worst(**base) == pytest.approx(more)


def test_the_worst_day_follows_the_limits_of_the_routes_without_a_token() -> None:
    document = copy.deepcopy(template_document())
    settings = document["Resources"]["HttpApi"]["Properties"]["RouteSettings"]
    before = sum(worst_day.items(worst_day.Allowed.by(document), CALLS).values())
    settings["POST /webhooks/mux"]["ThrottlingRateLimit"] += 10
    settings["GET /gallery"]["ThrottlingRateLimit"] += 1
    after = sum(worst_day.items(worst_day.Allowed.by(document), CALLS).values())
    assert after - before == pytest.approx(86_400 * (10 * CALLS.refused_delivery + CALLS.gallery_page))


def test_the_worst_day_counts_every_route_without_a_token() -> None:
    functions = template_document()["Resources"].values()
    events = [event for found in functions for event in found.get("Properties", {}).get("Events", {}).values()]
    routes = [event["Properties"] for event in events if event["Type"] == "HttpApi"]
    open_to_all = {f"{route['Method']} {route['Path']}" for route in routes if "Auth" in route}
    assert open_to_all == set(worst_day.STRANGERS)


@pytest.mark.parametrize("parameter", ["MaxUploadsPerDay", "MaxExtrasPerDay", "MaxStoredMinutes"])
def test_without_a_total_no_worst_day_is_made_up(parameter: str) -> None:
    with pytest.raises(ValueError, match="nothing bounds"):
        worst(**{parameter: 0})


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
