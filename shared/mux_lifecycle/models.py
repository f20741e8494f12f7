"""What callers may ask for: bodies and queries checked against an allow-list, all complaints at once."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, Self

from mux_lifecycle import input_url, titles
from mux_lifecycle.errors import InvalidRequest, quoted
from mux_lifecycle.identifiers import is_identifier
from mux_lifecycle.languages import GENERATED_SUBTITLES
from mux_lifecycle.mux.tag import VISIBILITIES, is_owner

MAX_TITLE: Final = 512
MAX_LIMIT: Final = 100
DEFAULT_LIMIT: Final = 25
MAX_SEARCH: Final = 100
ORDERS: Final = ("newest", "oldest")
ASSET_STATUSES: Final = ("preparing", "ready", "errored", "deleting")
PLAYBACK_POLICIES: Final = ("public", "signed")
RESOLUTIONS: Final = (
    *("highest", "audio-only", "2160p", "1440p", "1080p"),
    *("720p", "540p", "480p", "360p", "270p"),
)
MP4_SUPPORT: Final = ("none", "standard", "capped-1080p", "audio-only", "audio-only,capped-1080p")
MASTER_ACCESS: Final = ("none", "temporary")
MAX_NAME: Final = 255
MAX_TTL: Final = 604_800
MAX_BATCH: Final = 50
TOKEN_KINDS: Final = ("video", "thumbnail", "animated", "storyboard", "drm")
DEFAULT_TOKEN_KINDS: Final = ("video", "thumbnail")
_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}", re.ASCII)
_DAY: Final = 86_400
_THUMBNAIL: Final = {
    "time": _DAY,
    "width": 4096,
    "height": 4096,
    "fit_mode": ("preserve", "stretch", "crop", "smartcrop", "pad"),
}
_ANIMATED: Final = {"start": _DAY, "end": _DAY, "fps": 30, "width": 640, "height": 640}
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")

type Json = Mapping[str, Any]


class AssetWish(NamedTuple):
    """What a caller may choose about a new asset; an empty text stands for "not chosen"."""

    title: str
    playback_policy: str
    captions: str

    @classmethod
    def parse(cls, body: Json) -> Self:
        """From the body of POST /uploads; InvalidRequest names everything that is wrong with it."""
        return cls(**_fields(body, _CHOICES))


class UrlWish(NamedTuple):
    """A new asset from a URL."""

    input: str
    choices: AssetWish

    @classmethod
    def parse(cls, body: Json) -> Self:
        """From the body of POST /assets; InvalidRequest names everything that is wrong with it."""
        fields = _fields(body, _CHOICES | {"input": input_url.checked}, required=("input",))
        return cls(fields.pop("input"), AssetWish(**fields))


class AssetUpdate(NamedTuple):
    """What an owner may change about an asset; an empty text stands for "leave it"."""

    title: str
    visibility: str

    @classmethod
    def parse(cls, body: Json) -> Self:
        """From the body of PATCH /assets/{id}."""
        if not body:
            raise InvalidRequest("body: give title or visibility")
        return cls(**_fields(body, {"title": _title, "visibility": _one_of("visibility", VISIBILITIES)}))


def playback_policy(body: Json) -> str:
    """From the body of POST /assets/{id}/playback-ids."""
    return _only(body, "policy", PLAYBACK_POLICIES)


def resolution(body: Json) -> str:
    """From the body of POST /assets/{id}/static-renditions."""
    return _only(body, "resolution", RESOLUTIONS)


def mp4_support(body: Json) -> str:
    """From the body of PUT /assets/{id}/mp4-support."""
    return _only(body, "mp4_support", MP4_SUPPORT)


def master_access(body: Json) -> str:
    """From the body of PUT /assets/{id}/master-access."""
    return _only(body, "master_access", MASTER_ACCESS)


def new_track(body: Json) -> dict[str, Any]:
    """From the body of POST /assets/{id}/tracks, as Mux takes it."""
    checks: dict[str, Callable[[object], Any]] = {
        "url": lambda value: input_url.checked(value, name="url"),
        "type": _one_of("type", ("text", "audio")),
        "language_code": _language_code,
        "name": _name,
        "closed_captions": _flag,
        "text_type": _one_of("text_type", ("subtitles",)),
    }
    track = _fields(body, checks, required=("url", "type", "language_code"))
    if track["type"] == "text":
        track["text_type"] = "subtitles"
    elif track["text_type"] != "" or track["closed_captions"] != "":
        raise InvalidRequest("text_type and closed_captions: only for a track of type text")
    return {name: value for name, value in track.items() if value != ""}


def changed_track(body: Json) -> dict[str, Any]:
    """From the body of PATCH /assets/{id}/tracks/{tid}, as Mux takes it."""
    if not body:
        raise InvalidRequest("body: give language_code, name or closed_captions")
    checks = {"language_code": _language_code, "name": _name, "closed_captions": _flag}
    track = _fields(body, checks)
    return {name: value for name, value in track.items() if name in body}


def generated_subtitles(body: Json) -> dict[str, Any]:
    """From the body of POST …/generate-subtitles, as Mux takes it."""
    entries = body.get("generated_subtitles")
    if body.keys() != {"generated_subtitles"} or not isinstance(entries, list) or not 1 <= len(entries) <= 5:
        raise InvalidRequest("generated_subtitles: must be a list of 1 to 5 objects, and the only field")
    checks = {"language_code": _spoken("language_code"), "name": _name}
    wanted = []
    for entry in entries:
        if not isinstance(entry, dict):
            raise InvalidRequest("generated_subtitles: must hold objects")
        fields = _fields(entry, checks, required=("language_code",))
        wanted.append(fields | {"name": fields["name"] or GENERATED_SUBTITLES[fields["language_code"]]})
    return {"generated_subtitles": wanted}


class TokenWish(NamedTuple):
    """What a viewer's tokens are for. `claims` are Mux's parameters by kind of token."""

    playback_id: str
    ttl_seconds: int | None
    claims: Mapping[str, dict[str, str | int | float]]

    @classmethod
    def parse(cls, body: Json) -> Self:
        """From the body of POST /assets/{id}/playback-tokens."""
        fields = _fields(body, {"playback_id": _identifier, "ttl_seconds": _ttl, **_PICTURES})
        return cls(fields["playback_id"], fields["ttl_seconds"] or None, _claims(fields))


class BatchTokenWish(NamedTuple):
    """Tokens for several assets at once; `kinds` as in `TOKEN_KINDS`, `claims` as in TokenWish."""

    asset_ids: list[str]
    kinds: list[str]
    ttl_seconds: int | None
    claims: Mapping[str, dict[str, str | int | float]]

    @classmethod
    def parse(cls, body: Json) -> Self:
        """From the body of POST /playback-tokens."""
        checks = {"asset_ids": _asset_ids, "kinds": _kinds, "ttl_seconds": _ttl, **_PICTURES}
        fields = _fields(body, checks, required=("asset_ids",))
        kinds = fields["kinds"] or list(DEFAULT_TOKEN_KINDS)
        return cls(fields["asset_ids"], kinds, fields["ttl_seconds"] or None, _claims(fields))


class GalleryQuery(NamedTuple):
    """One page of the gallery."""

    limit: int
    cursor: str

    @classmethod
    def parse(cls, query: Mapping[str, str]) -> Self:
        """From the query of GET /gallery."""
        page = ListQuery.parse(query)
        return cls(page.limit, page.cursor)


class ListQuery(NamedTuple):
    """One page of a list; `everybody` and `owner` are an administrator's."""

    limit: int
    cursor: str
    status: str
    everybody: bool = False
    owner: str = ""
    words: str = ""
    visibility: str = ""
    oldest_first: bool = False

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
        if "scope" in query and query["scope"] != "all":
            complaints.append("scope: must be all")
        if "owner" in query and not is_owner(query["owner"]):
            complaints.append("owner: must be 1 to 128 visible ASCII characters without #")
        if "q" in query and not 1 <= len(query["q"]) <= MAX_SEARCH:
            complaints.append(f"q: must be text of 1 to {MAX_SEARCH} characters")
        if "visibility" in query and query["visibility"] not in VISIBILITIES:
            complaints.append(f"visibility: must be one of {', '.join(VISIBILITIES)}")
        if "order" in query and query["order"] not in ORDERS:
            complaints.append(f"order: must be one of {', '.join(ORDERS)}")
        if "scope" in query and query.keys() & {"owner", "status", "q", "visibility"}:
            complaints.append("scope: cannot be combined with owner, status, q or visibility")
        if limit is None or complaints:
            raise InvalidRequest(*complaints)
        return cls(
            limit=limit,
            cursor=query.get("cursor", ""),
            status=status,
            everybody="scope" in query,
            owner=query.get("owner", ""),
            words=query.get("q", ""),
            visibility=query.get("visibility", ""),
            oldest_first=query.get("order") == "oldest",
        )

    def list_of(self, owner: str) -> str:
        """Names the list that is asked for, apart from its page; a cursor is good for this one only."""
        order = "oldest" if self.oldest_first else "newest"
        return "#".join((owner, self.status, self.visibility, order, self.words))


def _fields(
    body: Json, checks: Mapping[str, Callable[[object], Any]], required: tuple[str, ...] = ()
) -> dict[str, Any]:
    complaints = [f"unknown field {quoted(name)}: remove it" for name in sorted(body.keys() - checks.keys())[:10]]
    complaints += [f"{name}: is required" for name in required if name not in body]
    fields = {name: _collected(complaints, check, body[name]) if name in body else "" for name, check in checks.items()}
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
    title = titles.normalized(value)
    if len(title) > MAX_TITLE:
        raise InvalidRequest(f"title: must be text of 1 to {MAX_TITLE} characters in Unicode's form NFC")
    return title


def _only(body: Json, name: str, allowed: tuple[str, ...]) -> str:
    """The one field of a body that must hold it and nothing else."""
    return str(_fields(body, {name: _one_of(name, allowed)}, required=(name,))[name])


def _one_of(name: str, allowed: tuple[str, ...]) -> Callable[[object], str]:
    def check(value: object) -> str:
        if not isinstance(value, str) or value not in allowed:
            raise InvalidRequest(f"{name}: must be one of {', '.join(allowed)}")
        return value

    return check


def _name(value: object) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= MAX_NAME or _CONTROL.search(value):
        raise InvalidRequest(f"name: must be text of 1 to {MAX_NAME} characters without control characters")
    return value


def _language_code(value: object) -> str:
    if not isinstance(value, str) or not _LANGUAGE.fullmatch(value):
        raise InvalidRequest("language_code: must be a BCP 47 tag such as en or pt-BR")
    return value


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise InvalidRequest("closed_captions: must be true or false")
    return value


def _identifier(value: object) -> str:
    if not is_identifier(value):
        raise InvalidRequest("playback_id: not an id")
    return value


def _asset_ids(value: object) -> list[str]:
    ids = [entry for entry in value if is_identifier(entry)] if isinstance(value, list) else []
    if ids != value or not 1 <= len(ids) <= MAX_BATCH:
        raise InvalidRequest(f"asset_ids: must be a list of 1 to {MAX_BATCH} asset ids")
    return ids


def _kinds(value: object) -> list[str]:
    kinds = [kind for kind in value if kind in TOKEN_KINDS] if isinstance(value, list) else []
    if not isinstance(value, list) or not value or kinds != value or len(set(kinds)) != len(kinds):
        raise InvalidRequest(f"kinds: must be a list of {', '.join(TOKEN_KINDS)}, each at most once")
    return kinds


def _ttl(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MAX_TTL:
        raise InvalidRequest(f"ttl_seconds: must be a whole number from 1 to {MAX_TTL}")
    return value


def _parameters(kind: str, value: object, allowed: Mapping[str, Any]) -> dict[str, str | int | float]:
    """Image parameters: whole and decimal numbers within bounds, or one of some words."""
    if not isinstance(value, dict) or value.keys() - allowed.keys():
        raise InvalidRequest(f"{kind}: must be an object with {', '.join(sorted(allowed))}")
    for name, given in value.items():
        bound = allowed[name]
        fits = (
            given in bound
            if isinstance(bound, tuple)
            else isinstance(given, int | float) and not isinstance(given, bool) and 0 <= given <= bound
        )
        if not fits:
            limit = f"one of {', '.join(bound)}" if isinstance(bound, tuple) else f"a number from 0 to {bound}"
            raise InvalidRequest(f"{kind}.{name}: must be {limit}")
    return dict(value)


def _spoken(name: str) -> Callable[[object], str]:
    """A language that Mux writes subtitles in."""
    return _one_of(name, tuple(sorted(GENERATED_SUBTITLES)))


_CHOICES: Final[dict[str, Callable[[object], str]]] = {
    "title": _title,
    "playback_policy": _one_of("playback_policy", PLAYBACK_POLICIES),
    "captions": _spoken("captions"),
}


# What a caller may ask of the pictures that tokens open.
_PICTURES: Final[Mapping[str, Callable[[object], Any]]] = {
    "thumbnail": lambda value: _parameters("thumbnail", value, _THUMBNAIL),
    "animated": lambda value: _parameters("animated", value, _ANIMATED),
}


def _claims(fields: Mapping[str, Any]) -> dict[str, dict[str, str | int | float]]:
    return {kind: fields[kind] for kind in _PICTURES if fields[kind]}
