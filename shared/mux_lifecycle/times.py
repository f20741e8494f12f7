"""Time in the three forms that meet here: epoch seconds, epoch microseconds, RFC 3339 text."""

from datetime import UTC, datetime, timedelta
from typing import Final

MICROSECONDS: Final = 1_000_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def rfc3339(epoch_seconds: float) -> str:
    """`2026-11-22T12:00:00Z`, whole seconds, UTC."""
    # In every sort key and answer, and much faster than strftime.
    return (_EPOCH + timedelta(seconds=int(epoch_seconds))).isoformat()[:19] + "Z"


def microseconds(epoch_seconds: float) -> int:
    """Whole microseconds since the epoch."""
    return round(epoch_seconds * MICROSECONDS)


def parse_iso(text: object) -> int | None:
    """Microseconds since the epoch of an ISO 8601 text with a zone, or None when it is not one."""
    if not isinstance(text, str) or len(text) > 40:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        return None
    micros = (moment - _EPOCH) // timedelta(microseconds=1)
    return micros if micros >= 0 else None


def parse_epoch(value: object) -> int | None:
    """Epoch seconds from Mux's two forms (`"1609869152"` in answers, `1609869152` in webhooks), or None."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 11:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value < 10**11 else None
