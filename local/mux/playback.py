"""Who may watch what: an asset is opened by playback id, for one kind of delivery, with a token where needed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local.mux.errors import ForbiddenError, InvalidParametersError, PreconditionFailedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from local.mux.library import Library
    from local.mux.playback_tokens import PlaybackTokens
    from local.mux.probe import Media
    from local.mux.resources import Asset


@dataclass(frozen=True)
class Kind:
    """One kind of delivery: the `aud` of its tokens, and the parameters that change what is delivered."""

    audience: str
    parameters: frozenset[str]


VIDEO = Kind(
    "v",
    frozenset(
        {
            *("max_resolution", "min_resolution", "rendition_order", "redundant_streams", "roku_trick_play"),
            *("default_subtitles_lang", "asset_start_time", "asset_end_time", "exclude_pdt"),
            *("program_start_time", "program_end_time"),
        }
    ),
)
THUMBNAIL = Kind(
    "t",
    frozenset({"time", "width", "height", "fit_mode", "rotate", "flip_h", "flip_v", "program_time", "latest"}),
)
ANIMATED = Kind("g", frozenset({"start", "end", "fps", "width", "height"}))
STORYBOARD = Kind("s", frozenset({"format"}))


@dataclass(frozen=True)
class Opened:
    """A ready asset and its media, the kind's parameters, and the token (None: the playback id is public)."""

    asset: Asset
    media: Media
    parameters: Mapping[str, Any]
    token: str | None


class Playback:
    def __init__(self, library: Library, tokens: PlaybackTokens) -> None:
        self._library = library
        self._tokens = tokens

    def open(self, playback_id: str, kind: Kind, query: Mapping[str, str]) -> Opened:
        """Raises NotFoundError, ForbiddenError (token), InvalidParametersError or PreconditionFailedError."""
        asset = self._library.with_playback_id(playback_id)
        policy = next(entry.policy for entry in asset.playback_ids if entry.id == playback_id)
        token, given = None, query
        if policy != "public":
            token = _required_token(query)
            given = self._tokens.claims(token, playback_id, kind.audience)
            _refuse_unsigned(kind.parameters & query.keys())
        if asset.status != "ready" or asset.media is None:
            raise PreconditionFailedError("the asset is not ready")
        parameters = {name: given[name] for name in kind.parameters & given.keys()}
        return Opened(asset, asset.media, parameters, token)


def _required_token(query: Mapping[str, str]) -> str:
    token = query.get("token")
    if not token:
        raise ForbiddenError("the playback id needs a token")
    return token


def _refuse_unsigned(names: Iterable[str]) -> None:
    if unsigned := ", ".join(sorted(names)):
        raise InvalidParametersError(f"with a token, parameters must be its claims: {unsigned}")
