"""What callers may ask for: bodies and queries checked against an allow-list, all complaints at once."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from mux_lifecycle import input_url
from mux_lifecycle.errors import InvalidRequest
from mux_lifecycle.languages import GENERATED_SUBTITLES

MAX_TITLE: Final = 512
MAX_LIMIT: Final = 100
DEFAULT_LIMIT: Final = 25
ASSET_STATUSES: Final = ("preparing", "ready", "errored", "deleting")
PLAYBACK_POLICIES: Final = ("public", "signed")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_MAX_NAMED: Final = 64

type Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class AssetWish:
    """What a caller may choose about a new asset; an empty text stands for "not chosen"."""

    title: str
    playback_policy: str
    captions: str

    @classmethod
    def parse(cls, body: Json) -> Self:
        """From the body of POST /uploads; InvalidRequest names everything that is wrong with it."""
        return cls(**_fields(body, _CHOICES))


@dataclass(frozen=True, slots=True)
class UrlWish:
    """A new asset from a URL."""

    input: str
    choices: AssetWish

    @classmethod
    def parse(cls, body: Json) -> Self:
        """From the body of POST /assets; InvalidRequest names everything that is wrong with it."""
        fields = _fields(body, _CHOICES | {"input": input_url.checked}, required=("input",))
        return cls(fields.pop("input"), AssetWish(**fields))


@dataclass(frozen=True, slots=True)
class ListQuery:
    """One page of a list."""

    limit: int
    cursor: str
    status: str

    @classmethod
    def parse(cls, query: Mapping[str, str]) -> Self:
        """From the query of GET /assets; InvalidRequest names everything that is wrong with it."""
        complaints: list[str] = []
        limit = _collected(complaints, _limit, query.get("limit", str(DEFAULT_LIMIT)))
        status = query.get("status", "")
        if "status" in query and status not in ASSET_STATUSES:
            complaints.append(f"status: must be one of {', '.join(ASSET_STATUSES)}")
        if "cursor" in query and not query["cursor"]:
            complaints.append("cursor: must not be empty; leave it out for the first page")
        if limit is None or complaints:
            raise InvalidRequest(*complaints)
        return cls(limit, query.get("cursor", ""), status)


def quoted(name: str) -> str:
    """A name that a caller made up, cut and escaped so that a message stays one line."""
    escaped = ascii(name[:_MAX_NAMED])
    return escaped if len(escaped) <= _MAX_NAMED else f"{escaped[:_MAX_NAMED]}...'"


def _fields(
    body: Json, checks: Mapping[str, Callable[[object], str]], required: tuple[str, ...] = ()
) -> dict[str, str]:
    complaints = [f"unknown field {quoted(name)}: remove it" for name in sorted(body.keys() - checks.keys())[:10]]
    complaints += [f"{name}: is required" for name in required if name not in body]
    fields = {
        name: _collected(complaints, check, body[name]) or "" if name in body else "" for name, check in checks.items()
    }
    if complaints:
        raise InvalidRequest(*complaints)
    return fields


def _collected[Given, Taken](complaints: list[str], check: Callable[[Given], Taken], value: Given) -> Taken | None:
    try:
        return check(value)
    except InvalidRequest as error:
        complaints.extend(error.messages)
        return None


def _limit(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 3 and 1 <= int(text) <= MAX_LIMIT):
        raise InvalidRequest(f"limit: must be a whole number from 1 to {MAX_LIMIT}")
    return int(text)


def _title(value: object) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= MAX_TITLE:
        raise InvalidRequest(f"title: must be text of 1 to {MAX_TITLE} characters")
    if _CONTROL.search(value):
        raise InvalidRequest("title: must not hold control characters")
    return value


def _playback_policy(value: object) -> str:
    if not isinstance(value, str) or value not in PLAYBACK_POLICIES:
        raise InvalidRequest(f"playback_policy: must be one of {', '.join(PLAYBACK_POLICIES)}")
    return value


def _captions(value: object) -> str:
    if not isinstance(value, str) or value not in GENERATED_SUBTITLES:
        raise InvalidRequest(f"captions: must be one of {', '.join(sorted(GENERATED_SUBTITLES))}")
    return value


_CHOICES: Final[dict[str, Callable[[object], str]]] = {
    "title": _title,
    "playback_policy": _playback_policy,
    "captions": _captions,
}
