"""What the worst day costs that the template's limits allow, in dollars, from its parameters and list prices.

Every upload is as long as it may be, every extra belongs to such a video, and strangers ask for all that the routes
without a token take, from midnight to midnight.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from bench import prices
from mux_lifecycle.store.totals import Limits

DAY_SECONDS: Final = 86_400
MONTH_DAYS: Final = 30
LONGEST_MINUTES: Final = 720
"""Mux takes no longer video."""
REFUSED_LINE_BYTES: Final = 300
LARGEST_PAGE: Final = 100

STRANGERS: Final = ("POST /webhooks/mux", "GET /gallery")


@dataclass(frozen=True, slots=True)
class Allowed:
    """What a stack's parameters allow; `per_second` are the limits of the routes without a token."""

    uploads: int
    extras: int
    minutes_each: int
    stored_minutes: int
    quality: str
    tier: str
    per_second: Mapping[str, float]
    signed_in_per_second: float

    @classmethod
    def by(cls, document: Mapping[str, Any], **parameters: str | int) -> Self:
        """By the template's defaults, and by `parameters` where they say otherwise."""
        values = {name: found.get("Default") for name, found in document["Parameters"].items()} | parameters
        limits = Limits(0, 0, 0, int(values["MaxDurationSeconds"]))
        general = float(values["ThrottlingRateLimit"])
        settings = document["Resources"]["HttpApi"]["Properties"].get("RouteSettings", {})
        return cls(
            uploads=int(values["MaxUploadsPerDay"]),
            extras=int(values["MaxExtrasPerDay"]),
            minutes_each=limits.minutes_each,
            stored_minutes=int(values["MaxStoredMinutes"]),
            quality=str(values["VideoQuality"]),
            tier=str(values["MaxResolutionTier"]),
            per_second={
                route: float(settings.get(route, {}).get("ThrottlingRateLimit", general)) for route in STRANGERS
            },
            signed_in_per_second=general,
        )


@dataclass(frozen=True, slots=True)
class Calls:
    """What AWS asks for one upload, one delivery that is refused, one full page of the gallery, one list call."""

    upload: float
    refused_delivery: float
    gallery_page: float
    list_call: float


def items(allowed: Allowed, calls: Calls) -> dict[str, float]:
    """Everything that one day adds to the bills; ValueError where nothing bounds it."""
    if not (allowed.uploads and allowed.extras and allowed.stored_minutes):
        raise ValueError("a limit is 0: nothing bounds what a day costs")
    minutes, stored = allowed.uploads * allowed.minutes_each, prices.MUX_STORED_MINUTE_MONTH_BY_TIER[allowed.tier]
    webhook, gallery = (allowed.per_second[route] * DAY_SECONDS for route in STRANGERS)
    return {
        f"Mux encodes {allowed.uploads} uploads of {allowed.minutes_each} minutes, quality `{allowed.quality}`": (
            minutes * prices.MUX_ENCODED_MINUTE[allowed.quality]
        ),
        f"Mux stores them, {minutes:,} minutes, for at least a month": minutes * stored,
        f"{allowed.extras} renditions, subtitles or audio tracks of such videos, as if each were stored like a video": (
            allowed.extras * allowed.minutes_each * stored
        ),
        f"a day of the {allowed.stored_minutes:,} minutes stored": allowed.stored_minutes * stored / MONTH_DAYS,
        "AWS, for the uploads": allowed.uploads * calls.upload,
        f"AWS, for {allowed.per_second[STRANGERS[0]]:g} forged webhooks a second": webhook * calls.refused_delivery,
        f"AWS, for {allowed.per_second[STRANGERS[1]]:g} full pages of the gallery a second": gallery
        * calls.gallery_page,
    }


def beyond(allowed: Allowed, calls: Calls) -> dict[str, float]:
    """What only somebody with a token can add."""
    stored = prices.MUX_STORED_MINUTE_MONTH_BY_TIER[allowed.tier]
    too_long = allowed.uploads * max(0, LONGEST_MINUTES - allowed.minutes_each)
    calls_a_day = allowed.signed_in_per_second * DAY_SECONDS
    return {
        "all these uploads are 12 hours long, and removed when Mux has measured them": (
            too_long * (stored + prices.MUX_ENCODED_MINUTE[allowed.quality])
        ),
        f"one route is called {allowed.signed_in_per_second:g} times a second all day": calls_a_day * calls.list_call,
    }
