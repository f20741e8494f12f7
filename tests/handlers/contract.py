"""The HTTP contract as strict JSON schemas: what each route may answer, and nothing else."""

import json
import re
from typing import Any, Final

from jsonschema import Draft202012Validator

from tests.world import Answer

type Json = dict[str, Any]

ID_ROUTES: Final = ("get_upload", "cancel_upload", "get_asset", "delete_asset")
CREATING: Final = ("create_upload", "create_asset")
CHANGING: Final = (*CREATING, "cancel_upload", "delete_asset")
ALL: Final = (*CREATING, *ID_ROUTES, "list_assets")

_NAME: Final = {"type": "string", "minLength": 1, "maxLength": 1024}
_ID: Final = {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,128}$"}
_TIME: Final = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"}
_NUMBER: Final = {"type": "number"}
_WHOLE: Final = {"type": "integer", "minimum": 0}
_URL: Final = {"type": "string", "pattern": "^https?://"}


def _object(required: Json, **optional: Json) -> Json:
    properties = required | optional
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}


def _one_of(*values: str) -> Json:
    return {"enum": list(values)}


_ERRORS: Final = _object({"messages": {"type": "array", "items": {"type": "string"}}}, type=_NAME)
_PLAYBACK_ID: Final = {
    "oneOf": [
        _object({"id": _ID, "policy": _one_of("signed", "drm")}),
        _object(
            {"id": _ID, "policy": _one_of("public")},
            urls={"type": "object", "additionalProperties": {"type": "string", "pattern": "^https://"}},
        ),
    ]
}
_TRACK: Final = _object(
    {"id": _ID, "type": _one_of("video", "audio", "text")},
    status=_one_of("preparing", "ready", "errored", "deleted"),
    name=_NAME,
    language_code=_NAME,
    text_type=_NAME,
    text_source=_NAME,
    closed_captions={"type": "boolean"},
    primary={"type": "boolean"},
    duration=_NUMBER,
    max_width=_WHOLE,
    max_height=_WHOLE,
    max_frame_rate=_NUMBER,
    max_channels=_WHOLE,
    errors=_ERRORS,
)
_RENDITION: Final = _object(
    {"id": _ID, "status": _one_of("preparing", "ready", "skipped", "errored")},
    type=_NAME,
    name=_NAME,
    ext=_one_of("mp4", "m4a"),
    resolution=_NAME,
    resolution_tier=_NAME,
    width=_WHOLE,
    height=_WHOLE,
    bitrate=_WHOLE,
    filesize=_WHOLE,
    errors=_ERRORS,
)
ASSET: Final = _object(
    {
        "id": _ID,
        "status": _one_of("preparing", "ready", "errored", "deleting"),
        "created_at": _TIME,
        "updated_at": _TIME,
        "visibility": _one_of("private", "public"),
        "playable_by": _one_of("everyone", "token", "nobody", "unknown"),
    },
    title={"type": "string", "minLength": 1, "maxLength": 512},
    duration=_NUMBER,
    aspect_ratio={"type": "string", "pattern": r"^\d+:\d+$"},
    resolution_tier=_NAME,
    video_quality=_one_of("basic", "plus", "premium"),
    upload_id=_ID,
    playback_ids={"type": "array", "minItems": 1, "items": _PLAYBACK_ID},
    tracks={"type": "array", "minItems": 1, "items": _TRACK},
    static_renditions={"type": "array", "minItems": 1, "items": _RENDITION},
    master=_object({"status": _one_of("preparing", "ready", "errored")}),
    errors=_ERRORS,
    expires_at=_TIME,
)
_UPLOAD_STATUS: Final = _one_of("waiting", "asset_created", "errored", "cancelled", "timed_out")
_UPLOAD: Final = _object({"id": _ID, "status": _UPLOAD_STATUS}, asset_id=_ID, asset=ASSET, error=_ERRORS)
_NEW_UPLOAD: Final = {
    # The URL is a key to write with: it is there as long as it opens something, and no longer.
    "oneOf": [
        _object({"id": _ID, "status": _one_of("waiting"), "expires_at": _TIME, "url": _URL}),
        _object(
            {
                "id": _ID,
                "status": _one_of("asset_created", "errored", "cancelled", "timed_out"),
                "expires_at": _TIME,
            }
        ),
    ]
}
_DELETING: Final = {"allOf": [ASSET, {"properties": {"status": _one_of("deleting")}}]}
_PAGE: Final = _object(
    {
        "data": {"type": "array", "items": ASSET, "maxItems": 100},
        "next_cursor": {"type": ["string", "null"], "pattern": "^[A-Za-z0-9_-]{1,512}$"},
    }
)

_DATA: Final[dict[tuple[str, int], Json | None]] = {
    ("create_upload", 201): _object({"data": _NEW_UPLOAD}),
    ("get_upload", 200): _object({"data": _UPLOAD}),
    ("cancel_upload", 204): None,
    ("create_asset", 201): _object({"data": ASSET}),
    ("list_assets", 200): _PAGE,
    ("get_asset", 200): _object({"data": ASSET}),
    ("delete_asset", 202): _object({"data": _DELETING}),
    ("delete_asset", 204): None,
}
_EVERYWHERE: Final = {400, 401, 403, 503}
_REFUSALS: Final[dict[str, set[int]]] = {
    "create_upload": _EVERYWHERE | {413, 415, 422, 502},
    "get_upload": _EVERYWHERE | {404},
    "cancel_upload": _EVERYWHERE | {404, 409, 502},
    "create_asset": _EVERYWHERE | {409, 413, 415, 422, 502},
    "list_assets": _EVERYWHERE,
    "get_asset": _EVERYWHERE | {404},
    "delete_asset": _EVERYWHERE | {404, 409},
}
_TYPES: Final = {400: "invalid_parameters", 401: "unauthorized", 404: "not_found"}
"""Where Mux has a word for it, ours is the same."""

_MESSAGE: Final = {"type": "string", "pattern": r"^[ -~]+$", "maxLength": 300}
_ERROR: Final = _object(
    {
        "error": _object(
            {
                "type": {"type": "string", "pattern": "^[a-z_]{1,40}$"},
                "messages": {"type": "array", "items": _MESSAGE, "minItems": 1, "maxItems": 25},
            }
        )
    }
)
_INTERNAL: Final = re.compile(
    r"mxl1#|local-token|UPLOAD#|ASSET#|IDEMPOTENCY#|Traceback|mux_lifecycle|arn:aws|[Ss]ignature=|[?&]token=[^\"]*\.ey"
)
_NAMED_BY_THE_CALLER: Final = re.compile(r"unknown (field|parameter) .*?: remove it")


def check(function: str, answer: Answer) -> None:
    """Fail unless `answer` is one that the route of `function` may give."""
    if (function, answer.status) in _DATA:
        schema = _DATA[function, answer.status]
    else:
        assert answer.status in _REFUSALS[function], f"{function} must not answer {answer}"
        schema = _ERROR
        named = answer.body["error"]["type"]
        assert named == _TYPES.get(answer.status, named), answer
    _check_headers(answer, body=schema is not None)
    if schema is None:
        assert answer.body is None
        return
    Draft202012Validator(schema).validate(answer.body)
    assert not _INTERNAL.search(_NAMED_BY_THE_CALLER.sub("", json.dumps(answer.body))), answer


def _check_headers(answer: Answer, *, body: bool) -> None:
    expected = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
    if body:
        expected |= {"content-type": "application/json"}
    headers = dict(answer.headers)
    if answer.status == 503:
        assert re.fullmatch(r"[1-9][0-9]{0,2}", headers.pop("retry-after")), answer
    assert headers == expected
