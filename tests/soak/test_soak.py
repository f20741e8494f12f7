"""A small soak, that its judgement can be a bad one, and the command that runs big ones."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import pytest

from local.mux import MuxEmulator
from tests.promises.verdict import KINDS, counted, judged, strangers
from tests.promises.wishes import Wish
from tests.soak import __main__ as command
from tests.soak.report import table
from tests.soak.soak import Result, soak, stack_in
from tests.soak.stack import Stack
from tests.world import ROOT

FAULTS: Final = (
    *("webhook dropped", "webhook duplicated", "webhook reordered", "webhook refused, repeated by Mux"),
    *("Mux: 429", "Mux: 5xx", "Mux: answer lost"),
    *("table throttled", "table answer lost", "table answer lost, repeated by the SDK"),
    *("killed before a call", "killed after a call", "overtaken"),
)


SEED: Final = "a small soak"
MORE_SEEDS: Final = ("a second small soak", "a third small soak", "a fourth small soak")


def test_under_all_faults_at_once_nothing_is_lost_and_nothing_doubled() -> None:
    """Which harm the faults of a seed do depends on how fast this machine is: one of several seeds has to do some."""
    harmless = []
    for seed in (SEED, *MORE_SEEDS):
        result = soak(40, seed)
        assert result.is_clean, table([result], wall_seconds=0)
        missing = [fault for fault in FAULTS if not result.injected[fault]]
        if not missing and result.stages[0].wrong > 0:
            return
        harmless.append((seed, missing, result.stages[0].wrong))
    pytest.fail(f"the faults did no harm: {harmless}")


@contextmanager
def _calm_stack(mux: MuxEmulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Stack, Wish]]:
    """With a wish in it that has come true."""
    with stack_in(mux, monkeypatch, SEED) as stack:
        stack.chaos.calm = stack.post.calm = True
        wish = stack.wishes.add("ada")
        body = {"input": "https://x.example.com/1.mp4", "title": wish.title}
        answer = stack.call("create_asset", owner="ada", json_body=body)
        assert answer
        wish.asset_id, wish.kept = answer.data["id"], True
        stack.world.advance(60)
        stack.run()
        assert counted(judged(stack.world, stack.wishes, {})).total() == 0
        yield stack, wish


def _forget_the_record(stack: Stack, wish: Wish) -> None:
    stack.world.replace_items([item for item in stack.world.items() if item["pk"]["S"] != f"ASSET#{wish.asset_id}"])


def _make_another(stack: Stack, wish: Wish) -> None:
    first = stack.world.mux_get(f"/video/v1/assets/{wish.asset_id}").json()["data"]
    body = {"inputs": [{"url": "https://x.example.com/1.mp4"}], "meta": first["meta"]}
    assert stack.world.mux_post("/video/v1/assets", body | {"passthrough": first["passthrough"]}).status_code == 201
    stack.run(until=0)


def _take_it_away(stack: Stack, wish: Wish) -> None:
    stack.world.mux.delete_asset(wish.asset_id)


def _call_it_something_else(stack: Stack, wish: Wish) -> None:
    answer = stack.call("update_asset", owner="ada", id=wish.asset_id, json_body={"title": f"{wish.title} or so"})
    assert answer
    assert answer.status == 200


def _leave_it_due(stack: Stack, wish: Wish) -> None:
    items = [item | {"due_at": {"N": "1"}} for item in stack.world.items()]
    stack.world.replace_items(items)


def _keep_it_for_all_that(stack: Stack, wish: Wish) -> None:
    wish.deletion = "done"


def _give_it_away(stack: Stack, wish: Wish) -> None:
    wish.owner = "eve"


def _crash(stack: Stack, wish: Wish) -> None:
    stack.world.put_secret("MuxTokenSecret", {})
    stack.world.cold_start()
    stack.call("input_info", owner="ada", id=wish.asset_id)


def _tell_a_secret(stack: Stack, wish: Wish) -> None:
    print("local-token-secret")
    stack.call("get_asset", owner="ada", id=wish.asset_id)


@pytest.mark.parametrize(
    ("kind", "harm"),
    [
        ("lost", _forget_the_record),
        ("lost", _take_it_away),
        ("ghost", _take_it_away),
        ("doubled", _make_another),
        ("differs", _call_it_something_else),
        ("pending", _leave_it_due),
        ("undeleted", _keep_it_for_all_that),
        ("foreign", _give_it_away),
        ("wrong", _crash),
        ("wrong", _tell_a_secret),
    ],
)
def test_what_is_wrong_is_found(
    kind: str, harm: Callable[[Stack, Wish], None], mux: MuxEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    with _calm_stack(mux, monkeypatch) as (stack, wish):
        harm(stack, wish)
        assert judged(stack.world, stack.wishes, {})[kind]


def test_a_stranger_that_was_touched_is_found(mux: MuxEmulator, monkeypatch: pytest.MonkeyPatch) -> None:
    with _calm_stack(mux, monkeypatch) as (stack, _):
        made = stack.world.mux_post("/video/v1/assets", {"inputs": [{"url": "https://x.example.com/1.mp4"}]})
        stack.world.advance(60)
        before = strangers(stack.world)
        assert judged(stack.world, stack.wishes, before)["foreign"] == []
        stack.world.mux.delete_asset(made.json()["data"]["id"])
        assert judged(stack.world, stack.wishes, before)["foreign"]


@pytest.mark.parametrize(("wrong", "code"), [({}, 0), ({"lost": ["asset 1"]}, 1)])
def test_the_exit_code_tells(
    wrong: dict[str, list[str]], code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    result = Result(lives=1, wrong={kind: wrong.get(kind, []) for kind in KINDS})
    monkeypatch.setattr(command, "soaked", lambda *_: [result])
    monkeypatch.setattr(sys, "argv", ["soak"])
    assert command.main() == code
    assert ("asset 1" in capsys.readouterr().out) == bool(code)


def test_the_command_soaks_several_worlds_at_a_time() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "tests.soak", "--lives", "2", "--processes", "2"],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT / "shared")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "2 lives in 2 worlds" in run.stdout
    assert "2 of 2 lives, 2 of 2 worlds judged" in run.stderr
