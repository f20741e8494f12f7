"""The faults a test has asked for: parsed, checked, and drawn from one seedable source of chance."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local.mux.errors import InvalidParametersError
from local.mux.fields import Fields

if TYPE_CHECKING:
    from collections.abc import Mapping

_OUTAGES = (500, 502, 503, 504)


@dataclass(frozen=True)
class Span:
    """Seconds: a constant when both ends are equal, else drawn evenly from between them."""

    low: float = 0.0
    high: float = 0.0


@dataclass(frozen=True)
class WebhookFaults:
    """Shares of deliveries (0-1), and the delay before a first attempt."""

    drop: float = 0.0
    duplicate: float = 0.0
    reorder: float = 0.0
    delay: Span = Span()


@dataclass(frozen=True)
class ApiFaults:
    """Shares of requests (0-1) under /video and /system; `enforce_limits` makes the real buckets bite."""

    error_rate: float = 0.0
    limited: float = 0.0
    enforce_limits: bool = False
    retry_after: float | None = None
    lose_response: float = 0.0
    latency: Span = Span()


class Faults:
    def __init__(self, seed: int | None = None) -> None:
        self._seed = seed
        self.reset()

    def reset(self) -> None:
        """No faults, and chance starts again from the seed."""
        self._chance = random.Random(self._seed)  # noqa: S311 - shares of faults, not secrets
        self.set({})

    def set(self, source: Mapping[str, Any]) -> None:
        """Replace all faults; raise InvalidParametersError, changing nothing, for what is not understood."""
        _only(source, {"webhooks", "api"}, "")
        webhooks, api = _webhooks(source.get("webhooks", {})), _api(source.get("api", {}))
        self.webhooks, self.api, self.source = webhooks, api, dict(source)

    def happens(self, share: float) -> bool:
        return share > 0 and self._chance.random() < share

    def seconds(self, span: Span) -> float:
        return span.low if span.low == span.high else self._chance.uniform(span.low, span.high)

    def outage_status(self) -> int:
        return self._chance.choice(_OUTAGES)


def _webhooks(source: Mapping[str, Any]) -> WebhookFaults:
    fields = _only(source, {"drop", "duplicate", "reorder", "delay_seconds"}, "webhooks")
    return WebhookFaults(
        drop=_share(fields, "drop"),
        duplicate=_share(fields, "duplicate"),
        reorder=_share(fields, "reorder"),
        delay=_span(fields, "delay_seconds"),
    )


def _api(source: Mapping[str, Any]) -> ApiFaults:
    known = {"error_rate", "rate_limit", "retry_after_seconds", "lose_response", "latency_seconds"}
    fields = _only(source, known, "api")
    enforce = isinstance(fields.raw("rate_limit"), bool)
    return ApiFaults(
        error_rate=_share(fields, "error_rate"),
        limited=0.0 if enforce else _share(fields, "rate_limit"),
        enforce_limits=enforce and bool(fields.raw("rate_limit")),
        retry_after=fields.number("retry_after_seconds"),
        lose_response=_share(fields, "lose_response"),
        latency=_span(fields, "latency_seconds"),
    )


def _only(source: Any, known: set[str], where: str) -> Fields:
    if not isinstance(source, dict):
        raise InvalidParametersError(f"{where or 'body'} must be an object")
    if unknown := sorted(set(source) - known):
        raise InvalidParametersError(f"unknown faults: {', '.join(unknown)}")
    return Fields(source, f"{where}." if where else "")


def _share(fields: Fields, name: str) -> float:
    return fields.number(name, maximum=1.0) or 0.0


def _span(fields: Fields, name: str) -> Span:
    value = fields.raw(name)
    if not isinstance(value, list):
        seconds = fields.number(name) or 0.0
        return Span(seconds, seconds)
    if len(value) != 2:
        raise fields.invalid(name, "must be seconds or [least, most]")
    ends = Fields({"least": value[0], "most": value[1]}, f"{name}.")
    low, high = ends.number("least") or 0.0, ends.number("most") or 0.0
    if low > high:
        raise fields.invalid(name, "must be seconds or [least, most]")
    return Span(low, high)
