"""What we ask Mux to make: built from an allow-list. What it costs is the operator's choice, not the caller's."""

from typing import Any

from mux_lifecycle.config import AssetConfig
from mux_lifecycle.languages import GENERATED_SUBTITLES
from mux_lifecycle.models import AssetWish, UrlWish
from mux_lifecycle.mux.tag import Tag

type Json = dict[str, Any]


def upload(wish: AssetWish, tag: Tag, config: AssetConfig, *, cors_origin: str, timeout_seconds: int) -> Json:
    """The body of POST /video/v1/uploads."""
    settings = _settings(wish, tag, config)
    subtitles = _generated_subtitles(wish)
    # The first input of an upload is the uploaded file itself and has no URL.
    inputs: Json = {"inputs": [subtitles]} if subtitles else {}
    return {"cors_origin": cors_origin, "timeout": timeout_seconds, "new_asset_settings": settings | inputs}


def asset(wish: UrlWish, tag: Tag, config: AssetConfig) -> Json:
    """The body of POST /video/v1/assets."""
    source = {"url": wish.input} | _generated_subtitles(wish.choices)
    return _settings(wish.choices, tag, config) | {"inputs": [source]}


def _settings(wish: AssetWish, tag: Tag, config: AssetConfig) -> Json:
    settings: Json = {
        "playback_policies": [wish.playback_policy or config.playback_policy],
        "video_quality": config.video_quality,
        "max_resolution_tier": config.max_resolution_tier,
        "passthrough": tag.encode(),
    }
    return settings | ({"meta": {"title": wish.title}} if wish.title else {})


def _generated_subtitles(wish: AssetWish) -> Json:
    if not wish.captions:
        return {}
    name = GENERATED_SUBTITLES[wish.captions]
    return {"generated_subtitles": [{"language_code": wish.captions, "name": name}]}
