"""The one door to Mux's HTTP API: authentication, deadlines, repeats, bounded answers, errors as types.

Facts about the API: https://www.mux.com/docs/api-reference
"""

import json
import random
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from time import monotonic, sleep
from typing import Any, Final, NoReturn, Protocol, Self
from urllib.parse import urlencode

import urllib3
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError
from urllib3.util import Timeout, make_headers

from mux_lifecycle.errors import (
    MuxMalformed,
    MuxNotFound,
    MuxOutcomeUnknown,
    MuxRateLimited,
    MuxRefused,
    MuxUnavailable,
    TemporarilyUnavailable,
)
from mux_lifecycle.identifiers import is_identifier
from mux_lifecycle.mux.transport import Deadline
from mux_lifecycle.telemetry import count, logger

CALL_SECONDS: Final = 8.0
"""Everything one call may take, repeats included."""
CONNECT_SECONDS: Final = 2.0
_MAX_ANSWER_BYTES: Final = 4 * 1024 * 1024
_MAX_WEBHOOK_PAGES: Final = 20
# A pooled connection that was idle longer may have been dropped silently while the function was frozen; a create
# sent into it would have an unknown outcome for nothing.
_MAX_IDLE_SECONDS: Final = 30.0
_MAX_PATIENCE_SECONDS: Final = 2.0
_MAX_RETRY_AFTER: Final = 300
_HEADERS: Final = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "mux-lifecycle"}
_URL: Final = re.compile(r"\S*://\S*")
_NETWORK_ERRORS: Final = (HTTPError, OSError)

type Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Credentials:
    """A Mux access token. Never printed."""

    token_id: str
    token_secret: str

    def __repr__(self) -> str:
        return "Credentials(***)"


@dataclass(frozen=True, slots=True)
class AssetPage:
    """Assets newest first, and the cursor of the page after, if there is one."""

    assets: list[Json]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Identity:
    """What a token is for: the id of its environment, and what it may do (`video:read` and the like)."""

    environment_id: str
    permissions: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


class Toll(Protocol):
    """Is called with the method before a call is sent: it waits, or refuses by raising an error."""

    def __call__(self, method: str, /) -> None: ...

    def reserve(self, *, posts: int = 0, others: int = 0) -> None:
        """Take so many calls at once, or refuse them all."""


class MuxClient:
    """Mux Video, as far as this project uses it.

    `credentials(refused)` gives the token to use; it is called again with the token that Mux answered 401 to.
    `calls` is how often one operation may be sent in all when repeating it is safe; `toll` is asked before each time.

    Every method raises MuxRefused, MuxNotFound, MuxRateLimited, MuxMalformed or MuxUnavailable;
    What is not repeated raises MuxOutcomeUnknown where the others raise MuxUnavailable, unless nothing was sent.
    """

    def __init__(
        self,
        pools: urllib3.PoolManager,
        base_url: str,
        credentials: Callable[[Credentials | None], Credentials],
        *,
        calls: int = 2,
        seconds: float = CALL_SECONDS,
        toll: Toll | None = None,
    ) -> None:
        self._connections = _Connections(pools)
        self._base_url = base_url
        self._credentials = credentials
        self._calls = calls
        self._seconds = seconds
        self._toll = toll
        self._environments: dict[Credentials, str] = {}

    def tolled(self, toll: Toll) -> Self:
        """This client with a toll of its own; they share connections and what they know."""
        copied = copy(self)
        copied._toll = toll  # noqa: SLF001 - one of us
        return copied

    def reserve(self, *, posts: int = 0, others: int = 0) -> None:
        """Before a change that takes several calls: have them all allowed, or none."""
        if self._toll:
            self._toll.reserve(posts=posts, others=others)

    def create_upload(self, body: Json) -> Json:
        """POST /video/v1/uploads -> Upload with `id` and `url`. Safe to repeat: nobody has a lost upload's URL."""
        upload = self._object("POST", "/video/v1/uploads", body=body)
        if not isinstance(upload.get("url"), str):
            self._malformed("upload without url")
        return upload

    def get_upload(self, upload_id: str) -> Json:
        """GET /video/v1/uploads/{id} -> Upload."""
        return self._object("GET", f"/video/v1/uploads/{_checked(upload_id)}")

    def cancel_upload(self, upload_id: str) -> Json:
        """PUT /video/v1/uploads/{id}/cancel -> Upload; MuxRefused(403) when it is no longer waiting."""
        return self._object("PUT", f"/video/v1/uploads/{_checked(upload_id)}/cancel")

    def create_asset(self, body: Json) -> Json:
        """POST /video/v1/assets -> Asset. Costs money, so it is repeated only when it certainly did nothing."""
        return self._object("POST", "/video/v1/assets", body=body, repeatable=False)

    def get_asset(self, asset_id: str) -> Json:
        """GET /video/v1/assets/{id} -> Asset."""
        return self._object("GET", f"/video/v1/assets/{_checked(asset_id)}")

    def delete_asset(self, asset_id: str) -> None:
        """DELETE /video/v1/assets/{id}; MuxRefused(400) while it is preparing, MuxNotFound when there is none."""
        self._call("DELETE", f"/video/v1/assets/{_checked(asset_id)}")

    def update_asset(self, asset_id: str, body: Json) -> Json:
        """PATCH /video/v1/assets/{id} -> Asset."""
        return self._object("PATCH", f"/video/v1/assets/{_checked(asset_id)}", body=body)

    def input_info(self, asset_id: str) -> list[Json]:
        """GET /video/v1/assets/{id}/input-info -> what Mux found in each input."""
        return self._array("GET", f"/video/v1/assets/{_checked(asset_id)}/input-info")

    def create_playback_id(self, asset_id: str, policy: str) -> Json:
        """POST /video/v1/assets/{id}/playback-ids -> `{id, policy}`. Not repeated: each POST makes another one."""
        path = f"/video/v1/assets/{_checked(asset_id)}/playback-ids"
        return self._object("POST", path, body={"policy": policy}, repeatable=False)

    def delete_playback_id(self, asset_id: str, playback_id: str) -> None:
        """DELETE /video/v1/assets/{id}/playback-ids/{id}."""
        self._call("DELETE", f"/video/v1/assets/{_checked(asset_id)}/playback-ids/{_checked(playback_id)}")

    def create_track(self, asset_id: str, body: Json) -> Json:
        """POST /video/v1/assets/{id}/tracks -> Track. Not repeated."""
        return self._object("POST", f"/video/v1/assets/{_checked(asset_id)}/tracks", body=body, repeatable=False)

    def update_track(self, asset_id: str, track_id: str, body: Json) -> Json:
        """PATCH /video/v1/assets/{id}/tracks/{id} -> Track."""
        return self._object("PATCH", f"/video/v1/assets/{_checked(asset_id)}/tracks/{_checked(track_id)}", body=body)

    def delete_track(self, asset_id: str, track_id: str) -> None:
        """DELETE /video/v1/assets/{id}/tracks/{id}; MuxRefused(400) for the video and the primary audio track."""
        self._call("DELETE", f"/video/v1/assets/{_checked(asset_id)}/tracks/{_checked(track_id)}")

    def generate_subtitles(self, asset_id: str, track_id: str, body: Json) -> list[Json]:
        """POST /video/v1/assets/{id}/tracks/{id}/generate-subtitles -> Tracks. Not repeated: it costs money."""
        path = f"/video/v1/assets/{_checked(asset_id)}/tracks/{_checked(track_id)}/generate-subtitles"
        return self._array("POST", path, body=body, repeatable=False)

    def create_static_rendition(self, asset_id: str, resolution: str) -> Json:
        """POST /video/v1/assets/{id}/static-renditions -> StaticRendition. Not repeated: it costs money."""
        path = f"/video/v1/assets/{_checked(asset_id)}/static-renditions"
        return self._object("POST", path, body={"resolution": resolution}, repeatable=False)

    def delete_static_rendition(self, asset_id: str, rendition_id: str) -> None:
        """DELETE /video/v1/assets/{id}/static-renditions/{id}."""
        self._call("DELETE", f"/video/v1/assets/{_checked(asset_id)}/static-renditions/{_checked(rendition_id)}")

    def set_mp4_support(self, asset_id: str, mp4_support: str) -> Json:
        """PUT /video/v1/assets/{id}/mp4-support -> Asset."""
        path = f"/video/v1/assets/{_checked(asset_id)}/mp4-support"
        return self._object("PUT", path, body={"mp4_support": mp4_support})

    def set_master_access(self, asset_id: str, master_access: str) -> Json:
        """PUT /video/v1/assets/{id}/master-access -> Asset."""
        path = f"/video/v1/assets/{_checked(asset_id)}/master-access"
        return self._object("PUT", path, body={"master_access": master_access})

    def list_assets(self, *, cursor: str | None = None, limit: int = 100) -> AssetPage:
        """GET /video/v1/assets -> one page, newest first."""
        query = {"limit": str(limit)} | ({"cursor": cursor} if cursor else {})
        answer = self._call("GET", "/video/v1/assets", query=query)
        assets, next_cursor = answer.get("data"), answer.get("next_cursor")
        if not isinstance(assets, list) or not all(isinstance(asset, dict) for asset in assets):
            self._malformed("list without data")
        return AssetPage(assets, next_cursor if isinstance(next_cursor, str) and next_cursor else None)

    def list_uploads(self, *, page: int, limit: int = 100) -> list[Json]:
        """GET /video/v1/uploads -> page number `page` (from 1), newest first; empty past the end."""
        query = {"limit": str(limit), "page": str(page)}
        return self._array("GET", "/video/v1/uploads", query=query)

    def environment_id(self) -> str:
        """The id of the environment that the token belongs to; asked once per token."""
        credentials = self._credentials(None)
        if credentials not in self._environments:
            self._environments[credentials] = self.identity().environment_id
        return self._environments[credentials]

    def identity(self) -> Identity:
        """GET /system/v1/whoami -> what the token is for."""
        found = self._call("GET", "/system/v1/whoami").get("data")
        environment_id = found.get("environment_id") if isinstance(found, dict) else None
        if not isinstance(found, dict) or not isinstance(environment_id, str) or not environment_id:
            self._malformed("whoami without environment_id")
        permissions = found.get("permissions")
        return Identity(environment_id, frozenset(map(str, permissions if isinstance(permissions, list) else ())))

    def list_webhooks(self) -> list[Json]:
        """GET /system/v1/webhooks -> every webhook of the environment; their secrets are not shown."""
        found: list[Json] = []
        for number in range(1, _MAX_WEBHOOK_PAGES + 1):
            page = self._array("GET", "/system/v1/webhooks", query={"limit": "100", "page": str(number)})
            found += page
            if len(page) < 100:
                break
        else:
            self._malformed("a list of webhooks without an end")
        return found

    def create_webhook(self, address: str) -> Json:
        """POST /system/v1/webhooks -> Webhook, this once with its `signing_secret`. Not repeated."""
        webhook = self._object("POST", "/system/v1/webhooks", body={"address": address}, repeatable=False)
        if not isinstance(webhook.get("signing_secret"), str) or not webhook["signing_secret"]:
            self._malformed("webhook without signing_secret")
        return webhook

    def update_webhook(self, webhook_id: str, body: Json) -> Json:
        """PATCH /system/v1/webhooks/{id} (`address`, `enabled`) -> Webhook."""
        return self._object("PATCH", f"/system/v1/webhooks/{_checked(webhook_id)}", body=body)

    def delete_webhook(self, webhook_id: str) -> None:
        """DELETE /system/v1/webhooks/{id}."""
        self._call("DELETE", f"/system/v1/webhooks/{_checked(webhook_id)}")

    def create_signing_key(self) -> Json:
        """POST /system/v1/signing-keys -> SigningKey, once with its `private_key`. Not repeated."""
        key = self._object("POST", "/system/v1/signing-keys", repeatable=False)
        if not isinstance(key.get("private_key"), str) or not key["private_key"]:
            self._malformed("signing key without private_key")
        return key

    def has_signing_key(self, key_id: str) -> bool:
        """GET /system/v1/signing-keys/{id}; False for a 404, which a token without System permission gets as well."""
        try:
            self._object("GET", f"/system/v1/signing-keys/{_checked(key_id)}")
        except MuxNotFound:
            return False
        return True

    def delete_signing_key(self, key_id: str) -> None:
        """DELETE /system/v1/signing-keys/{id}; it works for about another minute."""
        self._call("DELETE", f"/system/v1/signing-keys/{_checked(key_id)}")

    def _object(self, method: str, path: str, *, body: Json | None = None, repeatable: bool = True) -> Json:
        found = self._call(method, path, body=body, repeatable=repeatable).get("data")
        if not isinstance(found, dict):
            self._malformed("answer without data")
        if not is_identifier(found.get("id")):
            self._malformed("answer without a usable id")
        return found

    def _array(
        self,
        method: str,
        path: str,
        *,
        body: Json | None = None,
        query: Mapping[str, str] | None = None,
        repeatable: bool = True,
    ) -> list[Json]:
        found = self._call(method, path, body=body, query=query, repeatable=repeatable).get("data")
        if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
            self._malformed("answer without a list")
        return found

    def _call(
        self,
        method: str,
        path: str,
        *,
        body: Json | None = None,
        query: Mapping[str, str] | None = None,
        repeatable: bool = True,
    ) -> Json:
        """Send once; again while that is safe, `calls` are left and the deadline is not near."""
        if self._toll:
            self._toll(method)
        credentials, renewed = self._credentials(None), False
        sent = 0
        with Deadline(self._seconds) as deadline:
            while True:
                sent += 1
                last = sent >= self._calls
                try:
                    with self._unknown_unless(repeatable):
                        answer = self._send(method, path, credentials, body, query, deadline)
                except MuxUnavailable:
                    if last or not self._pause(0.2 + random.random() * 0.3, deadline):  # noqa: S311
                        raise
                    if not self._may_repeat(method):
                        raise
                    continue
                if answer.status == 401 and not renewed:
                    refused, renewed = credentials, True
                    credentials = self._credentials(refused)
                    if credentials != refused and self._may_repeat(method):
                        sent -= 1
                        continue
                if answer.status != 429:
                    return self._outcome(method, path, answer)
                count("MuxRateLimited")
                retry_after = _retry_after(answer)
                patience = retry_after or 0.5 + random.random() * 0.5  # noqa: S311
                patient = not last and patience <= _MAX_PATIENCE_SECONDS and self._pause(patience, deadline)
                if not patient or not self._may_repeat(method):
                    raise MuxRateLimited("Mux is busy: try again later", retry_after=retry_after or 5)

    def _send(
        self,
        method: str,
        path: str,
        credentials: Credentials,
        body: Json | None,
        query: Mapping[str, str] | None,
        deadline: Deadline,
    ) -> _Answer:
        left = deadline.remaining or 0.001
        # Whatever was not read to its end is closed with the answer: it must not be the next call's.
        with self._connections.pools.request(
            method,
            self._base_url + path + (f"?{urlencode(query)}" if query else ""),
            body=None if body is None else json.dumps(body).encode(),
            headers=_HEADERS
            | make_headers(basic_auth=f"{credentials.token_id}:{credentials.token_secret}")
            | ({} if body is None else {"Content-Type": "application/json"}),
            timeout=Timeout(connect=min(CONNECT_SECONDS, left), read=left),
            retries=False,
            redirect=False,
            preload_content=False,
            decode_content=False,
        ) as response:
            content = response.read(_MAX_ANSWER_BYTES + 1)
            if not deadline.remaining:
                raise _TooLateError
            if len(content) < min(_announced_bytes(response.headers), _MAX_ANSWER_BYTES):
                raise _CutOffError
            if response.status >= 500:
                raise _ServerError(response.status)
            self._connections.used()
            return _Answer(response.status, response.headers, content)

    @contextmanager
    def _unknown_unless(self, repeatable: bool) -> Iterator[None]:
        try:
            yield
        except _NETWORK_ERRORS as error:
            self._connections.drop()
            logger.warning("mux call failed", error=type(error).__name__)
            count("MuxFailed")
            if repeatable or _never_sent(error):
                raise MuxUnavailable("Mux cannot be reached: try again") from error
            count("MuxOutcomeUnknown")
            raise MuxOutcomeUnknown("the outcome is not known yet: try again", retry_after=60) from error

    def _outcome(self, method: str, path: str, answer: _Answer) -> Json:
        if answer.status == 404:
            raise MuxNotFound("no such object at Mux")
        if 400 <= answer.status < 500:
            logger.warning("mux refused", method=method, path=path, status=answer.status, reason=_reason(answer))
            raise MuxRefused(answer.status)
        if not 200 <= answer.status < 300:
            self._malformed(f"status {answer.status}")
        if len(answer.body) > _MAX_ANSWER_BYTES:
            self._connections.drop()
            self._malformed("answer too long")
        if answer.status == 204 or not answer.body:
            return {}
        return _parse(answer.body) or self._malformed("not a JSON object")

    def _malformed(self, reason: str) -> NoReturn:
        logger.error("mux answer malformed", reason=reason)
        count("MuxFailed")
        raise MuxMalformed(reason)

    def _may_repeat(self, method: str) -> bool:
        """Whether the toll lets the same call through again; if not, what has been answered so far is the answer."""
        try:
            if self._toll:
                self._toll(method)
        except TemporarilyUnavailable:
            return False
        return True

    @staticmethod
    def _pause(seconds: float, deadline: Deadline) -> bool:
        """Wait, if enough time is left afterwards for another attempt to make sense."""
        if deadline.remaining < seconds + 1:
            return False
        sleep(seconds)
        return True


class _Connections:
    """Pooled connections, dropped when they have been idle for so long that they may be dead."""

    def __init__(self, pools: urllib3.PoolManager) -> None:
        self._pools = pools
        self._last_used = monotonic()

    @property
    def pools(self) -> urllib3.PoolManager:
        if monotonic() - self._last_used > _MAX_IDLE_SECONDS:
            self._pools.clear()
        return self._pools

    def used(self) -> None:
        """They have just been seen to work."""
        self._last_used = monotonic()

    def drop(self) -> None:
        self._pools.clear()


class _ServerError(HTTPError):
    """A 5xx answer: like a broken connection, it does not say what happened."""


class _TooLateError(HTTPError):
    """The deadline has cut the answer off."""


class _CutOffError(HTTPError):
    """The answer is shorter than it said it would be."""


def _never_sent(error: Exception) -> bool:
    return isinstance(error, NewConnectionError | ConnectTimeoutError)


def _checked(identifier: str) -> str:
    if not is_identifier(identifier):
        raise MuxNotFound("no such object at Mux")
    return identifier


def _announced_bytes(headers: Mapping[str, str]) -> int:
    text = headers.get("Content-Length", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0


def _retry_after(answer: _Answer) -> int:
    text = answer.headers.get("Retry-After", "")
    return min(int(text), _MAX_RETRY_AFTER) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _parse(body: bytes) -> Json | None:
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return parsed if isinstance(parsed, dict) else None


def _reason(answer: _Answer) -> str:
    """Mux's own words for the log, without the URLs they may quote."""
    error = (_parse(answer.body[:65_536]) or {}).get("error")
    messages = error.get("messages") if isinstance(error, dict) else None
    return _URL.sub("[url]", str(messages))[:300].encode("utf-8", "replace").decode()
