"""What the functions use for an upload's life and for a page of a list: every call made once, and written down."""

import io
import json
from contextlib import redirect_stdout
from dataclasses import dataclass
from typing import Any, Final

from bench.ledger import ledger
from local.mux.sample import sample_mp4
from mux_lifecycle import telemetry
from tests.library import Film, Library
from tests.world import Context, World, delivery, entry_point, http_event

PAGE: Final = 25
POLLS: Final = 10
"""How often a page asks GET /uploads/{id} until its video is ready."""
_JSON: Final = {"content-type": "application/json"}

type Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Usage:
    """Of some invocations together. `answer_bytes` are bodies alone, `log_bytes` what the functions print."""

    invocations: int = 0
    mux_calls: int = 0
    write_units: int = 0
    read_units: float = 0.0
    answer_bytes: int = 0
    log_bytes: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            self.invocations + other.invocations,
            self.mux_calls + other.mux_calls,
            self.write_units + other.write_units,
            self.read_units + other.read_units,
            self.answer_bytes + other.answer_bytes,
            self.log_bytes + other.log_bytes,
        )


@dataclass(frozen=True, slots=True)
class Measured:
    """An upload from POST to ready (`upload`, with its webhooks and polls), and one page of GET /assets."""

    create: Usage
    webhooks: Usage
    polls: Usage
    page: Usage
    announcements: int

    @property
    def upload(self) -> Usage:
        return self.create + self.webhooks + self.polls


def measured(world: World) -> Measured:
    """The functions of an empty world at work."""
    body = json.dumps({"title": "Harbour at dawn"}).encode()
    create, made = _used(world, "create_upload", http_event("create_upload", headers=_JSON, body=body))
    upload_id = made["data"]["id"]
    world.send_file(made["data"]["url"], sample_mp4())
    world.wait_for(lambda: any(event["type"] == "video.asset.ready" for event in world.mux.events()))
    webhooks, announcements = Usage(), 0
    for event in world.mux.events():
        before = _shown(world)
        webhooks += _used(world, "webhook_receiver", delivery(event))[0]
        announcements += _shown(world) != before
    poll, state = _used(world, "get_upload", http_event("get_upload", id=upload_id))
    if state["data"]["asset"]["status"] != "ready":
        raise SystemExit(f"the upload did not become a ready asset: {state}")
    polls = Usage()
    for _ in range(POLLS):
        polls += poll
    library = Library(world.dynamodb, world.table_name)
    library.stock(Film(number, "grace", "ready", public=False, created_at=1_700_000_000) for number in range(2 * PAGE))
    page, _ = _used(world, "list_assets", http_event("list_assets", owner="grace", query=f"limit={PAGE}"))
    return Measured(create, webhooks, polls, page, announcements)


def _used(world: World, function: str, event: Json) -> tuple[Usage, Json]:
    """One invocation, past World, which would hold the ledger's own looks against the function's role."""
    asked, log = len(world.mux.requests()), io.StringIO()
    stream = telemetry.logger.registered_handler.stream  # type: ignore[attr-defined]
    telemetry.logger.registered_handler.stream = log  # type: ignore[attr-defined]
    try:
        with ledger() as book, redirect_stdout(log):
            result = entry_point(function)(event, Context())
    finally:
        telemetry.logger.registered_handler.stream = stream  # type: ignore[attr-defined]
    if result["statusCode"] >= 300:
        raise SystemExit(f"{function}: {result}")
    usage = Usage(
        invocations=1,
        mux_calls=len(world.mux.requests()) - asked,
        write_units=book.write_units,
        read_units=book.read_units,
        answer_bytes=len(result["body"]),
        log_bytes=len(log.getvalue()),
    )
    return usage, json.loads(result["body"])


def _shown(world: World) -> dict[str, Json]:
    """The assets whose changes are announced."""
    return {pk: record for pk, record in world.records().items() if pk.startswith("ASSET#") and "status" in record}
