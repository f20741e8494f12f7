"""What an operator may say in the event of a schedule, and how many records a run may declare gone."""

from collections.abc import Collection, Mapping
from typing import Any, Final

from mux_lifecycle.errors import InvalidRequest, quoted

BURIALS: Final = 10
BURIAL_SHARE: Final = 0.05
_MAX_NAMED: Final = 3


def known(event: object, names: Collection[str]) -> Mapping[str, Any]:
    """The event, whose keys are all in `names`: one that is misspelt must not act as if it had been left out."""
    if not isinstance(event, Mapping):
        raise InvalidRequest("the event must be a JSON object")
    strange = [str(name) for name in event if name not in names]
    if strange:
        raise InvalidRequest(
            f"unknown: {', '.join(map(quoted, sorted(strange)[:_MAX_NAMED]))}. Known are {', '.join(sorted(names))}"
        )
    return event


def flag(event: Mapping[str, Any], name: str) -> bool:
    """The option `name`, false by default."""
    value = event.get(name, False)
    if not isinstance(value, bool):
        raise InvalidRequest(f"{name}: must be true or false")
    return value


def max_share(event: Mapping[str, Any]) -> float:
    """The share of the records seen that may be declared gone, if those are more than ten."""
    value = event.get("max_share", BURIAL_SHARE)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise InvalidRequest("max_share: must be a number from 0 to 1")
    return float(value)


def may_bury(done: int, *, seen: int, share: float) -> bool:
    """Whether one more may be declared gone: an error at Mux or a wrong token must not become a mass burial."""
    return done + 1 <= max(BURIALS, share * seen)
