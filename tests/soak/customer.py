"""A customer with a browser: asks for a video to be kept, repeats what was not answered, changes it, takes it back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from local.mux import MuxError, sample_mp4

if TYPE_CHECKING:
    from collections.abc import Generator
    from random import Random

    from tests.promises.wishes import Wish
    from tests.soak.stack import Stack
    from tests.world import Answer, Json

type Steps[Result] = Generator[float, None, Result]
"""Yields the seconds until the next step."""

_FILM: Final = sample_mp4()
_NO_FILM: Final = b"this is a text\n" * 20
_PATIENCE: Final = 9
_LOOKS: Final = (2, 5, 15, 60, 300, 900, 1900, 1900)
_PLANS: Final = {
    "upload": 55,
    "upload that is no video": 5,
    "upload that never begins": 8,
    "upload that is cancelled": 7,
    "asset from a URL": 20,
    "asset from a URL that cannot be read": 5,
}


@dataclass(frozen=True)
class Habits:
    """Shares of customers, or of what they do."""

    impatient: float = 0.1
    keyless: float = 0.1
    twice_at_once: float = 0.15
    rename: float = 0.4
    publish: float = 0.25
    caption: float = 0.2
    look_at_list: float = 0.3
    delete: float = 0.35
    delete_at_once: float = 0.05
    remove_elsewhere: float = 0.03
    pry: float = 0.1


class Customer:
    """One life of a wish. `strangers` are ids of assets that are nobody's here."""

    def __init__(self, stack: Stack, wish: Wish, chance: Random, strangers: list[str]) -> None:
        self._stack = stack
        self._wish = wish
        self._chance = chance
        self._strangers = strangers
        self._habits = Habits()
        self.plan = chance.choices(list(_PLANS), weights=list(_PLANS.values()))[0]
        self._tries = 1 if self._does("impatient") else _PATIENCE
        self._policy = "public" if chance.random() < 0.3 else "signed"

    def life(self) -> Steps[None]:
        """From the first request to the last."""
        yield from self._upload() if self.plan.startswith("upload") else self._asset()
        wish = self._wish
        if not wish.asset_id:
            return
        if not self._does("delete_at_once"):
            shown = yield from self._awaited_asset()
            if shown and shown["status"] == "ready":
                yield from self._changes()
            if self._does("pry"):
                self._pry()
            if self._does("remove_elsewhere"):
                self._remove_elsewhere()
                return
            if not self._does("delete"):
                return
        yield from self._deletion()

    def _upload(self) -> Steps[None]:
        wish = self._wish
        body = {"title": wish.title, "playback_policy": self._policy}
        answer = yield from self._created("create_upload", body)
        if answer is None or "url" not in answer.data:
            return
        wish.upload_id = answer.data["id"]
        if self.plan == "upload that never begins":
            return
        if self.plan == "upload that is cancelled":
            yield self._some(60)
            answer = yield from self._patiently("cancel_upload", id=wish.upload_id)
            wish.cancelled = answer is not None and answer.status == 204
            return
        yield self._some(60)
        content = _NO_FILM if self.plan == "upload that is no video" else _FILM
        wish.kept = self._stack.send_file(answer.data["url"], content)
        if wish.kept:
            yield from self._awaited_upload()

    def _awaited_upload(self) -> Steps[None]:
        """Ask until the upload says which asset it has become."""
        for wait in _LOOKS:
            yield wait
            answer = self._call("get_upload", id=self._wish.upload_id)
            if answer and answer.status == 200 and "asset_id" in answer.data:
                self._wish.asset_id = answer.data["asset_id"]
                return
            if answer and answer.status == 404:
                self._wrong(f"upload {self._wish.upload_id} was answered and is not known")

    def _asset(self) -> Steps[None]:
        wish = self._wish
        host = "nowhere.invalid" if self.plan == "asset from a URL that cannot be read" else "storage.example.com"
        body = {
            "input": f"https://{host}/{wish.number}.mp4",
            "title": wish.title,
            "playback_policy": self._policy,
        }
        answer = yield from self._created("create_asset", body)
        if answer:
            wish.asset_id, wish.kept = answer.data["id"], True

    def _created(self, function: str, body: Json) -> Steps[Answer | None]:
        """The answer to a request that makes something; who has no key does not repeat it."""
        keyless = self._does("keyless")
        tries = 1 if keyless else self._tries
        headers = {} if keyless else {"idempotency-key": f"wish-{self._wish.number}"}
        at_once: list[Answer | None] = []

        def again() -> None:
            at_once.append(self._call(function, json_body=body, headers=headers))

        twice = not keyless and self._does("twice_at_once")
        answer = yield from self._patiently(
            function, tries, meanwhile=again if twice else None, json_body=body, headers=headers
        )
        answers = [found for found in [answer, *at_once] if found and found.status == 201]
        if len({found.data["id"] for found in answers}) > 1:
            self._wrong(f"one request, sent twice, made two: {answers}")
        return answers[0] if answers else None

    def _awaited_asset(self) -> Steps[Json | None]:
        """The asset once its processing has ended; None when that was not to be seen."""
        for wait in _LOOKS:
            yield wait
            shown = self._shown()
            if shown and shown["status"] in ("ready", "errored"):
                return shown
        return None

    def _changes(self) -> Steps[None]:
        if self._does("rename"):
            yield from self._rename()
        if self._does("publish"):
            yield from self._publish()
        if self._does("caption"):
            yield from self._caption()
        if self._does("look_at_list"):
            yield from self._patiently("list_assets", query="limit=100")

    def _rename(self) -> Steps[None]:
        wish = self._wish
        title = wish.retitled()
        wish.titles.add(title)
        yield self._some(30)
        answer = yield from self._patiently("update_asset", id=wish.asset_id, json_body={"title": title})
        if answer and answer.status == 200:
            wish.titles = {title}

    def _publish(self) -> Steps[None]:
        wish = self._wish
        wish.visibilities.add("public")
        answer = yield from self._patiently("update_asset", id=wish.asset_id, json_body={"visibility": "public"})
        if answer and answer.status == 200:
            wish.visibilities = {"public"}

    def _caption(self) -> Steps[None]:
        track = {"url": "https://storage.example.com/en.vtt", "type": "text", "language_code": "en"}
        yield from self._unless_there(
            "tracks:POST", track, lambda shown: any(entry["type"] == "text" for entry in shown.get("tracks", []))
        )

    def _unless_there(self, function: str, body: Json, is_there: Any) -> Steps[None]:
        """A request without a key: after one that was not answered, look before sending it again."""
        for _ in range(self._tries):
            answer = self._call(function, id=self._wish.asset_id, json_body=body)
            if answer and answer.status < 500:
                return
            yield 30 + self._some(30)
            shown = self._shown()
            if shown and is_there(shown):
                return

    def _deletion(self) -> Steps[None]:
        wish = self._wish
        wish.deletion = "tried"
        at_once: list[Answer | None] = []

        def again() -> None:
            at_once.append(self._call("delete_asset", id=wish.asset_id))

        twice = self._does("twice_at_once")
        answer = yield from self._patiently("delete_asset", meanwhile=again if twice else None, id=wish.asset_id)
        told = {found.status for found in [answer, *at_once] if found and found.status < 500}
        # 404 says little: who asks twice may hear of the first request's success, who is early of nothing yet.
        if told - {202, 204, 404}:
            self._wrong(f"asset {wish.asset_id} could not be deleted: {told}")
        wish.deletion = "done" if 204 in told else "promised" if 202 in told else "tried"
        if wish.is_gone and self._shown():
            self._wrong(f"asset {wish.asset_id} was answered to be gone and is still shown")

    def _remove_elsewhere(self) -> None:
        """In Mux's dashboard."""
        self._wish.removed_elsewhere = True
        try:
            self._stack.world.mux.delete_asset(self._wish.asset_id)
        except MuxError:
            self._wrong(f"asset {self._wish.asset_id} was gone already")

    def _pry(self) -> None:
        """Try what is somebody else's: it must look like nothing at all."""
        others = [wish.asset_id for wish in self._stack.wishes if wish.owner != self._wish.owner and wish.asset_id]
        asset_id = self._chance.choice(self._strangers + others)
        for function, body in (
            ("get_asset", None),
            ("update_asset", {"title": "mine"}),
            ("delete_asset", None),
            ("tracks:POST", {"url": "https://storage.example.com/en.vtt", "type": "text", "language_code": "en"}),
        ):
            answer = self._call(function, id=asset_id, json_body=body)
            if answer and answer.status not in (404, 502, 503):
                self._wrong(f"{self._wish.owner} was let at somebody else's asset {asset_id}: {answer}")

    def _shown(self) -> Json | None:
        answer = self._call("get_asset", id=self._wish.asset_id)
        return answer.data if answer and answer.status == 200 else None

    def _patiently(self, function: str, tries: int | None = None, **request: Any) -> Steps[Answer | None]:
        """Repeated until it is answered; None for who gave up before."""
        for number in range(tries or self._tries):
            answer = self._call(function, **request)
            request.pop("meanwhile", None)
            if answer and answer.status < 500:
                return answer
            told = int(answer.headers.get("retry-after", 1)) if answer else 1
            yield told + self._some(2.0**number)
        return None

    def _call(self, function: str, **request: Any) -> Answer | None:
        return self._stack.call(function, owner=self._wish.owner, **request)

    def _does(self, habit: str) -> bool:
        share: float = getattr(self._habits, habit)
        return self._chance.random() < share

    def _some(self, seconds: float) -> float:
        return self._chance.uniform(0.1, seconds)

    def _wrong(self, what: str) -> None:
        self._stack.wishes.wrong.append(what)
