"""An owner is a `sub` of one issuer: another issuer may give it to somebody else, so a change has to be meant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from tests.deployment.conftest import URL, Bench

if TYPE_CHECKING:
    from tests.deployment.cloudformation import Stack
    from tests.faults.sweep import ExternalCalls

ONE: Final = "https://one.example.com/"
TWO: Final = "https://two.example.com/"
KINDS: Final = ("automatic", "manual", "no token")


@pytest.fixture(params=KINDS)
def made(request: pytest.FixtureRequest, stack: Stack, bench: Bench) -> Stack:
    """A stack for the users of one issuer, whether or not it can ask Mux for anything."""
    if request.param == "no token":
        bench.world.put_secret("MuxTokenSecret", {})
    setup = "manual" if request.param == "manual" else "automatic"
    assert stack.create(WebhookUrl=URL, JwtIssuer=ONE, MuxSetup=setup)["Status"] == "SUCCESS"
    return stack


def test_another_issuer_fails_the_update_with_words(made: Stack, bench: Bench) -> None:
    before = bench.webhooks()
    for _ in range(2):
        answer = made.update(JwtIssuer=TWO)
        assert answer["Status"] == "FAILED"
        assert (
            f"users of the issuer {ONE}: whoever has the same sub at {TWO} would get their videos" in answer["Reason"]
        )
        assert "AcceptedJwtIssuerChange" in answer["Reason"]
    assert bench.webhooks() == before
    assert made.update(Release="2")["Status"] == "SUCCESS", "with the former issuer all goes on"


@pytest.mark.parametrize("accepted", ["", ONE, TWO.rstrip("/"), TWO.upper(), "https://three.example.com/", "user-pool"])
def test_only_the_new_issuers_own_name_accepts_it(stack: Stack, accepted: str) -> None:
    stack.create(WebhookUrl=URL, JwtIssuer=ONE)
    assert stack.update(JwtIssuer=TWO, AcceptedJwtIssuerChange=accepted)["Status"] == "FAILED"


def test_an_accepted_change_holds_until_the_next_one(made: Stack) -> None:
    assert made.update(JwtIssuer=TWO, AcceptedJwtIssuerChange=TWO)["Status"] == "SUCCESS"
    assert made.update(Release="2")["Status"] == "SUCCESS"
    answer = made.update(JwtIssuer="https://three.example.com/")
    assert answer["Status"] == "FAILED"
    assert f"users of the issuer {TWO}" in answer["Reason"]
    assert made.update(JwtIssuer=ONE)["Status"] == "FAILED", "nor is the way back open"
    assert made.update(JwtIssuer=ONE, AcceptedJwtIssuerChange=ONE)["Status"] == "SUCCESS"


def test_a_change_that_is_rolled_back_leaves_the_former_issuer(made: Stack) -> None:
    assert made.update(JwtIssuer=TWO, AcceptedJwtIssuerChange=TWO, fails_later=True)["Status"] == "SUCCESS"
    assert made.update(Release="2")["Status"] == "SUCCESS"
    assert made.update(JwtIssuer=TWO)["Status"] == "FAILED", "what was taken back was never accepted"
    assert made.update(JwtIssuer=TWO, AcceptedJwtIssuerChange=TWO)["Status"] == "SUCCESS"


def test_a_refused_issuer_asks_nobody_at_mux(stack: Stack, calls: ExternalCalls) -> None:
    stack.create(WebhookUrl=URL, JwtIssuer=ONE)
    with calls.meeting():
        stack.update(JwtIssuer=TWO)
    asked = calls.names[: calls.names.index("PUT /answers")]
    assert not [name for name in asked if name.startswith(("GET /", "POST /", "PATCH /", "DELETE /"))]


def test_a_stack_of_an_earlier_release_keeps_the_issuer_that_it_is_updated_with(stack: Stack) -> None:
    """It has not told which one it had."""
    stack.create(WebhookUrl=URL)
    assert stack.update(JwtIssuer=ONE)["Status"] == "SUCCESS"
    assert stack.update(JwtIssuer=TWO)["Status"] == "FAILED"


def test_a_stack_that_is_made_again_may_have_another_issuer(stack: Stack) -> None:
    stack.create(WebhookUrl=URL, JwtIssuer=ONE)
    stack.delete()
    stack.physical_id = ""
    assert stack.create(WebhookUrl=URL, JwtIssuer=TWO)["Status"] == "SUCCESS"
