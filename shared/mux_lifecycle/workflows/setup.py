"""What this stack needs at Mux: a token that fits, one webhook, one signing key.

CloudFormation asks for it once, a schedule makes it so: whatever cannot be done yet (there is no token, Mux is down) is
done by a later run, whatever is half done is gone on with, and all runs do it one at a time.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, Literal, Self

from mux_lifecycle.errors import (
    ConfigurationError,
    InProgress,
    InvalidRequest,
    LeaseLost,
    LifecycleError,
    MuxNotFound,
    MuxOutcomeUnknown,
    MuxRefused,
    SecretUnavailable,
    TemporarilyUnavailable,
    WrongEnvironment,
)
from mux_lifecycle.mux.addresses import FORMER_DEFAULT
from mux_lifecycle.telemetry import logger
from mux_lifecycle.workflows.options import flag, known

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mux_lifecycle.mux.client import MuxClient
    from mux_lifecycle.store.checkpoints import Checkpoints, Lease
    from mux_lifecycle.workflows.signing_key_upkeep import SigningKeyUpkeep
    from mux_lifecycle.workflows.webhook_registration import WebhookRegistration

LOOK_SECONDS: Final = 86_400
"""How often Mux is asked whether all is still as it should be."""
ANOTHER_KEY_SECONDS: Final = 3600
"""A signing key whose making was not seen to end cannot be told from somebody else's: not so soon another one."""
TRIES: Final = 3
PAUSE_SECONDS: Final = 5.0
LEASE_PAUSES: Final = 26
"""With PAUSE_SECONDS, longer than the lease of a run that was killed."""
RESERVE_SECONDS: Final = 120.0
"""No other try is begun with less time left: enough for the slowest one, and for the answer."""
_NAME: Final = "setup"
_NEEDED: Final = frozenset({"video:read", "video:write", "system:read", "system:write"})
_ANSWERS_KEPT: Final = 5
_FIRST_FIELDS: Final = ("url", "environment_id", "manual")

type Report = dict[str, str]
type Part = Literal["webhook", "signing_key"]


@dataclass(frozen=True, slots=True)
class Target:
    """What is wanted: a webhook at `url` that claims `tag`, in the Mux environment of that id (`""`: any).

    `manual` leaves that to the operator. `derived`: the tag was made of the stack's name. `issuer` is whose `sub` an
    owner is, `accepted_issuer` the one to which the operator lets it change; only CloudFormation's requests know them.
    """

    url: str
    environment_id: str
    manual: bool = False
    tag: str = ""
    derived: bool = False
    issuer: str = ""
    accepted_issuer: str = ""

    def to_json(self) -> dict[str, Any]:
        """Without what earlier releases do not know, when there is none: one may have to roll back to them."""
        return {name: value for name, value in asdict(self).items() if value or name in _FIRST_FIELDS}


@dataclass(frozen=True, slots=True)
class SetupOptions:
    """What an operator may say: `check` looks at Mux now, `rotate` begins an exchange, `retire` ends one at once."""

    check: bool = False
    rotate: Part | None = None
    retire: Part | None = None

    @classmethod
    def parse(cls, event: object) -> Self:
        """From the event of the schedule, `{}`, or of a run by hand. Anything else is refused."""
        event = known(event, {entry.name for entry in fields(cls)})
        return cls(flag(event, "check"), _part(event, "rotate"), _part(event, "retire"))

    @property
    def by_hand(self) -> bool:
        return self.check or self.rotate is not None or self.retire is not None


@dataclass(slots=True)
class State:
    """What stands in the checkpoint. `urls` may have webhooks of this stack's; `environment_id` is where they are.

    `tag` is the one that they claim; the stack's uploads and assets have it, so that it must not change any more.
    `issuer` is the one whose `sub` the stack's owners are.

    `answers` are the last ones to CloudFormation by its request: one that is delivered again, perhaps after the stack
    has gone on, gets the same answer and changes nothing. `former` is the target before the last update, unless that
    was a rollback. Times in epoch seconds.
    """

    urls: list[str] = field(default_factory=list)
    environment_id: str = ""
    tag: str = ""
    issuer: str = ""
    removed: bool = False
    next_at: int = 0
    key_asked_at: int = 0
    answers: dict[str, Report] = field(default_factory=dict)
    former: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def from_text(cls, text: str) -> Self:
        """What `to_text` made, of another release perhaps: what this one does not know is left out."""
        known = {entry.name for entry in fields(cls)}
        return cls(**{name: value for name, value in json.loads(text or "{}").items() if name in known})

    def is_rollback(self, target: Target, former: Target | None) -> bool:
        """Whether an update from `former` to `target` takes the last one back.

        CloudFormation does not say so. An update back to before the last one is a rollback if that one failed, or if it
        changed the target, for another resource may have failed. (Somebody who goes back on purpose is taken for one.)
        """
        if former is None or target.to_json() != self.former:
            return False
        return target != former or "failed" in list(self.answers.values())[-1]

    def to_text(self) -> str:
        return json.dumps(asdict(self), separators=(",", ":"))


class Setup:
    """One stack's. `now` gives epoch seconds, `request_id` a fresh random id, `pause` waits."""

    def __init__(
        self,
        *,
        checkpoints: Checkpoints,
        mux: MuxClient,
        token: Callable[[], Mapping[str, Any] | None],
        webhook: WebhookRegistration,
        signing_key: SigningKeyUpkeep,
        now: Callable[[], float],
        request_id: Callable[[], str],
        pause: Callable[[float], None],
    ) -> None:
        self._checkpoints = checkpoints
        self._mux = mux
        self._token = token
        self._webhook = webhook
        self._signing_key = signing_key
        self._now = now
        self._request_id = request_id
        self._pause = pause

    def run(self, target: Target, options: SetupOptions) -> Report:
        """One run of the schedule, or by hand. Says what was done, or under `stopped` why there was nothing to do."""
        if target.manual:
            return self._reported({"stopped": "manual"})
        lease = self._checkpoints.take(_NAME, self._request_id())
        if lease is None:
            return self._reported({"stopped": "busy"})
        try:
            return self._reported(self._look(lease, target, options))
        finally:
            lease.release()

    def establish(
        self, target: Target, request: str, remaining_seconds: Callable[[], float], *, former: Target | None = None
    ) -> Report:
        """For CloudFormation's create and update: what a run does, now. `request` is the id of theirs.

        What is wrong until somebody changes it is raised; what passes by itself is `pending`, and the schedule's to do.
        With the `former` target, as an update has it, a rollback is known: it raises nothing of that kind.
        """

        def answer(lease: Lease, state: State) -> Report:
            if state.is_rollback(target, former):
                return self._rolled_back(lease, state, target)
            _keep_tag(state, target, former)
            _keep_issuer(state, target)
            return self._establish(lease, state, target)

        def note(state: State, given: Report) -> None:
            if "failed" not in given:
                state.issuer = target.issuer or state.issuer
            state.former = former.to_json() if former and not state.is_rollback(target, former) else {}

        return self._answered(request, remaining_seconds, answer, note)

    def remove(self, target: Target, request: str, remaining_seconds: Callable[[], float]) -> Report:
        """For CloudFormation's delete: no webhook of this stack's is left, and no run makes another one."""
        return self._answered(
            request, remaining_seconds, lambda lease, state: self._remove(lease, state, target), lambda *_: None
        )

    def _look(self, lease: Lease, target: Target, options: SetupOptions) -> Report:
        state = State.from_text(lease.state)
        if state.removed:
            return {"stopped": "removed"}
        if not options.by_hand and self._now() < state.next_at and state.urls == [target.url]:
            return {"stopped": "idle"}
        return self._converge(lease, state, target, options)

    def _establish(self, lease: Lease, state: State, target: Target) -> Report:
        state.removed, state.next_at = False, 0
        lease.save(state.to_text())
        if target.manual:
            # Uploads and assets get the tag at once, without a claim that anybody has looked at.
            state.tag = target.tag
            lease.save(state.to_text())
            return {"status": "manual", "tag": target.tag}
        try:
            report = self._converge(lease, state, target, SetupOptions())
        except TemporarilyUnavailable as error:
            logger.warning("setup put off", error=type(error).__name__)
            return {"status": "pending", "tag": target.tag}
        if "stopped" in report:
            return {"status": "no_token", "tag": target.tag}
        return {"status": "registered", "tag": target.tag} | report

    def _rolled_back(self, lease: Lease, state: State, target: Target) -> Report:
        """What stood before may stand again; a rollback that fails leaves a stack that nobody can update."""
        try:
            return self._establish(lease, state, target)
        except LeaseLost:
            raise
        except LifecycleError as error:
            logger.warning("setup put off", error=type(error).__name__)
            return {"status": "pending", "tag": target.tag}

    def _remove(self, lease: Lease, state: State, target: Target) -> Report:
        try:
            if state.urls or (not target.manual and self._token()):
                with _explained():
                    self._confirm(state, target)
                    self._webhook.remove({*state.urls, target.url}, lease.keep)
        except LifecycleError:
            if state.urls:
                raise
            # Nothing was ever made, and a stack that could not be made for a bad token has to be able to go.
            logger.warning("nothing to remove")
        state.urls, state.environment_id, state.tag, state.issuer, state.removed = [], "", "", "", True
        lease.save(state.to_text())
        return {"status": "removed"}

    def _answered(
        self,
        request: str,
        remaining_seconds: Callable[[], float],
        answer: Callable[[Lease, State], Report],
        note: Callable[[State, Report], None],
    ) -> Report:
        """The answer to a request, given before or now, and remembered with what is to `note`.

        A failure is an answer, too.
        """
        lease = self._waited_for(remaining_seconds)
        try:
            given = State.from_text(lease.state).answers.get(request)
            if given is None:
                given = self._patiently(lease, remaining_seconds, answer)
                self._remember(lease, request, given, note)
        finally:
            lease.release()
        if "failed" in given:
            raise ConfigurationError(given["failed"])
        return given

    def _patiently(
        self, lease: Lease, remaining_seconds: Callable[[], float], answer: Callable[[Lease, State], Report]
    ) -> Report:
        for left in reversed(range(TRIES)):
            final = not left or remaining_seconds() < RESERVE_SECONDS
            try:
                given = answer(lease, State.from_text(lease.state))
            except LeaseLost:
                raise
            except LifecycleError as error:
                if final or not isinstance(error, TemporarilyUnavailable):
                    return {"failed": " ".join(error.messages)}
            else:
                if final or given["status"] != "pending":
                    return given
            self._pause(PAUSE_SECONDS)
            lease.keep()
        raise AssertionError("the last try is final")

    def _remember(self, lease: Lease, request: str, given: Report, note: Callable[[State, Report], None]) -> None:
        state = State.from_text(lease.state)
        note(state, given)
        state.answers = dict([*state.answers.items(), (request, given)][-_ANSWERS_KEPT:])
        lease.save(state.to_text())

    def _waited_for(self, remaining_seconds: Callable[[], float]) -> Lease:
        for _ in range(LEASE_PAUSES):
            lease = self._checkpoints.take(_NAME, self._request_id())
            if lease:
                return lease
            if remaining_seconds() < RESERVE_SECONDS:
                break
            self._pause(PAUSE_SECONDS)
        raise InProgress("another run of the setup is still at work: try again")

    def _converge(self, lease: Lease, state: State, target: Target, options: SetupOptions) -> Report:
        if not self._token():
            return {"stopped": "no_token"}
        with _explained():
            _keep_tag(state, target)
            self._confirm(state, target)
            # Before anything is made at a URL, it is known as one where something may be; and a run that is killed from
            # here on leaves something to do.
            state.urls, state.next_at = list(dict.fromkeys([target.url, *state.urls])), 0
            lease.save(state.to_text())
            if options.retire == "webhook":
                self._webhook.retire(lease.keep)
            if options.retire == "signing_key":
                self._signing_key.retire(lease.keep)
            report = {
                "webhook": self._webhook.ensure(state.urls, target.tag, lease.keep, rotate=options.rotate == "webhook")
            }
            state.tag = target.tag
            if len(state.urls) > 1:
                self._webhook.remove(state.urls[1:], lease.keep)
            report["signing_key"] = self._ensure_key(lease, state, options)
        state.urls, state.next_at = [target.url], self._next_at(state)
        lease.save(state.to_text())
        return report

    def _ensure_key(self, lease: Lease, state: State, options: SetupOptions) -> str:
        missing = self._signing_key.is_missing()
        if missing:
            if self._now() < state.key_asked_at + ANOTHER_KEY_SECONDS:
                return "postponed"
            state.key_asked_at = int(self._now())
            lease.save(state.to_text())
        try:
            outcome = self._signing_key.ensure(lease.keep, missing=missing, rotate=options.rotate == "signing_key")
        except (MuxOutcomeUnknown, SecretUnavailable):
            raise
        except LifecycleError:
            state.key_asked_at = 0
            lease.save(state.to_text())
            raise
        state.key_asked_at = 0
        return outcome

    def _next_at(self, state: State) -> int:
        due = [int(self._now()) + LOOK_SECONDS, self._webhook.next_at(), self._signing_key.next_at()]
        if state.key_asked_at:
            due.append(state.key_asked_at + ANOTHER_KEY_SECONDS)
        return min(moment for moment in due if moment)

    def _confirm(self, state: State, target: Target) -> None:
        """Raise unless the token is of the right environment and may do what is needed. Nothing is changed before."""
        identity = self._mux.identity()
        found = identity.environment_id
        if target.environment_id and found != target.environment_id:
            raise WrongEnvironment(
                f"the Mux token belongs to the environment {found}, but MuxEnvironmentId is {target.environment_id}"
            )
        if state.environment_id and found != state.environment_id and not target.environment_id:
            raise WrongEnvironment(
                f"the Mux token belongs to the environment {found}, but the webhook is in {state.environment_id}: "
                f"put a token of that one, or deploy with MuxEnvironmentId={found} to move"
            )
        missing = sorted(_NEEDED - identity.permissions)
        # Mux's words for permissions may change; then its refusals tell.
        if missing and identity.permissions & _NEEDED:
            raise ConfigurationError(
                f"the Mux token lacks {', '.join(missing)}: make one with Video and System, each read and write, or "
                "deploy with MuxSetup=manual"
            )
        state.environment_id = found

    def _reported(self, report: Report) -> Report:
        logger.info("setup ended", outcome=report)
        return report


@contextmanager
def _explained() -> Iterator[None]:
    """What Mux refuses is told in words that say what to change."""
    try:
        yield
    except MuxRefused as refused:
        if refused.status == HTTPStatus.UNAUTHORIZED:
            raise ConfigurationError("Mux does not know the token in MuxTokenSecret: put a valid one") from refused
        raise ConfigurationError(
            f"Mux refused what the setup asked for (status {refused.status}): the function's log has the reason"
        ) from refused
    except MuxNotFound as hidden:
        raise ConfigurationError(
            "Mux hides webhooks or signing keys from the token: make one with System permission, or deploy with "
            "MuxSetup=manual"
        ) from hidden


def _keep_tag(state: State, target: Target, former: Target | None = None) -> None:
    """Raise ConfigurationError if the stack's uploads and assets have another tag: it would not know them any more."""
    if state.tag and target.tag != state.tag:
        raise ConfigurationError(
            f"this stack's uploads and assets have the tag {state.tag}, not {target.tag}: "
            f"deploy with StackTag={state.tag}, or make another stack"
        )
    if former and not former.tag and target.derived:
        # Made by a release that had a default for all stacks.
        raise ConfigurationError(
            f"this stack's uploads and assets have the tag {FORMER_DEFAULT}, or the one that you chose: "
            f"deploy with StackTag={FORMER_DEFAULT}, or with the one that you chose"
        )


def _keep_issuer(state: State, target: Target) -> None:
    """Raise ConfigurationError if owners would be somebody else's `sub`, unless the operator names the new issuer."""
    if state.issuer and target.issuer and target.issuer not in (state.issuer, target.accepted_issuer):
        raise ConfigurationError(
            f"this stack's owners are users of the issuer {state.issuer}: whoever has the same sub at {target.issuer} "
            "would get their videos. Deploy with the former issuer; or, if a sub means the same person at both, with "
            "AcceptedJwtIssuerChange naming the new one (user-pool for the stack's own user pool)"
        )


def _part(event: Mapping[str, Any], name: str) -> Part | None:
    match event.get(name):
        case None:
            return None
        case "webhook":
            return "webhook"
        case "signing_key":
            return "signing_key"
        case _:
            raise InvalidRequest(f"{name}: must be webhook or signing_key")
