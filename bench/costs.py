"""`make costs`: docs/costs.md's tables, computed from measured usage, the template, and the prices of `bench.prices`.

A table stands between `<!-- costs: NAME -->` and `<!-- /costs -->`. `python -m bench.costs` writes them anew.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final, get_args

import pytest

import tests.conftest  # noqa: F401 - the environment in which the layer is imported
from bench import prices, worst_day
from bench.usage import PAGE, POLLS, Measured, Usage, measured
from local.mux import MuxEmulator
from mux_lifecycle.telemetry import Gauge, Percentage
from tests.world import ROOT, World, template_document

PAGE_PATH: Final = ROOT / "docs" / "costs.md"
KB: Final = 1000
GB: Final = 1_000_000_000

# What no test can measure.
BILLED_SECONDS: Final = 0.05
"""Of an invocation that asks DynamoDB only, warm, at the template's memory, cold starts spread over."""
BILLED_SECONDS_WITH_MUX: Final = 0.5
SCHEDULED_SECONDS: Final = 0.5
ACCESS_LINE_BYTES: Final = 450
PLATFORM_LINES_BYTES: Final = 400
"""What API Gateway and Lambda log of each request, beside the function's own lines."""
VIDEO_MINUTES: Final = 2
VIEWS: Final = 10
STREAM_READS_MONTH: Final = 4 * 3600 * prices.HOURS_A_MONTH
"""The change feed's pipe asks each shard four times a second."""
RUNS_MONTH: Final = {
    "cleanup": 12 * prices.HOURS_A_MONTH,
    "reconcile": 4 * prices.HOURS_A_MONTH,
    "mux_setup": 12 * prices.HOURS_A_MONTH,
}

METRICS_ALWAYS_WRITTEN: Final = len(get_args(Gauge.__value__)) + len(get_args(Percentage.__value__))

type Rows = list[tuple[str, ...]]


def dollars(amount: float) -> str:
    """Two digits that say something: cents, or fractions of one."""
    return f"{amount:.2f}" if amount >= 0.1 or amount == 0 else f"{amount:.2g}"


def gigabytes_of(function: str) -> float:
    """The memory of a function by its file's name."""
    document = template_document()
    shared = document["Globals"]["Function"]["MemorySize"]
    for resource in document["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            properties = resource["Properties"]
            if properties["Handler"] == f"{function}.handler":
                return float(properties.get("MemorySize", shared)) / 1024
    raise ValueError(f"no function {function}")


def components(usage: Usage, function: str) -> dict[str, float]:
    """What some invocations of a function cost at AWS, in dollars."""
    with_mux = min(usage.mux_calls, usage.invocations)
    seconds = with_mux * BILLED_SECONDS_WITH_MUX + (usage.invocations - with_mux) * BILLED_SECONDS
    logged = usage.log_bytes + usage.invocations * (ACCESS_LINE_BYTES + PLATFORM_LINES_BYTES)
    return {
        "API Gateway": usage.invocations * prices.HTTP_API_REQUEST,
        "Lambda": usage.invocations * prices.LAMBDA_REQUEST
        + seconds * gigabytes_of(function) * prices.LAMBDA_GB_SECOND,
        "DynamoDB": usage.write_units * prices.WRITE_UNIT + usage.read_units * prices.READ_UNIT,
        "logs": logged / GB * prices.LOG_GB,
        "traffic": usage.answer_bytes / GB * prices.TRANSFER_GB,
    }


def upload(found: Measured) -> dict[str, float]:
    """One upload from POST to ready, in dollars."""
    parts = [
        components(found.create, "create_upload"),
        components(found.webhooks, "webhook_receiver"),
        components(found.polls, "get_upload"),
    ]
    total = {name: sum(part[name] for part in parts) for name in parts[0]}
    return total | {"change feed": found.announcements * (prices.PIPE_REQUEST + prices.BUS_EVENT)}


def page(found: Measured) -> dict[str, float]:
    """One call of GET /assets, in dollars."""
    return components(found.page, "list_assets")


def _used(found: Measured) -> Rows:
    rows: Rows = [("", "requests", "Mux calls", "write units", "read units", "own log lines, KB", "answers, KB")]
    named = (
        ("POST /uploads", found.create),
        ("its webhooks", found.webhooks),
        (f"GET /uploads/{{id}}, {POLLS} times", found.polls),
        ("**an upload, until it is ready**", found.upload),
        (f"**GET /assets, a page of {PAGE}**", found.page),
    )
    for name, usage in named:
        numbers = (usage.invocations, usage.mux_calls, usage.write_units, f"{usage.read_units:g}")
        sizes = (f"{usage.log_bytes / KB:.1f}", f"{usage.answer_bytes / KB:.0f}")
        rows.append((name, *map(str, numbers), *sizes))
    return rows


def _aws(found: Measured) -> Rows:
    uploads, pages = upload(found), page(found)
    rows: Rows = [("AWS", "1,000 uploads", "1,000,000 list calls")]
    for name in uploads:
        listed = dollars(pages[name] * prices.MILLION) if name in pages else "–"
        rows.append((name, dollars(uploads[name] * 1000), listed))
    total = dollars(sum(uploads.values()) * 1000), dollars(sum(pages.values()) * prices.MILLION)
    rows.append(("**together**", *(f"**{amount}**" for amount in total)))
    return rows


def alarm_metrics() -> int:
    """How many metrics the template's alarms watch; each is billed."""
    alarms = [
        r["Properties"] for r in template_document()["Resources"].values() if r["Type"] == "AWS::CloudWatch::Alarm"
    ]
    return sum(len([query for query in alarm.get("Metrics", [alarm]) if "Expression" not in query]) for alarm in alarms)


def count(kind: str) -> int:
    return sum(resource["Type"] == kind for resource in template_document()["Resources"].values())


def idle_items() -> dict[str, tuple[float, float]]:
    """What a month costs while nobody uploads: at list prices, and beyond what every account has free for ever."""
    metrics, dashboards, secrets = (
        alarm_metrics(),
        count("AWS::CloudWatch::Dashboard"),
        count("AWS::SecretsManager::Secret"),
    )
    runs = sum(RUNS_MONTH.values())
    seconds = sum(number * SCHEDULED_SECONDS * gigabytes_of(name) for name, number in RUNS_MONTH.items())
    schedules = runs * (prices.LAMBDA_REQUEST + prices.SCHEDULE_START) + seconds * prices.LAMBDA_GB_SECOND
    schedules += runs * (1 * prices.READ_UNIT + 2 * prices.WRITE_UNIT)
    beyond = {
        "alarms": max(0, metrics - prices.FREE_ALARM_METRICS) * prices.ALARM_METRIC_MONTH,
        "feed": max(0, STREAM_READS_MONTH - prices.FREE_STREAM_READS) * prices.STREAM_READ,
    }
    return {
        f"{metrics} metrics watched by {count('AWS::CloudWatch::Alarm')} alarms": (
            metrics * prices.ALARM_METRIC_MONTH,
            beyond["alarms"],
        ),
        f"{secrets} secrets": (secrets * prices.SECRET_MONTH, secrets * prices.SECRET_MONTH),
        "the dashboard (`DashboardState`)": (dashboards * prices.DASHBOARD_MONTH, 0.0),
        "the change feed's reading of one shard (`ChangeFeedState`)": (
            STREAM_READS_MONTH * prices.STREAM_READ,
            beyond["feed"],
        ),
        f"{METRICS_ALWAYS_WRITTEN} metrics that the cleanup always writes": (
            METRICS_ALWAYS_WRITTEN * prices.METRIC_MONTH,
            0.0,
        ),
        f"{runs:,} runs of the three schedules": (schedules, 0.0),
    }


def _idle(_found: Measured) -> Rows:
    rows: Rows = [("a month", "list price", "beyond what is always free")]
    items = idle_items()
    rows += [(name, dollars(listed), dollars(beyond)) for name, (listed, beyond) in items.items()]
    totals = [sum(item[index] for item in items.values()) for index in (0, 1)]
    rows.append(("**together**", *(f"**{dollars(total)}**" for total in totals)))
    return rows


def container_month() -> float:
    """Two small containers behind a load balancer, always on."""
    task = 0.25 * prices.FARGATE_CPU_HOUR + 0.5 * prices.FARGATE_GB_HOUR
    return (2 * task + prices.LOAD_BALANCER_HOUR) * prices.HOURS_A_MONTH


def _beside(found: Measured) -> Rows:
    minutes, watched = 1000 * VIDEO_MINUTES, 1000 * VIDEO_MINUTES * VIEWS
    ours = sum(upload(found).values()) * 1000 + sum(page(found).values()) * 20_000
    idle = sum(item[0] for item in idle_items().values())
    mux = minutes * prices.MUX_STORED_MINUTE_MONTH
    delivered = watched * prices.MUX_DELIVERED_MINUTE
    table = upload(found)["DynamoDB"] * 1000 + page(found)["DynamoDB"] * 20_000
    cloudflare = minutes * prices.CLOUDFLARE_STORED_MINUTE_MONTH + watched * prices.CLOUDFLARE_DELIVERED_MINUTE
    return [
        ("1,000 uploads and 20,000 list calls in a month", "the backend", "video", "together"),
        _compared("**this, with Mux**", idle + ours, mux + delivered),
        _compared(
            "two small containers behind a load balancer and the same table, with Mux",
            container_month() + table,
            mux + delivered,
        ),
        _compared("a backend like this one, with Cloudflare Stream", idle + ours, cloudflare),
    ]


def _compared(name: str, backend: float, video: float) -> tuple[str, ...]:
    return name, dollars(backend), dollars(video), dollars(backend + video)


def break_even(found: Measured) -> int:
    """List calls a month from which on two containers cost less than the functions, in whole millions."""
    spare = container_month() - sum(item[0] for item in idle_items().values())
    return int(spare / sum(page(found).values()) / prices.MILLION)


def _video(_found: Measured) -> Rows:
    minutes, watched = 1000 * VIDEO_MINUTES, 1000 * VIDEO_MINUTES * VIEWS
    delivered = watched * prices.MUX_DELIVERED_MINUTE
    return [
        (f"Mux, 1,000 uploads of {VIDEO_MINUTES} minutes, quality `basic`", "dollars"),
        ("encoding", dollars(0)),
        (f"storage of {minutes:,} minutes, a month", dollars(minutes * prices.MUX_STORED_MINUTE_MONTH)),
        (f"delivery, each watched {VIEWS} times ({watched:,} minutes)", dollars(delivered)),
        (f"the same within the {prices.MUX_FREE_DELIVERED_MINUTES:,} minutes a month that are free", dollars(0)),
    ]


def calls(found: Measured) -> worst_day.Calls:
    """One call of each kind that a worst day is made of."""
    refused = Usage(invocations=1, log_bytes=worst_day.REFUSED_LINE_BYTES)
    times = worst_day.LARGEST_PAGE / PAGE
    full = replace(
        found.page,
        read_units=found.page.read_units * times,
        answer_bytes=int(found.page.answer_bytes * times),
    )
    return worst_day.Calls(
        upload=sum(upload(found).values()),
        refused_delivery=sum(components(refused, "webhook_receiver").values()),
        gallery_page=sum(components(full, "gallery").values()),
        list_call=sum(page(found).values()),
    )


def _worst_day(found: Measured) -> Rows:
    costs = worst_day.items(worst_day.Allowed.by(template_document()), calls(found))
    return [
        ("the worst day, by the template's defaults", "dollars"),
        *((name, dollars(amount)) for name, amount in costs.items()),
        ("**together**", f"**{dollars(sum(costs.values()))}**"),
    ]


def _beyond(found: Measured) -> Rows:
    costs = worst_day.beyond(worst_day.Allowed.by(template_document()), calls(found))
    return [("what somebody with a token can add", "dollars"), *((name, dollars(cost)) for name, cost in costs.items())]


def _sources(_found: Measured) -> Rows:
    return [("price of", "published at", "quoted on"), *prices.SOURCES]


TABLES: Final[dict[str, Callable[[Measured], Rows]]] = {
    "usage": _used,
    "aws": _aws,
    "video": _video,
    "idle": _idle,
    "beside": _beside,
    "worst": _worst_day,
    "beyond": _beyond,
    "sources": _sources,
}
_PLACE: Final = re.compile(r"(<!-- costs: (\w+) -->\n).*?(<!-- /costs -->)", re.DOTALL)


def rendered(text: str, found: Measured) -> str:
    """The page with every table as it is computed now."""
    text = re.sub(r"from \S+ million list calls a month", f"from {break_even(found)} million list calls a month", text)
    return _PLACE.sub(lambda place: place[1] + "\n".join(_markdown(TABLES[place[2]](found))) + "\n" + place[3], text)


def _markdown(rows: Rows) -> Iterator[str]:
    head, *body = rows
    yield f"| {' | '.join(head)} |"
    yield f"|{'|'.join('---' for _ in head)}|"
    for row in body:
        yield f"| {' | '.join(row)} |"


def main() -> None:
    with (
        MuxEmulator(processing_seconds=0.02, seed=1) as mux,
        pytest.MonkeyPatch.context() as patch,
        World(mux, patch) as world,
    ):
        found = measured(world)
    PAGE_PATH.write_text(rendered(PAGE_PATH.read_text(encoding="utf-8"), found), encoding="utf-8")


if __name__ == "__main__":
    main()
