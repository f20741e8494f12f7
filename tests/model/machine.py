"""Two owners and an administrator, Mux, its webhooks, the schedules and trouble, in any order: one step, one thing.

The model is the book of wishes: what was asked for, and what was answered. Everything else follows from it.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import requests
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from local.mux import sample_mp4
from mux_lifecycle.errors import LifecycleError
from tests.faults.audit import leaks
from tests.faults.sweep import FAULTS, ExternalCalls, Fault, Killed
from tests.promises.verdict import judged, strangers
from tests.promises.wishes import Wish, Wishes
from tests.world import delivery

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.faults.audit import Output
    from tests.faults.sweep import Do
    from tests.world import Answer, Json, World

type Trouble = tuple[str, int] | None
"""What the step's function call meets at which of its calls to the world outside."""

OWNERS: Final = ("ada", "grace")
ADMIN: Final = "root"
FILM: Final = sample_mp4()
NO_FILM: Final = b"this is a text\n" * 20
SOMETHING_ELSE: Final = "something happens meanwhile"
KEY_SECONDS: Final = 23 * 3600
"""An Idempotency-Key is good for a day."""
CALM_SECONDS: Final = 3700
"""Longer than an upload waits, and than the cleanup leaves alone what has failed."""
PATIENCE: Final = 6

numbers: Final = st.integers(0, 30)
owners: Final = st.sampled_from(OWNERS)
callers: Final = st.sampled_from((*OWNERS, ADMIN))
troubles: Final = (
    st.none() | st.none() | st.tuples(st.sampled_from([*sorted(FAULTS), SOMETHING_ELSE]), st.integers(0, 6))
)
weathers: Final = st.sampled_from(
    [{}, {"error_rate": 1}, {"lose_response": 1}, {"rate_limit": 1}, {"error_rate": 0.3, "lose_response": 0.3}]
)


@dataclass(frozen=True)
class Theatre:
    """Where one example is played after the other."""

    world: World
    calls: ExternalCalls
    output: Output


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


class Stack(RuleBasedStateMachine):
    """A `number` chooses among what there is; where there is nothing, the step does nothing."""

    def __init__(self, theatre: Theatre) -> None:
        super().__init__()
        self.world, self.calls, self.output = theatre.world, theatre.calls, theatre.output
        self.world.mux.reset()
        self.world.replace_items([])
        self.world.cold_start()
        self.output.take()
        self.wishes = Wishes()
        self.requests: dict[int, Request] = {}
        self.urls: dict[int, str] = {}
        self.happened = 0
        self.to_tell: list[Json] = []
        self.deaf = False
        self.calm = True

    @initialize(deaf=st.booleans())
    def environment_is_shared(self, deaf: bool) -> None:
        """With others at Mux; if `deaf`, what was not delivered in the end never will be."""
        self.deaf = deaf
        for passthrough in ("", "film-17", "mxl1#another-stack#ada#kR7dQ2wXn0VbLs5TzYpHfA#public"):
            body = {"inputs": [{"url": "https://elsewhere.example.com/1.mp4"}], "passthrough": passthrough}
            assert self.world.mux_post("/video/v1/assets", body).status_code == 201
        self._time_passes(60)
        self.strangers = strangers(self.world)

    # Owners

    @rule(owner=owners, keyed=st.booleans(), trouble=troubles)
    def ask_for_upload(self, owner: str, keyed: bool, trouble: Trouble) -> None:
        wish = self.wishes.add(owner)
        self._ask(wish, Request("create_upload", {"title": wish.title}, self._key(wish, keyed)), trouble)

    @rule(owner=owners, keyed=st.booleans(), readable=st.sampled_from([True, True, False]), trouble=troubles)
    def ask_for_asset(self, owner: str, keyed: bool, readable: bool, trouble: Trouble) -> None:
        wish = self.wishes.add(owner)
        url = f"https://{'storage.example.com' if readable else 'nowhere.invalid'}/{wish.number}.mp4"
        self._ask(wish, Request("create_asset", {"input": url, "title": wish.title}, self._key(wish, keyed)), trouble)

    @rule(number=numbers, trouble=troubles)
    def ask_again(self, number: int, trouble: Trouble) -> None:
        wish = self._one([wish for wish in self.wishes if self.requests[wish.number].is_repeatable], number)
        if wish:
            self._ask(wish, self.requests[wish.number], trouble)

    @rule(number=numbers, at=st.integers(0, 6))
    def ask_twice_at_once(self, number: int, at: int) -> None:
        wish = self._one([wish for wish in self.wishes if self.requests[wish.number].is_repeatable], number)
        if wish:
            request = self.requests[wish.number]
            self._ask(wish, request, (SOMETHING_ELSE, at), meanwhile=lambda: self._ask(wish, request, None))

    @rule(number=numbers)
    def use_a_key_for_something_else(self, number: int) -> None:
        answered = [wish for wish in self.wishes if wish.upload_id or wish.asset_id]
        wish = self._one([wish for wish in answered if self.requests[wish.number].is_repeatable], number)
        if wish:
            request = self.requests[wish.number]
            other = request.body | {"title": "another"}
            answer = self._call(request.function, wish.owner, None, json_body=other, headers=_headers(request.key))
            assert answer
            assert answer.status == 422

    @rule(number=numbers, film=st.sampled_from([True, True, False]))
    def send_file(self, number: int, film: bool) -> None:
        wish = self._one([wish for wish in self.wishes if wish.number in self.urls], number)
        if wish:
            sent = requests.put(self.urls.pop(wish.number), data=FILM if film else NO_FILM, timeout=10)
            assert sent.status_code in (200, 410)
            assert not (sent.status_code == 200 and wish.cancelled), "a cancelled upload takes no file"
            wish.kept = sent.status_code == 200

    @rule(number=numbers, caller=callers, trouble=troubles)
    def cancel(self, number: int, caller: str, trouble: Trouble) -> None:
        wish = self._one([wish for wish in self.wishes if wish.upload_id], number)
        if wish:
            answer = self._told(wish, caller, self._call("cancel_upload", caller, trouble, id=wish.upload_id))
            if answer:
                assert answer.status == (409 if wish.kept else 204)
                wish.cancelled = answer.status == 204

    @rule(number=numbers, caller=callers, trouble=troubles)
    def look_at_upload(self, number: int, caller: str, trouble: Trouble) -> None:
        wish = self._one([wish for wish in self.wishes if wish.upload_id], number)
        if wish:
            answer = self._told(wish, caller, self._call("get_upload", caller, trouble, id=wish.upload_id))
            if answer:
                assert answer.status == 200
                assert "url" not in answer.data
                wish.asset_id = answer.data.get("asset_id", "")
                assert not (wish.cancelled and wish.asset_id)

    @rule(number=numbers, caller=callers, trouble=troubles)
    def look_at_asset(self, number: int, caller: str, trouble: Trouble) -> None:
        wish = self._asset(number)
        if wish:
            answer = self._told(wish, caller, self._call("get_asset", caller, trouble, id=wish.asset_id))
            if answer and answer.status == 200:
                assert not wish.is_gone
                assert answer.data["title"] in wish.titles

    @rule(number=numbers, caller=callers, trouble=troubles)
    def rename(self, number: int, caller: str, trouble: Trouble) -> None:
        wish = self._asset(number)
        if wish:
            answer = self._call("update_asset", caller, trouble, id=wish.asset_id, json_body={"title": wish.retitled()})
            told = self._told(wish, caller, answer)
            if told is None:
                wish.titles |= {wish.retitled()} if caller in (wish.owner, ADMIN) else set()
            elif told.status == 200:
                wish.titles = {wish.retitled()}

    @rule(number=numbers, caller=callers, trouble=troubles)
    def publish(self, number: int, caller: str, trouble: Trouble) -> None:
        wish = self._asset(number)
        if wish:
            self._call("playback_ids:POST", caller, None, id=wish.asset_id, json_body={"policy": "public"})
            answer = self._call("update_asset", caller, trouble, id=wish.asset_id, json_body={"visibility": "public"})
            told = self._told(wish, caller, answer)
            if told is None:
                wish.visibilities |= {"public"} if caller in (wish.owner, ADMIN) else set()
            elif told.status == 200:
                wish.visibilities = {"public"}

    @rule(number=numbers, caller=callers, trouble=troubles)
    def delete(self, number: int, caller: str, trouble: Trouble) -> None:
        wish = self._asset(number)
        if wish:
            answer = self._call("delete_asset", caller, trouble, id=wish.asset_id)
            told = self._told(wish, caller, answer)
            if told:
                self._note_deletion(wish, told)
            elif caller in (wish.owner, ADMIN):
                wish.deletion = wish.deletion or "tried"

    @rule(number=numbers, function=st.sampled_from(["get_asset", "update_asset", "delete_asset"]), owner=owners)
    def try_what_is_nobody_s_here(self, number: int, function: str, owner: str) -> None:
        asset_id = sorted(self.strangers)[number % len(self.strangers)]
        answer = self._call(function, owner, None, id=asset_id, json_body={"title": "mine"})
        assert answer
        assert answer.status == 404

    # Mux

    @rule(number=numbers, keep=st.booleans(), trouble=troubles)
    def event_arrives(self, number: int, keep: bool, trouble: Trouble) -> None:
        """And stays where it is if it is to come again, or was not acknowledged."""
        if self.to_tell:
            place = number % len(self.to_tell)
            event = self.to_tell.pop(place)
            answer = self._deliver(event, trouble)
            if keep or answer is None or answer.status >= 300:
                self.to_tell.insert(place, event)

    @rule(number=numbers)
    def event_is_lost(self, number: int) -> None:
        if self.to_tell:
            self.to_tell.pop(number % len(self.to_tell))

    @rule(number=numbers)
    def asset_is_removed_elsewhere(self, number: int) -> None:
        at_mux = {asset["id"] for asset in self.world.mux_assets()} if self.calm else set()
        wish = self._one([wish for wish in self.wishes if wish.asset_id in at_mux], number)
        if wish:
            self.world.mux.delete_asset(wish.asset_id)
            wish.removed_elsewhere = True

    @rule(weather=weathers)
    def weather_changes(self, weather: Json) -> None:
        self.world.mux.set_faults({"api": weather} if weather else {})
        self.calm = not weather

    # Time

    @rule(seconds=st.sampled_from([1, 1, 30, 61, 400, 1900, 4000, 25 * 3600]))
    def time_passes(self, seconds: int) -> None:
        self._time_passes(seconds)

    @rule(trouble=troubles)
    def cleanup_runs(self, trouble: Trouble) -> None:
        self._run("cleanup", self.world.schedule, trouble)

    @rule(trouble=troubles)
    def walk_goes_on(self, trouble: Trouble) -> None:
        self._run("reconcile", self.world.reconcile, trouble)

    # What always holds

    @invariant()
    def nobody_sees_what_is_not_theirs_or_gone(self) -> None:
        for owner in OWNERS:
            answer = self.world.call("list_assets", owner=owner, query="limit=100")
            self.wishes.look_at_list(owner, answer.data)
            assert "/upload/" not in str(answer.body)
        everything = self.world.call("list_assets", owner=ADMIN, groups="[admin]", query="scope=all&limit=100").data
        gone = {wish.asset_id for wish in self.wishes if wish.is_gone}
        assert not gone & {asset["id"] for asset in everything}
        assert self.wishes.wrong == []

    @invariant()
    def no_secret_is_told(self) -> None:
        assert leaks(self.output.take()) == []

    def teardown(self) -> None:
        """In the end all must be as it was told; unless something was found wrong before."""
        if sys.exception() is None:
            self._recover()
            wrong = judged(self.world, self.wishes, self.strangers)
            assert {kind: found for kind, found in wrong.items() if found} == {}

    # How it is done

    def _recover(self) -> None:
        """Faults end, callers repeat what they have no answer to, the schedules run."""
        self.world.mux.set_faults({})
        for wish in self.wishes:
            self._ask_until_answered(wish)
        for _ in range(2):
            self._time_passes(CALM_SECONDS)
            if not self.deaf:
                for event in self.to_tell:
                    assert self.world.deliver(event).status == 200
                self.to_tell.clear()
            self.world.schedule()
        report = self.world.reconcile({"restart": True})
        while report.get("phase") != "done":
            self._time_passes(900)
            report = self.world.reconcile()

    def _ask(
        self, wish: Wish, request: Request, trouble: Trouble, *, meanwhile: Callable[[], object] | None = None
    ) -> None:
        self.requests[wish.number] = request
        answer = self._call(
            request.function,
            wish.owner,
            trouble,
            meanwhile=meanwhile,
            json_body=request.body,
            headers=_headers(request.key),
        )
        if answer and answer.status < 500:
            self._note_answer(wish, request, answer)

    def _note_answer(self, wish: Wish, request: Request, answer: Answer) -> None:
        if answer.status == 409:
            assert request.function == "create_asset"
            assert wish.deletion or wish.removed_elsewhere
            return
        assert answer.status == 201, answer
        made = answer.data["id"]
        known = wish.upload_id if request.function == "create_upload" else wish.asset_id
        assert known in ("", made), "one request made two"
        if request.function == "create_upload":
            wish.upload_id = made
            if "url" in answer.data and not wish.kept:
                self.urls[wish.number] = answer.data["url"]
        else:
            wish.asset_id, wish.kept = made, True

    def _ask_until_answered(self, wish: Wish) -> None:
        request = self.requests[wish.number]
        if not request.is_repeatable or wish.upload_id or wish.asset_id:
            return
        for _ in range(PATIENCE):
            answer = self._call(
                request.function, wish.owner, None, json_body=request.body, headers=_headers(request.key)
            )
            assert answer
            if answer.status < 500:
                self._note_answer(wish, request, answer)
                return
            self._time_passes(int(answer.headers["retry-after"]))
        raise AssertionError(f"never answered: {wish}")

    def _note_deletion(self, wish: Wish, answer: Answer) -> None:
        assert answer.status in (202, 204, 404), answer
        if answer.status == 204:
            wish.deletion = "done"
        elif answer.status == 202:
            assert not wish.is_gone
            wish.deletion = "promised"

    def _told(self, wish: Wish, caller: str, answer: Answer | None) -> Answer | None:
        """The answer, if it says something; to who is neither owner nor administrator it must not."""
        if answer is None or answer.status >= 500:
            return None
        if caller not in (wish.owner, ADMIN):
            assert answer.status == 404
            return None
        return answer

    def _call(
        self,
        function: str,
        caller: str,
        trouble: Trouble,
        *,
        meanwhile: Callable[[], object] | None = None,
        **request: Any,
    ) -> Answer | None:
        groups = "[admin]" if caller == ADMIN else ""
        return self._disturbed(
            lambda: self.world.call(function, owner=caller, groups=groups, **request), trouble, meanwhile
        )

    def _deliver(self, event: Json, trouble: Trouble) -> Answer | None:
        return self._disturbed(lambda: self.world.handle("webhook_receiver", delivery(event)), trouble)

    def _run(self, function: str, start: Callable[[], Json], trouble: Trouble) -> None:
        def run() -> None:
            try:
                start()
            except LifecycleError:
                """The alarm rings, and the next run comes anyway."""

        self._disturbed(run, trouble)

    def _disturbed[Result](
        self, act: Callable[[], Result], trouble: Trouble, meanwhile: Callable[[], object] | None = None
    ) -> Result | None:
        """What `act` returns, with `trouble` in it; None when its function died."""
        self.world.advance(0.15)
        fault, at = None, -1
        if trouble:
            name, at = trouble
            fault = FAULTS.get(name) or self._meanwhile(meanwhile or self._next_event)
        try:
            with self.calls.meeting(fault, at=at):
                result = act()
        except Killed:
            self.world.cold_start()
            return None
        finally:
            self._collect()
        status = getattr(result, "status", 200)
        assert status < 500 or status in (502, 503), result
        return result

    def _meanwhile(self, other: Callable[[], object]) -> Fault:
        """One call is overtaken by something else, which nothing disturbs."""

        def overtaken(do: Do) -> Any:
            counted, self.calls.__dict__ = self.calls.__dict__, vars(ExternalCalls())
            try:
                other()
            except AssertionError as error:
                # Raised here, the function in whose midst this is would take it for a failure of its own.
                self.wishes.wrong.append(str(error))
            finally:
                self.calls.__dict__ = counted
            return do()

        return Fault(lambda _, do: overtaken(do), overtaken)

    def _next_event(self) -> None:
        if self.to_tell:
            self.world.deliver(self.to_tell[0])

    def _time_passes(self, seconds: float) -> None:
        self.world.advance(seconds)
        self._collect()

    def _collect(self) -> None:
        new = self.world.mux.events(self.happened)
        self.happened += len(new)
        self.to_tell += new

    def _asset(self, number: int) -> Wish | None:
        return self._one([wish for wish in self.wishes if wish.asset_id], number)

    @staticmethod
    def _one(wishes: list[Wish], number: int) -> Wish | None:
        return wishes[number % len(wishes)] if wishes else None

    @staticmethod
    def _key(wish: Wish, keyed: bool) -> str:
        return f"wish-{wish.number}" if keyed else ""


def _headers(key: str) -> dict[str, str]:
    return {"idempotency-key": key} if key else {}
