"""Two owners and an administrator, Mux, its webhooks, the schedules and trouble, in any order: one step, one thing.

The model is the book of wishes: what was asked for, and what was answered. Everything else follows from it.
"""

from __future__ import annotations

import contextlib
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, cast

import requests
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from local.mux import MuxError, sample_mp4
from tests.faults.audit import leaks
from tests.model.disturbed import ADMIN, SOMETHING_ELSE, TROUBLES, Disturbed
from tests.promises.verdict import judged, strangers
from tests.promises.wishes import Wish, Wishes

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from tests.model.disturbed import Theatre, Trouble
    from tests.world import Answer, Json

OWNERS: Final = ("ada", "grace")
FILM: Final = sample_mp4()
NO_FILM: Final = b"this is a text\n" * 20
KEY_SECONDS: Final = 23 * 3600
"""An Idempotency-Key is good for a day."""
CALM_SECONDS: Final = 3700
"""Longer than an upload waits, and than the cleanup leaves alone what has failed."""
PATIENCE: Final = 6

numbers: Final = st.integers(0, 30)
owners: Final = st.sampled_from(OWNERS)
callers: Final = st.sampled_from(["the owner", "the owner", "an administrator", "somebody else"])
troubles: Final = st.none() | st.tuples(st.sampled_from(TROUBLES), st.integers(0, 5))
weathers: Final = st.sampled_from(
    [{}, {"error_rate": 1}, {"lose_response": 1}, {"rate_limit": 1}, {"error_rate": 0.3, "lose_response": 0.3}]
)


@dataclass
class Request:
    """A POST that makes something, as it may be repeated; `at` is when it was sent first."""

    function: str
    body: Json
    key: str
    at: float = field(default_factory=time.time)

    @property
    def is_repeatable(self) -> bool:
        return bool(self.key) and time.time() - self.at < KEY_SECONDS

    @property
    def headers(self) -> dict[str, str]:
        return {"idempotency-key": self.key} if self.key else {}


class Stack(RuleBasedStateMachine):
    """A `number` chooses among what there is. In the beginning each owner has an asset and may send a file."""

    def __init__(self, theatre: Theatre) -> None:
        super().__init__()
        if not theatre.swarms:
            self._rules_strategy.enabled_rules_strategy = st.just(cast("Any", _EveryRule()))
        self.output = theatre.output
        self.stack = Disturbed(theatre)
        self.world = theatre.world
        self.wishes = Wishes()
        self.requests: dict[int, Request] = {}
        self.urls: dict[int, str] = {}
        self.deaf = False

    @initialize(deaf=st.booleans(), keyed=st.booleans())
    def environment_is_shared(self, deaf: bool, keyed: bool) -> None:
        """With other assets at Mux. If `deaf`, what was not delivered in the end never will be."""
        self.deaf = deaf
        for passthrough in ("", "film-17", "mxl1#another-stack#ada#kR7dQ2wXn0VbLs5TzYpHfA#public"):
            body = {"inputs": [{"url": "https://elsewhere.example.com/1.mp4"}], "passthrough": passthrough}
            assert self.world.mux_post("/video/v1/assets", body).status_code == 201
        self.stack.pass_time(60)
        self.strangers = strangers(self.world)
        for owner in OWNERS:
            self.ask_for_asset(owner, keyed, readable=True, trouble=None)
            self.ask_for_upload(owner, keyed, trouble=None)
        self.stack.pass_time(60)

    # Owners

    @rule(owner=owners, keyed=st.booleans(), trouble=troubles)
    def ask_for_upload(self, owner: str, keyed: bool, trouble: Trouble) -> None:
        wish = self.wishes.add(owner)
        self._ask(wish, Request("create_upload", {"title": wish.title}, _key(wish) if keyed else ""), trouble)

    @rule(owner=owners, keyed=st.booleans(), readable=st.sampled_from([True, True, False]), trouble=troubles)
    def ask_for_asset(self, owner: str, keyed: bool, readable: bool, trouble: Trouble) -> None:
        wish = self.wishes.add(owner)
        url = f"https://{'storage.example.com' if readable else 'nowhere.invalid'}/{wish.number}.mp4"
        body = {"input": url, "title": wish.title}
        self._ask(wish, Request("create_asset", body, _key(wish) if keyed else ""), trouble)

    @precondition(lambda self: self._repeatable())
    @rule(number=numbers, trouble=troubles)
    def ask_again(self, number: int, trouble: Trouble) -> None:
        wish = _one(self._repeatable(), number)
        self._ask(wish, self.requests[wish.number], trouble)

    @precondition(lambda self: self._repeatable())
    @rule(number=numbers, at=st.integers(0, 5))
    def ask_twice_at_once(self, number: int, at: int) -> None:
        wish = _one(self._repeatable(), number)
        request = self.requests[wish.number]
        self._ask(wish, request, (SOMETHING_ELSE, at), meanwhile=lambda: self._ask(wish, request, None))

    @precondition(lambda self: self._answered())
    @rule(number=numbers)
    def use_a_key_for_something_else(self, number: int) -> None:
        wish = _one(self._answered(), number)
        request = self.requests[wish.number]
        other = request.body | {"title": "another"}
        answer = self.stack.call(request.function, wish.owner, json_body=other, headers=request.headers)
        assert answer
        assert answer.status == 422

    @precondition(lambda self: self._uploadable())
    @rule(number=numbers, film=st.sampled_from([True, True, False]))
    def send_file(self, number: int, film: bool) -> None:
        wish = _one(self._uploadable(), number)
        sent = requests.put(self.urls.pop(wish.number), data=FILM if film else NO_FILM, timeout=10)
        assert sent.status_code in (200, 410)
        assert not (sent.status_code == 200 and wish.cancelled), "a cancelled upload takes no file"
        wish.kept = sent.status_code == 200

    @precondition(lambda self: self._uploads())
    @rule(number=numbers, caller=callers, trouble=troubles)
    def cancel(self, number: int, caller: str, trouble: Trouble) -> None:
        wish = _one(self._uploads(), number)
        answer = self._answer("cancel_upload", wish, caller, trouble, id=wish.upload_id)
        if answer:
            assert answer.status == (409 if wish.kept else 204)
            wish.cancelled = answer.status == 204

    @precondition(lambda self: self._uploads())
    @rule(number=numbers, caller=callers, trouble=troubles)
    def look_at_upload(self, number: int, caller: str, trouble: Trouble) -> None:
        wish = _one(self._uploads(), number)
        answer = self._answer("get_upload", wish, caller, trouble, id=wish.upload_id)
        if answer:
            assert answer.status == 200
            assert "url" not in answer.data
            assert wish.asset_id in ("", answer.data.get("asset_id"))
            wish.asset_id = answer.data.get("asset_id", "")
            assert not (wish.cancelled and wish.asset_id)

    @precondition(lambda self: self._assets())
    @rule(number=numbers, caller=callers, trouble=troubles)
    def look_at_asset(self, number: int, caller: str, trouble: Trouble) -> None:
        wish = _one(self._assets(), number)
        answer = self._answer("get_asset", wish, caller, trouble, id=wish.asset_id)
        if answer and answer.status == 200:
            assert not wish.is_gone
            assert answer.data["title"] in wish.titles

    @precondition(lambda self: self._assets())
    @rule(number=numbers, caller=callers, trouble=troubles)
    def rename(self, number: int, caller: str, trouble: Trouble) -> None:
        wish = _one(self._assets(), number)
        body = {"title": wish.retitled()}
        answer = self._answer("update_asset", wish, caller, trouble, id=wish.asset_id, json_body=body)
        if answer is None:
            wish.titles |= {wish.retitled()} if _may(caller) else set()
        elif answer.status == 200:
            wish.titles = {wish.retitled()}

    @precondition(lambda self: self._assets())
    @rule(number=numbers, caller=callers, trouble=troubles)
    def publish(self, number: int, caller: str, trouble: Trouble) -> None:
        wish = _one(self._assets(), number)
        body = {"visibility": "public"}
        answer = self._answer("update_asset", wish, caller, trouble, id=wish.asset_id, json_body=body)
        if answer is None:
            wish.visibilities |= {"public"} if _may(caller) else set()
        elif answer.status == 200:
            wish.visibilities = {"public"}

    @precondition(lambda self: self._assets())
    @rule(number=numbers, caller=callers, trouble=troubles)
    def delete(self, number: int, caller: str, trouble: Trouble) -> None:
        wish = _one(self._assets(), number)
        answer = self._answer("delete_asset", wish, caller, trouble, id=wish.asset_id)
        if answer:
            assert answer.status in (202, 204, 404), answer
            assert not (answer.status == 202 and wish.is_gone)
            wish.deletion = {202: "promised", 204: "done"}.get(answer.status, wish.deletion)
        elif _may(caller):
            wish.deletion = wish.deletion or "tried"

    @rule(number=numbers, function=st.sampled_from(["get_asset", "update_asset", "delete_asset"]), owner=owners)
    def try_what_is_nobody_s_here(self, number: int, function: str, owner: str) -> None:
        asset_id = _one(sorted(self.strangers), number)
        answer = self.stack.call(function, owner, id=asset_id, json_body={"title": "mine"})
        assert answer
        assert answer.status == 404

    # Mux

    @precondition(lambda self: self.stack.to_tell)
    @rule(number=numbers, keep=st.booleans(), trouble=troubles)
    def event_arrives(self, number: int, keep: bool, trouble: Trouble) -> None:
        """And may come again later, as it will if it was not acknowledged."""
        event = _one(self.stack.to_tell, number)
        if self.stack.deliver(event, trouble) and not keep:
            self.stack.to_tell.remove(event)

    @precondition(lambda self: self.stack.to_tell)
    @rule(order=st.randoms(use_true_random=False))
    def all_events_arrive(self, order: Random) -> None:
        """In whatever order."""
        events, self.stack.to_tell = self.stack.to_tell, []
        order.shuffle(events)
        for event in events:
            assert self.stack.deliver(event)

    @precondition(lambda self: self.stack.to_tell)
    @rule(number=numbers)
    def event_is_lost(self, number: int) -> None:
        self.stack.to_tell.remove(_one(self.stack.to_tell, number))

    @precondition(lambda self: self._assets())
    @rule(number=numbers)
    def asset_is_removed_elsewhere(self, number: int) -> None:
        """In Mux's dashboard, if it is there."""
        wish = _one(self._assets(), number)
        with contextlib.suppress(MuxError):
            self.world.mux.delete_asset(wish.asset_id)
            wish.removed_elsewhere = True

    @rule(weather=weathers)
    def weather_changes(self, weather: Json) -> None:
        """From now on Mux may have troubles of its own."""
        self.world.mux.set_faults({"api": weather})

    # Time

    @rule(seconds=st.sampled_from([1, 1, 30, 61, 400, 1900, 4000, 25 * 3600]))
    def time_passes(self, seconds: int) -> None:
        self.stack.pass_time(seconds)

    @rule(trouble=troubles)
    def cleanup_runs(self, trouble: Trouble) -> None:
        self.stack.run(self.world.schedule, trouble)

    @rule(trouble=troubles)
    def walk_goes_on(self, trouble: Trouble) -> None:
        self.stack.run(self.world.reconcile, trouble)

    # What always holds

    @invariant()
    def nobody_sees_what_is_not_theirs_or_gone(self) -> None:
        for owner in OWNERS:
            answer = self.world.call("list_assets", owner=owner, query="limit=100")
            self.wishes.look_at_list(owner, answer.data)
            assert "/upload/" not in str(answer.body)
        assert self.wishes.wrong + self.stack.wrong == []
        gone = {wish.asset_id for wish in self.wishes if wish.is_gone}
        if gone:
            everything = self.world.call("list_assets", owner=ADMIN, groups=["admin"], query="scope=all&limit=100")
            assert not gone & {asset["id"] for asset in everything.data}

    @invariant()
    def no_secret_is_told(self) -> None:
        assert leaks(self.output.take()) == []

    def teardown(self) -> None:
        """In the end all must be as it was told; unless something was found wrong before."""
        if sys.exception() is None:
            self._recover()
            wrong = judged(self.world, self.wishes, self.strangers)
            assert {kind: found for kind, found in wrong.items() if found} == {}

    def _recover(self) -> None:
        """Faults end, callers repeat what they have no answer to, the schedules run."""
        self.world.mux.set_faults({})
        for wish in self._repeatable():
            if not wish.upload_id and not wish.asset_id:
                self._ask_until_answered(wish)
        for _ in range(2):
            self.stack.pass_time(CALM_SECONDS)
            if not self.deaf:
                self._tell_the_rest()
            self.world.schedule()
        report = self.world.reconcile({"restart": True})
        while report.get("phase") != "done":
            self.stack.pass_time(900)
            report = self.world.reconcile()

    def _tell_the_rest(self) -> None:
        events, self.stack.to_tell = self.stack.to_tell, []
        for event in events:
            assert self.stack.deliver(event)

    def _ask_until_answered(self, wish: Wish) -> None:
        for _ in range(PATIENCE):
            answer = self._ask(wish, self.requests[wish.number], None)
            assert answer
            if answer.status < 500:
                return
            self.stack.pass_time(int(answer.headers["retry-after"]))
        raise AssertionError(f"never answered: {wish}")

    def _ask(
        self, wish: Wish, request: Request, trouble: Trouble, *, meanwhile: Callable[[], object] | None = None
    ) -> Answer | None:
        self.requests[wish.number] = request
        answer = self.stack.call(
            request.function,
            wish.owner,
            trouble,
            meanwhile=meanwhile,
            json_body=request.body,
            headers=request.headers,
        )
        if answer and answer.status == 409:
            assert request.function == "create_asset"
            assert wish.deletion or wish.removed_elsewhere
        elif answer and answer.status < 500:
            self._note_made(wish, request, answer)
        return answer

    def _note_made(self, wish: Wish, request: Request, answer: Answer) -> None:
        assert answer.status == 201, answer
        made = answer.data["id"]
        known = wish.upload_id if request.function == "create_upload" else wish.asset_id
        assert known in ("", made), "one request made two"
        if request.function == "create_asset":
            wish.asset_id, wish.kept = made, True
            return
        wish.upload_id = made
        if "url" in answer.data and not wish.kept:
            self.urls[wish.number] = answer.data["url"]

    def _answer(self, function: str, wish: Wish, caller: str, trouble: Trouble, **request: Any) -> Answer | None:
        """The answer, if it says something; to who is neither owner nor administrator it must not."""
        [other] = {*OWNERS} - {wish.owner}
        names = {"the owner": wish.owner, "an administrator": ADMIN, "somebody else": other}
        answer = self.stack.call(function, names[caller], trouble, **request)
        if answer is None or answer.status >= 500:
            return None
        if not _may(caller):
            assert answer.status == 404
            return None
        return answer

    def _repeatable(self) -> list[Wish]:
        return [wish for wish in self.wishes if self.requests[wish.number].is_repeatable]

    def _answered(self) -> list[Wish]:
        return [wish for wish in self._repeatable() if wish.upload_id or wish.asset_id]

    def _uploadable(self) -> list[Wish]:
        return [wish for wish in self.wishes if wish.number in self.urls]

    def _uploads(self) -> list[Wish]:
        return [wish for wish in self.wishes if wish.upload_id]

    def _assets(self) -> list[Wish]:
        return [wish for wish in self.wishes if wish.asset_id]


class _EveryRule:
    """Answers Hypothesis, which asks which rules an example is made of.

    To leave out some, as it does by itself, pays with many examples; in a few it leaves too little that could happen.
    """

    def is_enabled(self, _rule: str) -> bool:
        return True


def _one[Thing](things: list[Thing], number: int) -> Thing:
    return things[number % len(things)]


def _key(wish: Wish) -> str:
    return f"wish-{wish.number}"


def _may(caller: str) -> bool:
    return caller != "somebody else"
