"""The key that signs playback tokens: made when there is none, exchanged for another one, the old one deleted at Mux.

An exchange takes three steps: the new key is made and stored (`next`); minutes later tokens are signed with it; the old
one (`previous`) is deleted when no token of it can be good any more. Nothing at Mux tells whose a key is, so only what
the secret names is ever deleted: a key whose making was not seen to end stays at Mux, and nobody has its private half.

A key that this made and Mux no longer has (somebody deleted it, or the token is of another environment now) is replaced
at once. Should Mux have been wrong, its tokens play on: it goes the way of any that was exchanged.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, Final

from mux_lifecycle.errors import MuxNotFound
from mux_lifecycle.secrets import LAST_GOOD_SECONDS, MAX_AGE_SECONDS
from mux_lifecycle.telemetry import logger

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mux_lifecycle.mux.client import MuxClient
    from mux_lifecycle.secrets import Secrets

SPREAD_SECONDS: Final = 240
"""How long Mux is given to know a new key everywhere before anything is signed with it."""
REMEMBERED_SECONDS: Final = int(LAST_GOOD_SECONDS + MAX_AGE_SECONDS)
"""How long a function may go on signing with a key that was replaced."""

type Keep = Callable[[], None]
type Key = dict[str, Any]


class SigningKeyUpkeep:
    """`secret_arn` is where the key is, `token_seconds` how long a token is good at most; `now` gives epoch seconds."""

    def __init__(
        self,
        *,
        mux: MuxClient,
        secrets: Secrets,
        secret_arn: str,
        token_seconds: int,
        rotation_seconds: int,
        now: Callable[[], float],
    ) -> None:
        self._mux = mux
        self._secrets = secrets
        self._secret_arn = secret_arn
        self._token_seconds = token_seconds
        self._rotation_seconds = rotation_seconds
        self._now = now

    def is_missing(self) -> bool:
        """Whether there is none, or the one that this made is not at Mux: deleted, or of another environment.

        For a token with System permission: to others Mux shows no key.
        """
        value = self._value()
        if not value:
            return True
        since = _seconds(value, "since")
        old_enough = bool(since) and self._now() >= since + SPREAD_SECONDS
        return old_enough and not self._mux.has_signing_key(str(value.get("key_id")))

    def ensure(self, keep: Keep, *, missing: bool, rotate: bool = False) -> str:
        """Have a key in use; go on with an exchange, or begin one with `rotate` or when it is time. What was done.

        A key put by hand is exchanged by hand only: `since` says that this made it. `missing`: what `is_missing` said.
        """
        value, now = self._value(), int(self._now())
        outcome = "in use"
        if missing:
            value, outcome = self._made(keep) | {"previous": self._replaced(value, now)}, "made"
            self._store(value, keep)
        elif isinstance(value.get("next"), dict):
            if now < _seconds(value["next"], "since") + SPREAD_SECONDS:
                return "rotating"
            value = value["next"] | {"since": now, "previous": self._replaced(value | {"next": None}, now)}
            outcome = "rotated"
            self._store(value, keep)
        elif rotate or self._is_due(value):
            value, outcome = value | {"next": self._made(keep)}, "rotating"
            self._store(value, keep)
        self._delete_old(value, now, keep)
        return outcome

    def retire(self, keep: Keep) -> None:
        """Delete at Mux every key but the one in use, however young its tokens are."""
        self._delete_old(self._value(), None, keep)

    def next_at(self) -> int:
        """When there is something to do again, in epoch seconds; 0 for never."""
        value = self._value()
        due = [_seconds(old, "until") for old in _previous(value)]
        if isinstance(value.get("next"), dict):
            due.append(_seconds(value["next"], "since") + SPREAD_SECONDS)
        elif self._rotation_seconds and _seconds(value, "since"):
            due.append(_seconds(value, "since") + self._rotation_seconds)
        return min(due, default=0)

    def _value(self) -> Key:
        return dict(self._secrets.current(self._secret_arn) or {})

    def _store(self, value: Mapping[str, Any], keep: Keep) -> None:
        keep()
        self._secrets.write(self._secret_arn, value)

    def _made(self, keep: Keep) -> Key:
        keep()
        made = self._mux.create_signing_key()
        logger.info("signing key made", key=made["id"])
        return {"key_id": made["id"], "private_key": made["private_key"], "since": int(self._now())}

    def _replaced(self, value: Key, now: int) -> list[Key]:
        """What the keys in `value` become when another one is signed with."""
        until = now + self._token_seconds + REMEMBERED_SECONDS
        keys = [value, value["next"]] if isinstance(value.get("next"), dict) else [value]
        return [*_previous(value), *({"key_id": key["key_id"], "until": until} for key in keys if key.get("key_id"))]

    def _is_due(self, value: Key) -> bool:
        since = _seconds(value, "since")
        return bool(self._rotation_seconds and since) and self._now() >= since + self._rotation_seconds

    def _delete_old(self, value: Key, now: int | None, keep: Keep) -> None:
        """Those whose time has come by `now`; all of them without it."""
        over = [old for old in _previous(value) if now is None or _seconds(old, "until") <= now]
        for old in over:
            keep()
            with contextlib.suppress(MuxNotFound):
                self._mux.delete_signing_key(str(old.get("key_id")))
            logger.info("signing key deleted", key=str(old.get("key_id")))
        if over:
            self._store(value | {"previous": [old for old in _previous(value) if old not in over]}, keep)


def _previous(value: Key) -> list[Key]:
    found = value.get("previous")
    return [old for old in found if isinstance(old, dict)] if isinstance(found, list) else []


def _seconds(value: Key, name: str) -> int:
    found = value.get(name)
    return found if isinstance(found, int) and not isinstance(found, bool) else 0
