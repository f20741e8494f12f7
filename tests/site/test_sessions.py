"""Sessions of the site: tokens that are renewed, rotated and revoked, several tabs, and issuers that are refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

import pytest
import requests
from playwright.sync_api import expect

from local.refresh_tokens import RefreshTokens

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from local.embedded import LocalStack
    from tests.site.visitor import Visitor

    NewVisitor = Callable[..., Visitor]

EXPIRE = """(token) => {
    sessionStorage.session = JSON.stringify({...JSON.parse(sessionStorage.session), token, expires: 0});
}"""


@pytest.fixture
def strict(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refresh tokens are good for one use, without any grace."""
    rotate = RefreshTokens.rotate

    def rotated(self: RefreshTokens, token: str) -> tuple[str, str] | None:
        self.grace_seconds = 0
        return rotate(self, token)

    monkeypatch.setattr(RefreshTokens, "rotate", rotated)


def expire(stack: LocalStack, page: Page) -> None:
    page.evaluate(EXPIRE, stack.token("alice", ttl_seconds=-60))


def refresh_token(page: Page) -> str:
    return str(page.evaluate("() => JSON.parse(sessionStorage.session).refresh"))


def refreshed(stack: LocalStack, token: str) -> int:
    form = {"grant_type": "refresh_token", "client_id": "local-client", "refresh_token": token}
    return requests.post(f"{stack.api_url}/_local/oauth/token", data=form, timeout=30).status_code


def is_signed_in(page: Page) -> None:
    page.wait_for_function("() => JSON.parse(sessionStorage.session ?? '{}').expires > 0")
    expect(page.get_by_role("heading", name="Your videos")).to_be_visible()
    expect(page.locator("#videos")).not_to_have_attribute("aria-busy", "true")
    expect(page.locator("#notices .notice")).to_have_count(0)


def test_each_renewal_brings_a_new_refresh_token_and_the_page_keeps_it(
    visitor: NewVisitor, stack: LocalStack, strict: None
) -> None:
    alice = visitor()
    alice.sign_in("Alice Archer")
    used = [refresh_token(alice.page)]
    for _ in range(2):
        expire(stack, alice.page)
        alice.page.reload()
        is_signed_in(alice.page)
        used.append(refresh_token(alice.page))
    assert len(set(used)) == 3
    assert [refreshed(stack, token) for token in used] == [400, 400, 200]


def test_an_answer_without_a_refresh_token_leaves_the_old_one(visitor: NewVisitor, stack: LocalStack) -> None:
    alice = visitor()
    alice.sign_in("Alice Archer")
    kept = refresh_token(alice.page)
    token = stack.token("alice")
    answer = {"token_type": "Bearer", "expires_in": 3600, "id_token": token, "access_token": token}
    alice.answered("/_local/oauth/token", 200, answer)
    expire(stack, alice.page)
    alice.page.reload()
    is_signed_in(alice.page)
    assert alice.page.evaluate("() => JSON.parse(sessionStorage.session).token") == token
    assert refresh_token(alice.page) == kept


def test_two_tabs_of_one_session_renew_it_at_once_and_both_stay_signed_in(
    visitor: NewVisitor, stack: LocalStack, strict: None
) -> None:
    alice = visitor()
    alice.sign_in("Alice Archer")
    other = alice.second_tab()
    is_signed_in(other)
    for _ in range(3):
        for page in (alice.page, other):
            expire(stack, page)
        for page in (alice.page, other):
            page.evaluate("() => void setTimeout(() => location.reload())")
        for page in (alice.page, other):
            is_signed_in(page)
        assert refresh_token(alice.page) == refresh_token(other)


def test_signing_out_revokes_the_refresh_token(visitor: NewVisitor, stack: LocalStack) -> None:
    alice = visitor()
    alice.sign_in("Alice Archer")
    token = refresh_token(alice.page)
    alice.page.get_by_role("button", name="Sign out").click()
    expect(alice.page.get_by_role("button", name="Sign in")).to_be_visible()
    assert "session" not in alice.stored()["session"]
    assert refreshed(stack, token) == 400


@pytest.mark.parametrize("path", ["/_local/oauth/revoke", "/_local/.well-known/openid-configuration"])
def test_an_issuer_that_does_not_answer_keeps_nobody_signed_in(
    visitor: NewVisitor, stack: LocalStack, path: str
) -> None:
    alice = visitor()
    alice.sign_in("Alice Archer")
    alice.page.reload()
    is_signed_in(alice.page)
    alice.page.route(stack.api_url + path, lambda _: None)
    alice.page.get_by_role("button", name="Sign out").click()
    expect(alice.page.get_by_role("button", name="Sign in")).to_be_visible()
    assert "session" not in alice.stored()["session"]


def test_tokens_that_arrive_after_signing_out_are_kept_by_nobody(visitor: NewVisitor, stack: LocalStack) -> None:
    alice = visitor()
    alice.sign_in("Alice Archer")
    alice.page.route("**/logout?**", lambda route: route.fulfill(status=204))
    held: list[Any] = []

    def hold(route: Any) -> None:
        held.append(route)

    alice.page.route("**/oauth/token", hold)
    expire(stack, alice.page)
    alice.page.get_by_label("Show").evaluate("show => show.dispatchEvent(new Event('change'))")
    alice.until(lambda: bool(held))
    with alice.page.expect_request("**/logout?**"):
        alice.page.get_by_role("button", name="Sign out").click()
    with alice.page.expect_response("**/oauth/token"):
        held[0].continue_()
    expect(alice.page.locator("#videos")).not_to_have_attribute("aria-busy", "true")
    assert "session" not in alice.stored()["session"]


@pytest.mark.parametrize("named", ["https://evil.example", None])
def test_a_service_that_calls_itself_otherwise_signs_nobody_in(
    visitor: NewVisitor, stack: LocalStack, named: str | None
) -> None:
    one = visitor()
    one.open()
    document = requests.get(f"{stack.api_url}/_local/.well-known/openid-configuration", timeout=30).json()
    document["issuer"] = named
    one.answered("/_local/.well-known/openid-configuration", 200, document)
    one.page.get_by_role("button", name="Sign in").click()
    expect(one.notice(f"calls itself {named or 'nothing at all'}, but this site trusts")).to_be_visible()
    assert one.page.url == f"{stack.site_url}/"


@pytest.mark.parametrize("issuer", ["https://evil.example", None])
def test_an_answer_that_names_another_issuer_signs_nobody_in(
    visitor: NewVisitor, stack: LocalStack, issuer: str | None
) -> None:
    one = visitor()
    one.open()
    exchanged: list[str] = []
    one.page.on("request", lambda request: exchanged.append(request.url) if "/oauth/token" in request.url else None)
    one.page.get_by_role("button", name="Sign in").click()
    link = one.page.get_by_role("link", name="Alice Archer").get_attribute("href")
    back = requests.get(urljoin(one.page.url, link or ""), allow_redirects=False, timeout=30).headers["Location"]
    query = {name: values[0] for name, values in parse_qs(urlsplit(back).query).items()} | {"iss": issuer}
    said = urlencode({name: value for name, value in query.items() if value is not None})
    one.page.goto(f"{stack.site_url}/?{said}")
    expect(one.notice("but this site trusts")).to_be_visible()
    assert "session" not in one.stored()["session"]
    assert exchanged == []
