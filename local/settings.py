"""What a run of the local stack can be told, by environment variables or by a test."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self

from local.samples import SAMPLES, Sample

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PROJECT = Path(__file__).resolve().parent.parent
RUNTIME = ("local.bootstrap",)
# What the template takes as AllowedOrigins: as browsers write them, for that is what they are compared with.
_ORIGIN = re.compile(r"https://[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?|http://(localhost|127\.0\.0\.1):[0-9]{1,5}")


class SettingsError(Exception):
    """An environment variable holds something that cannot be used."""


@dataclass(frozen=True)
class MuxAccount:
    """A real Mux environment, by an access token; with a signing key, signed playback works too."""

    token_id: str
    token_secret: str = field(repr=False)
    url: str = "https://api.mux.com"
    signing_key: str | None = None
    private_key: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Settings:
    """Ports (0 takes any free one), what is run, and where files go; `mux` None means the emulator.

    `origins` are pages that may use the API beside the stack's own site, such as those of a generator's dev server.
    `encode` lets the emulator make everything playable, if there is an ffmpeg; `media` is where it keeps that.
    `samples` are uploaded once the stack is ready; `sample_files` keeps them from run to run.
    `processing_seconds` is how long the emulator takes from upload to ready; `integration_seconds` is how long
    the gateway waits for a function; `runtime` is the module that runs in a function's process, with its arguments;
    `parameters` take the place of the template's defaults, as in a deployment.
    `terminal` shows the logs while they are written; `aws_files` is where a shell finds the way into the local AWS.
    """

    api_port: int = 8000
    mux_port: int = 8001
    aws_port: int = 8002
    site_port: int = 8080
    origins: tuple[str, ...] = ()
    mux: MuxAccount | None = None
    processing_seconds: float | None = None
    encode: bool = True
    samples: tuple[Sample, ...] = SAMPLES
    schedules: bool = True
    integration_seconds: float = 30
    template: Path = PROJECT / "template.yaml"
    parameters: Mapping[str, str] = field(default_factory=dict)
    runtime: Sequence[str] = RUNTIME
    site: Path = PROJECT / "site"
    logs: Path = PROJECT / ".local" / "logs"
    aws_files: Path = PROJECT / ".local" / "aws"
    media: Path = PROJECT / ".local" / "media"
    sample_files: Path = PROJECT / ".local" / "samples"
    terminal: bool = True

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        """Read the ports, ORIGINS, PARAMETERS, LOCAL_SCHEDULES, MUX_PROCESSING_SECONDS and the MUX_* of an account."""
        schedules = env.get("LOCAL_SCHEDULES", "on")
        if schedules not in {"on", "off"}:
            raise SettingsError(f"LOCAL_SCHEDULES is {schedules!r}, it must be on or off")
        return cls(
            api_port=_port(env, "API_PORT", cls.api_port),
            mux_port=_port(env, "MUX_PORT", cls.mux_port),
            aws_port=_port(env, "AWS_PORT", cls.aws_port),
            site_port=_port(env, "SITE_PORT", cls.site_port),
            origins=_origins(env),
            mux=_mux_account(env),
            processing_seconds=_seconds(env, "MUX_PROCESSING_SECONDS"),
            schedules=schedules == "on",
            parameters=_parameters(env),
        )


def _port(env: Mapping[str, str], variable: str, default: int) -> int:
    text = env.get(variable) or str(default)
    if not (text.isascii() and text.isdigit() and int(text) < 65536):
        raise SettingsError(f"{variable} is {text!r}, it must be a port number")
    return int(text)


def _origins(env: Mapping[str, str]) -> tuple[str, ...]:
    origins = tuple(filter(None, map(str.strip, env.get("ORIGINS", "").split(","))))
    for origin in origins:
        if not _ORIGIN.fullmatch(origin):
            raise SettingsError(f"ORIGINS has {origin!r}, it must be like http://localhost:5173, without a path")
    return origins


def _parameters(env: Mapping[str, str]) -> dict[str, str]:
    """The template's parameters as `sam deploy --parameter-overrides` takes them: Name=Value, with blanks between."""
    try:
        given = [entry.partition("=") for entry in shlex.split(env.get("PARAMETERS", ""))]
    except ValueError as error:
        raise SettingsError(f"PARAMETERS cannot be read: {error}") from None
    for name, separator, _ in given:
        if not (name and separator):
            raise SettingsError(f"PARAMETERS has {name!r}, it must be Name=Value, such as MaxUploadsPerDay=0")
    return {name: value for name, _, value in given}


def _seconds(env: Mapping[str, str], variable: str) -> float | None:
    try:
        return float(env[variable]) if env.get(variable) else None
    except ValueError:
        raise SettingsError(f"{variable} is {env[variable]!r}, it must be a number") from None


def _mux_account(env: Mapping[str, str]) -> MuxAccount | None:
    token_id, token_secret = env.get("MUX_TOKEN_ID"), env.get("MUX_TOKEN_SECRET")
    if bool(token_id) != bool(token_secret):
        raise SettingsError("MUX_TOKEN_ID and MUX_TOKEN_SECRET must be set together")
    if not token_id or not token_secret:
        return None
    return MuxAccount(
        token_id,
        token_secret,
        (env.get("MUX_API_URL") or MuxAccount.url).rstrip("/"),
        env.get("MUX_SIGNING_KEY"),
        env.get("MUX_PRIVATE_KEY"),
    )
