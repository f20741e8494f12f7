"""Functions in their workers: what they see, and what becomes of those that fail, hang, crash or change."""

from __future__ import annotations

import asyncio
import os
import time
from concurrent.futures import wait
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from local.host import CONCURRENCY, UnknownFunctionError
from local.worker import FunctionError

if TYPE_CHECKING:
    from tests.local.served import Gateway


def error_of(gateway: Gateway, do: str, **arguments: Any) -> dict[str, Any]:
    with pytest.raises(FunctionError) as caught:
        gateway.behave(do, **arguments)
    return caught.value.description


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_worker_is_initialised_once_and_kept(own_gateway: Gateway) -> None:
    first, second = own_gateway.behave("calls"), own_gateway.behave("calls")
    assert first["pid"] == second["pid"]
    assert second["calls"] == ["calls", "calls"]


def test_events_at_the_same_time_get_workers_of_their_own(own_gateway: Gateway) -> None:
    calls = [own_gateway.start("sleep", seconds=0.5) for _ in range(CONCURRENCY + 2)]
    wait(calls)
    assert [call.result() for call in calls] == ["slept"] * (CONCURRENCY + 2)
    pids = {own_gateway.start("calls") for _ in range(CONCURRENCY)}
    assert len({call.result()["pid"] for call in pids}) <= CONCURRENCY


def test_a_function_sees_its_own_environment_and_nothing_else(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_OF_THE_USER", "x")
    environment = gateway.behave("environment")
    assert environment["OWN"] == "1"
    assert environment["SHARED"] == "everywhere"
    assert environment["_HANDLER"] == "behave.handler"
    assert environment["AWS_LAMBDA_FUNCTION_NAME"] == "local-BehaveFunction"
    assert environment["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "256"
    assert environment["TZ"] == ":UTC"
    others = set(environment) - {"OWN", "SHARED"}
    allowed = ("AWS_", "LAMBDA_", "PYTHON", "LC_", "_X_AMZN_")
    assert {name for name in others if not name.startswith(allowed)} <= {
        "LANG",
        "LD_LIBRARY_PATH",
        "PATH",
        "TZ",
        "_HANDLER",
    }


def test_a_function_finds_its_code_and_layers_and_not_the_project(gateway: Gateway) -> None:
    path = gateway.behave("path")
    assert path[:2] == [str(gateway.folder / "functions"), str(gateway.folder / "layer")]
    assert str(Path(__file__).resolve().parents[2]) not in path


def test_the_context_is_lambdas(gateway: Gateway) -> None:
    names = [
        "aws_request_id",
        "function_name",
        "function_version",
        "invoked_function_arn",
        "log_group_name",
        "log_stream_name",
        "memory_limit_in_mb",
    ]
    context = gateway.behave("describe", names=names)
    assert context["function_name"] == "local-BehaveFunction"
    assert context["function_version"] == "$LATEST"
    assert context["invoked_function_arn"] == ("arn:aws:lambda:us-east-1:123456789012:function:local-BehaveFunction")
    assert context["log_group_name"] == "/aws/lambda/local-BehaveFunction"
    assert context["log_stream_name"].startswith("[$LATEST]")
    assert context["memory_limit_in_mb"] == "256"
    assert len(context["aws_request_id"]) == 36
    assert 0 < context["remaining"] <= 2000


def test_an_exception_is_the_answer_and_the_worker_goes_on(gateway: Gateway) -> None:
    before = gateway.behave("calls")["pid"]
    error = error_of(gateway, "fail", message="as told")
    assert (error["errorType"], error["errorMessage"]) == ("ValueError", "as told")
    assert any("behave.py" in line for line in error["stackTrace"])
    assert gateway.behave("calls")["pid"] == before


def test_a_result_that_is_no_json_is_an_error(gateway: Gateway) -> None:
    error = error_of(gateway, "unserialisable")
    assert error["errorType"] == "TypeError"


def test_a_result_may_have_six_megabytes(own_gateway: Gateway) -> None:
    assert len(own_gateway.behave("large", size=6_000_000)) == 6_000_000
    error = error_of(own_gateway, "large", size=6_300_000)
    assert error["errorType"] == "Function.ResponseSizeTooLarge"
    assert own_gateway.behave("calls")["calls"][-1] == "calls"


def test_a_crash_is_an_error_and_the_next_event_gets_a_new_worker(own_gateway: Gateway) -> None:
    before = own_gateway.behave("calls")["pid"]
    error = error_of(own_gateway, "leave")
    assert error["errorType"] == "Runtime.ExitError"
    assert error["errorMessage"].endswith("Runtime exited with error: exit status 3")
    after = own_gateway.behave("calls")
    assert after["pid"] != before
    assert after["calls"] == ["calls"]


def test_a_function_that_takes_too_long_is_ended(own_gateway: Gateway) -> None:
    pid = own_gateway.behave("calls")["pid"]
    before = time.monotonic()
    error = error_of(own_gateway, "sleep", seconds=60)
    assert error["errorType"] == "Sandbox.Timedout"
    assert error["errorMessage"].endswith("Task timed out after 2.00 seconds")
    assert 1.9 < time.monotonic() - before < 10
    assert not alive(pid)
    assert own_gateway.behave("calls")["pid"] != pid


def test_a_function_that_cannot_be_loaded_says_why(gateway: Gateway) -> None:
    with pytest.raises(FunctionError, match="No module named 'no_such_module'") as caught:
        gateway.invoke("BrokenFunction", {}).result()
    assert caught.value.description["errorType"] == "ModuleNotFoundError"


def test_an_unknown_function_is_refused(gateway: Gateway) -> None:
    with pytest.raises(UnknownFunctionError):
        gateway.invoke("NoFunction", {}).result()


def test_changed_code_is_used_by_the_next_event(own_gateway: Gateway) -> None:
    layer = own_gateway.folder / "layer" / "from_layer.py"
    first = own_gateway.behave("calls")
    assert first["layer"] == 1
    for value in (2, 3, 4):
        # The same size and, with luck, the same second: bytecode alone would not notice.
        layer.write_text(layer.read_text().replace(str(value - 1), str(value)))
        changed = own_gateway.behave("calls")
        assert changed["layer"] == value
        assert changed["calls"] == ["calls"]
    assert own_gateway.behave("calls")["pid"] == changed["pid"]


def test_broken_code_can_be_mended(own_gateway: Gateway) -> None:
    function = own_gateway.folder / "functions" / "behave.py"
    good = function.read_text()
    function.write_text("this is no Python")
    with pytest.raises(FunctionError, match="SyntaxError"):
        own_gateway.behave("calls")
    function.write_text(good)
    assert own_gateway.behave("calls")["calls"] == ["calls"]


def test_what_a_function_prints_is_in_its_log(own_gateway: Gateway) -> None:
    long = "x" * 200_000
    own_gateway.behave("say", text=f"one\ntwo {long}")
    error_of(own_gateway, "fail", message="three")
    error_of(own_gateway, "leave")
    log = own_gateway.logs.path("BehaveFunction").read_text()
    assert log.startswith(f"one\ntwo {long}\n")
    assert "ValueError: three" in log
    assert "exit status 3" in log


def test_a_function_lives_ahead_of_the_wall_clock(own_gateway: Gateway) -> None:
    before = time.time()
    here = own_gateway.behave("now")
    assert before <= here["time"] <= time.time()

    own_gateway.offset = 7200.0
    later = own_gateway.behave("now")
    assert before + 7200 <= later["time"] <= time.time() + 7200
    assert later["utc"] == pytest.approx(later["time"], abs=1)
    assert later["started"] == here["started"]
    assert later["timer"] is True
    assert 0 < later["remaining"] <= 2000

    own_gateway.offset = 0.0
    assert own_gateway.behave("now")["time"] <= time.time()


def test_shutting_down_leaves_no_process(own_gateway: Gateway) -> None:
    pid = own_gateway.behave("calls")["pid"]
    assert alive(pid)
    assert own_gateway.loop is not None
    assert own_gateway.host is not None
    asyncio.run_coroutine_threadsafe(own_gateway.host.stop(), own_gateway.loop).result()
    assert not alive(pid)
