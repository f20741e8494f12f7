"""Reads and checks what a client asks of a new asset (`POST /assets`, `new_asset_settings` of an upload).

Old names (`input`, `playback_policy`, `encoding_tier`) are understood; unknown fields are ignored.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from local.mux.errors import InvalidParametersError
from local.mux.fields import Fields

VIDEO_QUALITIES = {"basic": "baseline", "plus": "smart", "premium": "premium"}
"""Video quality to the deprecated `encoding_tier`."""

RESOLUTION_TIERS = ("1080p", "1440p", "2160p")
SPECIFIC_RESOLUTIONS = ("2160p", "1440p", "1080p", "720p", "540p", "480p", "360p", "270p")
STATIC_RESOLUTIONS = ("highest", "audio-only", *SPECIFIC_RESOLUTIONS)
MP4_SUPPORT = ("none", "standard", "capped-1080p", "audio-only", "audio-only,capped-1080p")
MASTER_ACCESS = ("none", "temporary")
PLAYBACK_POLICIES = ("public", "signed", "drm")
SUBTITLE_LANGUAGES = (
    *("en", "es", "it", "pt", "de", "fr", "pl", "ru", "nl", "ca", "tr", "sv"),
    *("uk", "no", "fi", "sk", "el", "cs", "hr", "da", "ro", "bg", "auto"),
)
PASSTHROUGH_LIMIT = 255

_META_LIMITS = {"title": 512, "creator_id": 128, "external_id": 128}
_DEFAULT_QUALITY = "basic"
_KNOWN = {
    *("inputs", "input", "playback_policies", "playback_policy", "advanced_playback_policies"),
    *("video_quality", "encoding_tier", "max_resolution_tier", "static_renditions", "mp4_support"),
    *("master_access", "passthrough", "meta", "normalize_audio", "test", "copy_overlays"),
    *("generate_shots", "directives", "per_title_encode"),
}


@dataclass(frozen=True)
class PlaybackPolicy:
    policy: str
    drm_configuration_id: str | None = None


@dataclass(frozen=True)
class GeneratedSubtitles:
    language_code: str
    name: str
    passthrough: str | None


@dataclass(frozen=True)
class Input:
    """`start_time` and `end_time` in seconds cut a clip; `given` is what `input-info` repeats."""

    url: str | None
    type: str | None = None
    name: str | None = None
    language_code: str | None = None
    closed_captions: bool = False
    passthrough: str | None = None
    start_time: float | None = None
    end_time: float | None = None
    generated_subtitles: tuple[GeneratedSubtitles, ...] = ()
    given: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class RenditionRequest:
    resolution: str
    passthrough: str | None = None


@dataclass(frozen=True)
class AssetSettings:
    """A checked request; `echo` is what an upload shows as its `new_asset_settings`."""

    inputs: tuple[Input, ...]
    playback_policies: tuple[PlaybackPolicy, ...]
    video_quality: str
    max_resolution_tier: str
    static_renditions: tuple[RenditionRequest, ...]
    mp4_support: str | None
    master_access: str
    passthrough: str | None
    meta: dict[str, str]
    normalize_audio: bool
    test: bool
    echo: dict[str, Any]


def asset_settings(source: dict[str, Any]) -> AssetSettings:
    """Raise InvalidParametersError for what Mux would refuse."""
    fields = Fields(source)
    mp4_support = fields.choice("mp4_support", MP4_SUPPORT)
    renditions = tuple(rendition_request(entry) for entry in fields.objects("static_renditions"))
    check_resolutions([entry.resolution for entry in renditions])
    if renditions and mp4_support not in {None, "none"}:
        raise InvalidParametersError("static_renditions and mp4_support cannot be used together")
    return AssetSettings(
        inputs=_inputs(source),
        playback_policies=_policies(fields),
        video_quality=_quality(fields),
        max_resolution_tier=fields.choice("max_resolution_tier", RESOLUTION_TIERS) or "1080p",
        static_renditions=renditions,
        mp4_support=mp4_support,
        master_access=fields.choice("master_access", MASTER_ACCESS) or "none",
        passthrough=fields.text("passthrough", limit=PASSTHROUGH_LIMIT) or None,
        meta={name: value for name, value in meta_changes(fields).items() if value},
        normalize_audio=fields.boolean("normalize_audio") or False,
        test=fields.boolean("test") or False,
        echo=_echo(source),
    )


def meta_changes(fields: Fields) -> dict[str, str | None]:
    """The known entries of `meta` that are given; None or "" asks for removal."""
    meta = fields.fields("meta")
    if meta is None:
        return {}
    return {name: meta.text(name, limit=limit) for name, limit in _META_LIMITS.items() if meta.given(name)}


def rendition_request(fields: Fields) -> RenditionRequest:
    return RenditionRequest(
        resolution=fields.required_choice("resolution", STATIC_RESOLUTIONS),
        passthrough=fields.text("passthrough", limit=PASSTHROUGH_LIMIT),
    )


def check_resolutions(resolutions: list[str]) -> None:
    """Raise InvalidParametersError for a combination that one asset cannot have."""
    if len(set(resolutions)) != len(resolutions):
        raise InvalidParametersError("static_renditions cannot hold a resolution twice")
    if "highest" in resolutions and set(resolutions) & set(SPECIFIC_RESOLUTIONS):
        raise InvalidParametersError("static_renditions cannot mix highest with specific resolutions")


def generated_subtitles(fields: Fields) -> tuple[GeneratedSubtitles, ...]:
    entries = []
    for entry in fields.objects("generated_subtitles"):
        language = entry.choice("language_code", SUBTITLE_LANGUAGES) or "en"
        name = entry.text("name") or f"{language} (generated)"
        passthrough = entry.text("passthrough", limit=PASSTHROUGH_LIMIT)
        entries.append(GeneratedSubtitles(language, name, passthrough))
    return tuple(entries)


def playback_policy(fields: Fields) -> PlaybackPolicy:
    policy = fields.required_choice("policy", PLAYBACK_POLICIES)
    drm = fields.text("drm_configuration_id")
    if policy == "drm" and not drm:
        raise fields.invalid("drm_configuration_id", "is required for the drm policy")
    return PlaybackPolicy(policy, drm)


def _quality(fields: Fields) -> str:
    quality = fields.choice("video_quality", tuple(VIDEO_QUALITIES))
    tier = fields.choice("encoding_tier", tuple(VIDEO_QUALITIES.values()))
    if quality or not tier:
        return quality or _DEFAULT_QUALITY
    return next(name for name, value in VIDEO_QUALITIES.items() if value == tier)


def _policies(fields: Fields) -> tuple[PlaybackPolicy, ...]:
    policies = [playback_policy(entry) for entry in fields.objects("advanced_playback_policies")]
    for policy in _plain_policies(fields):
        if policy not in PLAYBACK_POLICIES:
            raise fields.invalid("playback_policies", f"must be some of {', '.join(PLAYBACK_POLICIES)}")
        if policy == "drm":
            raise fields.invalid("playback_policies", "cannot hold drm, use advanced_playback_policies")
        policies.append(PlaybackPolicy(policy))
    return tuple(policies)


def _plain_policies(fields: Fields) -> list[Any]:
    for name in ("playback_policies", "playback_policy"):
        value = fields.raw(name)
        if value is not None:
            return [value] if isinstance(value, str) else fields.items(name)
    return []


def _inputs(source: dict[str, Any]) -> tuple[Input, ...]:
    given = source.get("inputs")
    if given is None:
        given = source.get("input")
    if given is None:
        return ()
    return tuple(_input(_as_object(item)) for item in (given if isinstance(given, list) else [given]))


def _as_object(item: Any) -> dict[str, Any]:
    if isinstance(item, str):
        return {"url": item}
    if not isinstance(item, dict):
        raise InvalidParametersError("inputs must be URLs or objects")
    return item


def _input(given: dict[str, Any]) -> Input:
    fields = Fields(given, "inputs.")
    return Input(
        url=fields.text("url"),
        type=fields.choice("type", ("video", "audio", "text")),
        name=fields.text("name"),
        language_code=fields.text("language_code"),
        closed_captions=fields.boolean("closed_captions") or False,
        passthrough=fields.text("passthrough", limit=PASSTHROUGH_LIMIT),
        start_time=fields.number("start_time"),
        end_time=fields.number("end_time"),
        generated_subtitles=generated_subtitles(fields),
        given=given,
    )


def _echo(source: dict[str, Any]) -> dict[str, Any]:
    """The known fields as given, under their present names, with single values as lists."""
    echo = {name: value for name, value in source.items() if name in _KNOWN and value is not None}
    for old, new in (("playback_policy", "playback_policies"), ("input", "inputs")):
        value = echo.pop(new, None) or echo.pop(old, None)
        echo.pop(old, None)
        if value is not None:
            echo[new] = value if isinstance(value, list) else [value]
    if "inputs" in echo:
        echo["inputs"] = [_as_object(item) for item in echo["inputs"]]
    return echo
