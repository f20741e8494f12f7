"""The composition root: alone with AWS clients, the environment and the clock. All is made once, when first used.

Nothing is imported or connected for what a function does not use: those without Mux calls load nothing for them.
"""

from __future__ import annotations

import os
import time
from copy import replace
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from mux_lifecycle import aws, config, request_ids
from mux_lifecycle.errors import ConfigurationError
from mux_lifecycle.refusals import Refusals
from mux_lifecycle.secrets import Secrets
from mux_lifecycle.store.assets import Assets
from mux_lifecycle.store.ledger import Ledger
from mux_lifecycle.store.projector import Projector
from mux_lifecycle.store.table import Table
from mux_lifecycle.store.uploads import Uploads

if TYPE_CHECKING:
    from collections.abc import Mapping

    from urllib3 import PoolManager

    from mux_lifecycle.brief_memory import BriefMemory
    from mux_lifecycle.cloudformation import CustomResource
    from mux_lifecycle.mux.client import Credentials, MuxClient
    from mux_lifecycle.mux.signing import SigningKey
    from mux_lifecycle.store.budget import Allowance, Budget
    from mux_lifecycle.store.places import Places
    from mux_lifecycle.store.totals import Totals
    from mux_lifecycle.store.usage import Usage
    from mux_lifecycle.telemetry import Count
    from mux_lifecycle.workflows.cancellation import Cancellation
    from mux_lifecycle.workflows.cleanup import Cleanup
    from mux_lifecycle.workflows.creation import Creation
    from mux_lifecycle.workflows.deletion import Deletion
    from mux_lifecycle.workflows.editing import Editing
    from mux_lifecycle.workflows.reconcile import Reconcile
    from mux_lifecycle.workflows.setup import Setup, Target

CLEANUP_SHARE: Final = 0.25
RECONCILE_SHARE: Final = 0.25
"""The shares of Mux's rate limit that the schedules take at most; with that of all owners together they make one."""

GALLERY_SECONDS: Final = 3.0
"""How long an instance shows the first page of the gallery without asking the table. Browsers keep it for a minute."""


def now() -> float:
    """Epoch seconds."""
    return time.time()


def pause(seconds: float) -> None:
    time.sleep(seconds)


def request_id() -> str:
    """A fresh random id of 22 characters, for the tag of one request."""
    return request_ids.new(now())


@cache
def _aws_call_attempts() -> int:
    return config.AwsConfig.from_env(os.environ).call_attempts


def _client(service: str) -> Any:
    return aws.client(service, attempts=_aws_call_attempts())


@cache
def _table() -> Table:
    return Table(_client("dynamodb"), config.TableConfig.from_env(os.environ).name)


@cache
def _ledger() -> Ledger:
    quotas = config.QuotaConfig.from_env(os.environ)
    return Ledger(_table(), {"open": quotas.open_uploads, "assets": quotas.assets, "day": quotas.uploads_per_day})


def _totals() -> Totals:
    from mux_lifecycle.store.totals import Limits, Totals

    totals = config.TotalConfig.from_env(os.environ)
    duration = config.AssetConfig.from_env(os.environ).max_duration_seconds
    return Totals(_table(), Limits(*totals, duration), upload_timeout_seconds(), now)


def _extras_of(owner: str) -> Places:
    from mux_lifecycle.store.places import Places

    return Places.of_owner(_table(), owner, config.QuotaConfig.from_env(os.environ).extras_per_day, now)


@cache
def assets() -> Assets:
    return Assets(_table(), _ledger())


@cache
def uploads() -> Uploads:
    return Uploads(_table(), _ledger())


@cache
def projector() -> Projector:
    return Projector(assets(), uploads())


@cache
def first_gallery_pages() -> BriefMemory[int, tuple[list[str], str | None]]:
    """The gallery's first pages by `limit`: their entries as JSON, and the cursor to the next."""
    from mux_lifecycle.brief_memory import BriefMemory

    return BriefMemory(time.monotonic, GALLERY_SECONDS)


@cache
def refusals(metric: Count | None = None) -> Refusals:
    """What this instance refused to strangers, counted in `metric`."""
    return Refusals(time.monotonic, metric)


@cache
def origins() -> tuple[str, ...]:
    """The sites that may change something."""
    return config.OriginConfig.from_env(os.environ).allowed


@cache
def admin() -> config.AdminConfig:
    return config.AdminConfig.from_env(os.environ)


@cache
def stack() -> str:
    """The name in our tags."""
    return config.StackConfig.from_env(os.environ).tag


@cache
def webhook_config() -> config.WebhookConfig:
    return config.WebhookConfig.from_env(os.environ)


@cache
def upload_timeout_seconds() -> int:
    return config.UploadConfig.from_env(os.environ).timeout_seconds


@cache
def imports_urls() -> bool:
    """Whether owners may have Mux fetch a video from a URL."""
    return config.ImportConfig.from_env(os.environ).allowed


@cache
def _secrets() -> Secrets:
    return Secrets(_client("secretsmanager"), time.monotonic)


def signing_secrets(*, reread: bool = False) -> list[object]:
    """The webhook signing secrets that are valid now; with `reread`, as fresh as the re-read limit allows."""
    read = _secrets().reread if reread else _secrets().read
    found = read(webhook_config().secret_arn).get("signing_secrets")
    return found if isinstance(found, list) else []


def _credentials(refused: Credentials | None) -> Credentials:
    from mux_lifecycle.mux.client import Credentials

    read = _secrets().reread if refused else _secrets().read
    token = read(_mux_config().token_secret_arn)
    token_id, token_secret = token.get("token_id"), token.get("token_secret")
    if not (isinstance(token_id, str) and isinstance(token_secret, str) and token_id and token_secret):
        raise ConfigurationError('the Mux token secret must be {"token_id": …, "token_secret": …}')
    return Credentials(token_id, token_secret)


@cache
def _mux_config() -> config.MuxConfig:
    return config.MuxConfig.from_env(os.environ)


@cache
def _mux() -> MuxClient:
    from mux_lifecycle.mux import transport
    from mux_lifecycle.mux.client import MuxClient

    return MuxClient(transport.pools(), _mux_config().api_url, _credentials)


def _allowance(owner: str | None) -> Allowance | None:
    """What a request of `owner` may send to Mux; None without a limit, as for an administrator (`owner` None)."""
    from mux_lifecycle.store.budget import Allowance

    percent = config.BudgetConfig.from_env(os.environ).percent_per_owner
    return Allowance(_budget(percent), owner) if percent and owner is not None else None


@cache
def _budget(percent: int) -> Budget:
    from mux_lifecycle.store.budget import Budget

    return Budget(_table(), percent / 100, now)


def _mux_of(allowance: Allowance | None) -> MuxClient:
    return _mux().tolled(allowance) if allowance else _mux()


@cache
def _scheduled_mux(share: float) -> MuxClient:
    """For schedules: one attempt per call (the next run is the retry), and only a share of the rate limit."""
    from mux_lifecycle.mux import transport
    from mux_lifecycle.mux.client import MuxClient
    from mux_lifecycle.mux.pace import Pace

    pace = Pace(share, time.monotonic, time.sleep)
    return MuxClient(transport.pools(), _mux_config().api_url, _credentials, calls=1, toll=pace)


def creation(owner: str) -> Creation:
    """For one request of `owner`."""
    from mux_lifecycle.store.intents import Intents
    from mux_lifecycle.store.quotas import Quotas
    from mux_lifecycle.workflows.creation import Creation
    from mux_lifecycle.workflows.search import Search

    allowance = _allowance(owner)
    mux = _mux_of(allowance)
    return Creation(
        mux=mux,
        assets=assets(),
        uploads=uploads(),
        intents=Intents(_table()),
        quotas=Quotas(_table(), _ledger(), upload_timeout_seconds(), now, allowance),
        totals=_totals(),
        projector=projector(),
        search=Search(mux, assets(), projector(), stack(), now),
        config=config.AssetConfig.from_env(os.environ),
        stack=stack(),
        now=now,
        request_id=request_id,
        pause=time.sleep,
    )


@cache
def usage() -> Usage:
    from mux_lifecycle.store.usage import Usage

    return Usage(_table(), _ledger(), upload_timeout_seconds(), now)


def deletion(owner: str | None) -> Deletion:
    """For one request of `owner`; None for an administrator's."""
    from mux_lifecycle.workflows.deletion import Deletion
    from mux_lifecycle.workflows.environment import Environment

    mux = _mux_of(_allowance(owner))
    return Deletion(mux, assets(), Environment(mux, _mux_config().environment_id), now)


def cancellation(owner: str | None) -> Cancellation:
    """For one request of `owner`; None for an administrator's."""
    from mux_lifecycle.workflows.cancellation import Cancellation
    from mux_lifecycle.workflows.environment import Environment

    mux = _mux_of(_allowance(owner))
    environment = Environment(mux, _mux_config().environment_id)
    return Cancellation(mux, uploads(), environment, stack(), now)


def editing(owner: str | None) -> Editing:
    """For one request of `owner`; None for an administrator's."""
    from mux_lifecycle.store.inputs import Inputs
    from mux_lifecycle.workflows.editing import Editing

    return Editing(
        mux=_mux_of(_allowance(owner)),
        assets=assets(),
        inputs=Inputs(_table()),
        projector=projector(),
        totals=_totals(),
        extras_of=_extras_of,
        stack=stack(),
        now=now,
        request_id=request_id,
    )


@cache
def playback_config() -> config.PlaybackConfig:
    return config.PlaybackConfig.from_env(os.environ)


def signing_key() -> SigningKey:
    """The key that signs playback tokens now."""
    from mux_lifecycle.mux.signing import SigningKey

    found = _secrets().read(playback_config().secret_arn)
    key_id, private_key = found.get("key_id"), found.get("private_key")
    if not (isinstance(key_id, str) and isinstance(private_key, str) and key_id and private_key):
        raise ConfigurationError('the signing key secret must be {"key_id": …, "private_key": …}')
    return SigningKey(key_id, private_key)


@cache
def cleanup() -> Cleanup:
    from mux_lifecycle.store.due import Due
    from mux_lifecycle.store.intents import Intents
    from mux_lifecycle.workflows.cleanup import Cleanup
    from mux_lifecycle.workflows.deletion import Deletion
    from mux_lifecycle.workflows.environment import Environment
    from mux_lifecycle.workflows.search import Search

    mux = _scheduled_mux(CLEANUP_SHARE)
    environment = Environment(mux, _mux_config().environment_id)
    return Cleanup(
        mux=mux,
        assets=assets(),
        uploads=uploads(),
        intents=Intents(_table()),
        ledger=_ledger(),
        totals=_totals(),
        due=Due(_table()),
        search=Search(mux, assets(), projector(), stack(), now),
        deletion=Deletion(mux, assets(), environment, now),
        environment=environment,
        stack=stack(),
        now=now,
    )


@cache
def reconcile() -> Reconcile:
    from mux_lifecycle.store.checkpoints import Checkpoints
    from mux_lifecycle.workflows.asset_walk import AssetWalk
    from mux_lifecycle.workflows.cancellation import Cancellation
    from mux_lifecycle.workflows.claims import Claim
    from mux_lifecycle.workflows.environment import Environment
    from mux_lifecycle.workflows.reconcile import Reconcile
    from mux_lifecycle.workflows.repairs import Rehearsal, Repairs
    from mux_lifecycle.workflows.retention import Retention
    from mux_lifecycle.workflows.upload_walk import UploadWalk

    mux = _scheduled_mux(RECONCILE_SHARE)
    environment = Environment(mux, _mux_config().environment_id)
    route = config.RouteConfig.from_env(os.environ)
    retention = Retention(config.RetentionConfig.from_env(os.environ), Claim(mux, route.webhook_url, stack()))
    cancellation = Cancellation(mux, uploads(), environment, stack(), now)
    return Reconcile(
        checkpoints=Checkpoints(_table(), now),
        totals=_totals(),
        environment=environment,
        repairs=Repairs(mux, assets(), uploads(), cancellation),
        rehearsal=Rehearsal(mux, assets(), uploads(), cancellation),
        asset_walk=AssetWalk(
            mux=mux,
            assets=assets(),
            uploads=uploads(),
            environment=environment,
            retention=retention,
            stack=stack(),
            now=now,
            request_id=request_id,
        ),
        upload_walk=UploadWalk(
            mux=mux,
            assets=assets(),
            uploads=uploads(),
            environment=environment,
            retention=retention,
            stack=stack(),
            now=now,
        ),
        now=now,
        request_id=request_id,
    )


@cache
def _setup_config() -> config.SetupConfig:
    return config.SetupConfig.from_env(os.environ)


def setup_target(properties: Mapping[str, str] | None = None) -> Target:
    """What this stack needs at Mux: as its function is configured, or as CloudFormation's request says."""
    from mux_lifecycle.workflows.setup import Target

    tag, derived = config.StackConfig.from_env(os.environ)
    target = Target(
        _setup_config().webhook_url, _mux_config().environment_id, _setup_config().manual, tag=tag, derived=derived
    )
    if properties is None:
        return target
    asked = setup_target_before(properties)
    return replace(asked, url=target.url, tag=tag, derived=derived)


def setup_target_before(properties: Mapping[str, str]) -> Target:
    """What the stack needed before an update, whose former properties these are; another release may have made them."""
    from mux_lifecycle.workflows.setup import Target

    text = properties.get("StackTag", "")
    tag, derived = config.StackConfig.from_text(text) if text else ("", False)
    return Target(
        properties["WebhookUrl"],
        properties.get("MuxEnvironmentId", ""),
        manual=properties.get("MuxSetup") == "manual",
        tag=tag,
        derived=derived,
        issuer=properties.get("JwtIssuer", ""),
        accepted_issuer=properties.get("AcceptedJwtIssuerChange", ""),
    )


def setup_resource() -> CustomResource:
    """The custom resource for which the setup answers."""
    from mux_lifecycle.cloudformation import CustomResource

    identity = config.StackIdentity.from_env(os.environ)
    return CustomResource(
        stack_id=identity.stack_id,
        logical_id="MuxSetupResource",
        type="Custom::MuxSetup",
        url_suffix=identity.url_suffix,
        properties={"WebhookUrl": _setup_config().webhook_url},
    )


@cache
def pools() -> PoolManager:
    """Connections for what is neither AWS nor Mux."""
    from mux_lifecycle.mux import transport

    return transport.pools()


@cache
def setup() -> Setup:
    from mux_lifecycle.store.checkpoints import Checkpoints
    from mux_lifecycle.workflows.setup import Setup
    from mux_lifecycle.workflows.signing_key_upkeep import SigningKeyUpkeep
    from mux_lifecycle.workflows.webhook_registration import WebhookRegistration

    rotation_seconds = _setup_config().rotation_days * 86_400
    return Setup(
        checkpoints=Checkpoints(_table(), now),
        mux=_mux(),
        token=lambda: _secrets().current(_mux_config().token_secret_arn),
        webhook=WebhookRegistration(
            mux=_mux(),
            secrets=_secrets(),
            secret_arn=webhook_config().secret_arn,
            rotation_seconds=rotation_seconds,
            now=now,
            pause=pause,
        ),
        signing_key=SigningKeyUpkeep(
            mux=_mux(),
            secrets=_secrets(),
            secret_arn=playback_config().secret_arn,
            token_seconds=playback_config().max_ttl_seconds,
            rotation_seconds=rotation_seconds,
            now=now,
        ),
        now=now,
        request_id=request_id,
        pause=pause,
    )
