"""`make erase`: everything of one owner, at Mux and in the table. First it is only shown; confirmed, it is erased."""

import hashlib
import json
import shlex
import time
from collections.abc import Callable, Mapping
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from mux_lifecycle.errors import LifecycleError, WrongEnvironment
from mux_lifecycle.mux.tag import MAX_OWNER, is_owner
from mux_lifecycle.store.assets import Assets
from mux_lifecycle.store.ledger import Ledger
from mux_lifecycle.store.records import text
from mux_lifecycle.store.uploads import Uploads
from mux_lifecycle.workflows.cancellation import Cancellation
from mux_lifecycle.workflows.deletion import Deletion
from ops.erasure import Erasure, Report
from ops.owner_records import OwnerRecords
from ops.stack import OperatorError
from ops.survey import Owned, Survey
from ops.target import Target

REMAINS: Final = "docs/erasure.md says what remains elsewhere, and for how long."


def checked_owner(owner: str) -> str:
    """One owner, letter for letter. Raises OperatorError for anything that is none, or that is meant for several."""
    if not owner:
        raise OperatorError("say whom to erase: make erase OWNER=the sub in their tokens")
    if not is_owner(owner) or not any(character.isalnum() for character in owner):
        raise OperatorError(
            f"{owner!a} is no owner: the sub of one user, letter for letter, {MAX_OWNER} visible ASCII characters"
            " at most, without #. There is no way to name several."
        )
    return owner


def erase(target: Target, owner: str, confirmation: str, show: Callable[[str], None]) -> bool:
    """Show what there is of the owner; erase it if the confirmation is the one that was shown. Whether nothing remains.

    Raises OperatorError when nothing was done because it could not be, or because the confirmation is another.
    """
    checked_owner(owner)
    try:
        return _erase(target, owner, confirmation, show)
    except WrongEnvironment as error:
        raise OperatorError(f"{error}: nothing was changed. make doctor says what to do.") from error
    except LifecycleError as error:
        raise OperatorError(f"{type(error).__name__}: {error}. Run this again.") from error
    except ClientError as error:
        code = error.response["Error"]["Code"]
        raise OperatorError(f"AWS does not allow {error.operation_name}: {code}. Run this again.") from error
    except BotoCoreError as error:
        raise OperatorError(f"AWS cannot be asked: {type(error).__name__}. Run this again.") from error


def _erase(target: Target, owner: str, confirmation: str, show: Callable[[str], None]) -> bool:
    table, mux = target.table(), target.mux()
    # Without limits nothing is written to what the owner holds: that record goes as a whole.
    ledger = Ledger(table, {})
    assets, uploads = Assets(table, ledger), Uploads(table, ledger)
    environment = target.environment(mux)
    records = OwnerRecords(target.dynamodb, target.table_name, table, owner)
    environment.confirm()
    rival = target.claim(mux).rival()
    if rival:
        raise OperatorError(f"{rival}. Assets of two stacks with one tag look alike: nothing was changed")
    environment_id = mux.environment_id()
    code = _code(target, owner, environment_id)
    if confirmation and confirmation != code:
        raise OperatorError("CONFIRM is not what the dry run shows for this owner and stack: nothing was changed")
    show(f"owner {owner} of stack {target.name} in {target.region}, Mux environment {environment_id}")
    show("Reading the table and all of Mux's lists: with 10,000 assets that takes some minutes.")
    survey = Survey(
        mux=mux,
        assets=assets,
        uploads=uploads,
        records=records,
        environment=environment,
        stack=target.tag,
        owner=owner,
        now=time.time,
    )
    if not confirmation:
        return _rehearse(survey.take(), _again(target, owner, code), show)
    report = Erasure(
        survey=survey,
        records=records,
        table=table,
        assets=assets,
        uploads=uploads,
        deletion=Deletion(mux, assets, environment, time.time),
        cancellation=Cancellation(mux, uploads, environment, target.tag, time.time),
        owner=owner,
        now=time.time,
    ).run(show)
    return _told(report, show)


def _code(target: Target, owner: str, environment_id: str) -> str:
    """What confirms the erasure of this owner from this stack, and of no other."""
    named = json.dumps([owner, target.name, target.region, target.table_name, environment_id])
    return hashlib.sha256(named.encode()).hexdigest()[:12]


def _again(target: Target, owner: str, code: str) -> str:
    values = {"OWNER": owner, **target.named, "CONFIRM": code}
    return "make erase " + " ".join(f"{name}={shlex.quote(value)}" for name, value in values.items())


def _rehearse(found: Owned, command: str, show: Callable[[str], None]) -> bool:
    for asset_id, unknown in sorted(found.assets.items()):
        show(f"would delete   asset {asset_id}" + (" (the table does not know it)" if unknown else ""))
    for upload_id in sorted(found.uploads):
        show(f"would {'cancel' if upload_id in found.waiting else 'forget'}   upload {upload_id}")
    for record in found.records:
        show(f"would delete   record {text(record, 'pk')}")
    if found.limits:
        show("would delete   what counts against the owner's limits")
    _list("left alone", found.left, show)
    show(
        f"assets: {len(found.assets)}, uploads: {len(found.uploads)} (open: {len(found.waiting)}), "
        f"other records: {len(found.records)}, left alone: {len(found.left)}"
    )
    if found.empty:
        show(f"There is nothing to erase. {REMAINS}")
        return not found.left
    show("Nothing was changed. Disable the user first, so that nothing new appears. Then, for good:")
    show(f"  {command}")
    return True


def _told(report: Report, show: Callable[[str], None]) -> bool:
    _list("pending", report.pending, show)
    _list("failed", report.failed, show)
    _list("left", report.left, show)
    show(
        f"{report.deleted} deleted, {len(report.pending)} pending, {len(report.failed)} failed, {len(report.left)} left"
    )
    if report.stopped:
        show(f"It ended early: {report.stopped}. Nothing is lost: run this again.")
    elif not report.complete:
        show("Run this again until nothing is pending, failed or left.")
    show(REMAINS)
    return report.complete


def _list(word: str, subjects: Mapping[str, str], show: Callable[[str], None]) -> None:
    for subject, why in sorted(subjects.items()):
        show(f"{word:14} {subject}: {why}")
