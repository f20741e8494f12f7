"""The environment of a function, read once into frozen groups; a function asks only for the groups it uses.

Named tuples, because every cold start makes all of these classes: dataclasses take four times as long.
"""

import hashlib
from collections.abc import Mapping
from typing import NamedTuple, Self

from mux_lifecycle.errors import ConfigurationError

MUX_API_URL = "https://api.mux.com"
_MAX_TAG = 32
_DIGEST = 16


def _required(env: Mapping[str, str], *names: str) -> list[str]:
    missing = [name for name in names if not env.get(name)]
    if missing:
        raise ConfigurationError(f"missing environment variables: {', '.join(missing)}")
    return [env[name] for name in names]


def _whole_number(env: Mapping[str, str], name: str, default: int, lowest: int, highest: int) -> int:
    text = env.get(name) or str(default)
    if not (
        text.isascii()
        and text.isdigit()
        and len(text) < 10
        and text == str(int(text))
        and lowest <= int(text) <= highest
    ):
        raise ConfigurationError(f"{name} must be a whole number from {lowest} to {highest}")
    return int(text)


class AwsConfig(NamedTuple):
    """How often one AWS call is tried in all."""

    call_attempts: int

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        return cls(_whole_number(env, "AWS_CALL_ATTEMPTS", default=2, lowest=1, highest=3))


class TableConfig(NamedTuple):
    """Where the records are."""

    name: str

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        return cls(*_required(env, "TABLE_NAME"))


class MuxConfig(NamedTuple):
    """Where Mux is, whose token we use, and which environment it must belong to (`""`: any)."""

    api_url: str
    token_secret_arn: str
    environment_id: str

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        (token_secret_arn,) = _required(env, "MUX_TOKEN_SECRET_ARN")
        return cls(
            api_url=(env.get("MUX_API_URL") or MUX_API_URL).rstrip("/"),
            token_secret_arn=token_secret_arn,
            environment_id=env.get("MUX_ENVIRONMENT_ID", ""),
        )


class WebhookConfig(NamedTuple):
    """Where the signing secrets are, and which Mux environment may speak (`""`: any)."""

    secret_arn: str
    environment_id: str

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        (secret_arn,) = _required(env, "MUX_WEBHOOK_SECRET_ARN")
        return cls(secret_arn, env.get("MUX_ENVIRONMENT_ID", ""))


class StackConfig(NamedTuple):
    """The name this stack leaves in Mux's passthrough, so that it knows its own again.

    `derived`: the operator chose none, so that it was made of the stack's account, region and name.
    """

    tag: str
    derived: bool = False

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        return cls.from_text(*_required(env, "STACK_TAG"))

    @classmethod
    def from_text(cls, text: str) -> Self:
        """From a tag, or from `ACCOUNT/REGION/NAME` of a stack that is to have one of its own."""
        if "/" in text:
            return cls(_derived_tag(text), derived=True)
        if not (len(text) <= _MAX_TAG and text.isascii() and text.isprintable() and not set(text) & {"#", " "}):
            raise ConfigurationError("STACK_TAG must be 1 to 32 visible ASCII characters without # and /")
        return cls(text)


def _derived_tag(text: str) -> str:
    """The stack's name and a digest: no other stack has it, and a stack that is made again has it again."""
    parts = text.split("/")
    if len(parts) != 3 or not all(parts):
        raise ConfigurationError("STACK_TAG must be a tag, or ACCOUNT/REGION/NAME of the stack")
    digest = hashlib.sha256(text.encode()).hexdigest()[:_DIGEST]
    letters = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in parts[2].lower())
    return f"{letters[: _MAX_TAG - _DIGEST - 1].strip('-')}-{digest}".lstrip("-")


class OriginConfig(NamedTuple):
    """The sites that may change something, exactly as a browser sends them in `Origin`."""

    allowed: tuple[str, ...]

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        (text,) = _required(env, "ALLOWED_ORIGINS")
        allowed = tuple(origin.strip() for origin in text.split(",") if origin.strip())
        if not allowed or "*" in allowed:
            raise ConfigurationError("ALLOWED_ORIGINS must list exact origins, separated by commas")
        return cls(allowed)


class AdminConfig(NamedTuple):
    """Which claim lists a caller's groups, and which group sees everything."""

    groups_claim: str
    group: str

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        return cls(env.get("GROUPS_CLAIM") or "cognito:groups", env.get("ADMIN_GROUP") or "admin")


class AssetConfig(NamedTuple):
    """What the operator, not the caller, decides about new assets: it decides what they cost.

    A video longer than `max_duration_seconds` is removed again; 0 for any length.
    """

    playback_policy: str
    video_quality: str
    max_resolution_tier: str
    max_duration_seconds: int

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        return cls(
            playback_policy=env.get("PLAYBACK_POLICY") or "signed",
            video_quality=env.get("VIDEO_QUALITY") or "basic",
            max_resolution_tier=env.get("MAX_RESOLUTION_TIER") or "1080p",
            max_duration_seconds=_whole_number(env, "MAX_DURATION_SECONDS", default=7200, lowest=0, highest=86_400),
        )


class QuotaConfig(NamedTuple):
    """How much one owner may have: uploads open at once, assets, and in a day new ones of either; 0 for any number.

    Extras are static renditions, generated subtitles and audio tracks.
    """

    open_uploads: int
    assets: int
    uploads_per_day: int
    extras_per_day: int

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        return cls(
            open_uploads=_whole_number(env, "MAX_OPEN_UPLOADS_PER_OWNER", default=5, lowest=0, highest=1000),
            assets=_whole_number(env, "MAX_ASSETS_PER_OWNER", default=100, lowest=0, highest=1000),
            uploads_per_day=_whole_number(env, "MAX_UPLOADS_PER_DAY_PER_OWNER", default=20, lowest=0, highest=1000),
            extras_per_day=_whole_number(env, "MAX_EXTRAS_PER_DAY_PER_OWNER", default=3, lowest=0, highest=1000),
        )


class TotalConfig(NamedTuple):
    """What all owners together may have: uploads and assets, and extras, in a day, and stored minutes; 0 for any."""

    uploads_per_day: int
    extras_per_day: int
    stored_minutes: int

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        return cls(
            uploads_per_day=_whole_number(env, "MAX_UPLOADS_PER_DAY", default=25, lowest=0, highest=5000),
            extras_per_day=_whole_number(env, "MAX_EXTRAS_PER_DAY", default=10, lowest=0, highest=5000),
            stored_minutes=_whole_number(env, "MAX_STORED_MINUTES", default=6000, lowest=0, highest=100_000_000),
        )


class ImportConfig(NamedTuple):
    """Whether owners may have Mux fetch a video from a URL."""

    allowed: bool

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        (state,) = _required(env, "URL_IMPORTS")
        if state not in ("ENABLED", "DISABLED"):
            raise ConfigurationError("URL_IMPORTS must be ENABLED or DISABLED")
        return cls(state == "ENABLED")


class BudgetConfig(NamedTuple):
    """What one owner may take of each of Mux's rate limits, in percent; 0 for no limit."""

    percent_per_owner: int

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        return cls(_whole_number(env, "MUX_PERCENT_PER_OWNER", default=25, lowest=0, highest=100))


class UploadConfig(NamedTuple):
    """How long an upload URL stays open, in seconds."""

    timeout_seconds: int

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        return cls(_whole_number(env, "UPLOAD_TIMEOUT_SECONDS", default=3600, lowest=60, highest=604_800))


class RetentionConfig(NamedTuple):
    """After how many days assets of any status, or errored ones, are deleted, and after how many hours an upload that
    still waits is cancelled; 0 for never."""

    all_days: int
    errored_days: int
    abandoned_hours: int

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        return cls(
            all_days=_whole_number(env, "RETAIN_DAYS", default=0, lowest=0, highest=36_500),
            errored_days=_whole_number(env, "RETAIN_ERRORED_DAYS", default=0, lowest=0, highest=36_500),
            abandoned_hours=_whole_number(env, "CANCEL_ABANDONED_UPLOADS_HOURS", default=0, lowest=0, highest=168),
        )


class RouteConfig(NamedTuple):
    """Where Mux reaches this stack."""

    webhook_url: str

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        return cls(*_required(env, "WEBHOOK_URL"))


class PlaybackConfig(NamedTuple):
    """The signing key, how long a token may be good (seconds), and the Mux playback restriction it carries, if any."""

    secret_arn: str
    max_ttl_seconds: int
    restriction_id: str

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        (secret_arn,) = _required(env, "MUX_SIGNING_KEY_SECRET_ARN")
        seconds = _whole_number(env, "PLAYBACK_TOKEN_SECONDS", default=21_600, lowest=60, highest=604_800)
        return cls(secret_arn, seconds, env.get("PLAYBACK_RESTRICTION_ID", ""))


class SetupConfig(NamedTuple):
    """Where Mux sends webhooks, whether the operator sees to that, and after how many days secrets are exchanged."""

    webhook_url: str
    manual: bool
    rotation_days: int

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        (webhook_url,) = _required(env, "WEBHOOK_URL")
        return cls(
            webhook_url=webhook_url,
            manual=env.get("MUX_SETUP") == "manual",
            rotation_days=_whole_number(env, "ROTATION_DAYS", default=0, lowest=0, highest=3650),
        )


class StackIdentity(NamedTuple):
    """Which stack CloudFormation made this function for, and how the names of AWS's hosts end there."""

    stack_id: str
    url_suffix: str

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        return cls(*_required(env, "STACK_ID", "URL_SUFFIX"))
