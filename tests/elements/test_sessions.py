"""Signing in and out with <video-account> at issuers as they differ, and what keeps a session alive or ends it."""

from __future__ import annotations

import base64
import json
import re
import time
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
import requests
from playwright.sync_api import expect

from tests.elements.issuer import (
    AUTH0,
    CLIENT,
    COGNITO,
    DISCOVERY,
    ENTRA,
    GOOGLE,
    KEYCLOAK,
    LOGOUT,
    OKTA,
    PLAIN,
    REVOKE,
    TOKEN,
    Issuer,
    Kind,
)
from tests.elements.pages import INSECURE, Pages

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, BrowserContext, Dialog, Locator, Page, Route

    from local.embedded import LocalStack

    Begin = Callable[..., "Visit"]

PATIENCE = 20
SCOPE = "openid profile email offline_access"
JWT = re.compile(r"eyJ[\w-]+\.eyJ[\w-]+")
ACCOUNT = "document.querySelector('video-account')"
NO_LOCKS = "Object.defineProperty(Navigator.prototype, 'locks', {value: undefined})"
CALL = f"""() => {ACCOUNT}.service.api.get("/videos", {{patience: 0}}).then(({{data}}) => data, ({{kind}}) => kind)"""


def page_with(trusted: str, **attributes: str) -> str:
    """A page with nothing but the sign-in; attributes may change it."""
    usual = {"api": "/api", "issuer": trusted, "client-id": CLIENT, "scope": SCOPE}
    named = {name.replace("_", "-"): value for name, value in attributes.items()}
    said = " ".join(f'{name}="{value}"' for name, value in (usual | named).items())
    return f"""<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Site</title>
<script type="module" src="/elements/index.js"></script></head>
<body><video-account {said}></video-account><p id="content">Kept</p></body></html>"""


@dataclass
class Tab:
    page: Page

    @property
    def state(self) -> str:
        return str(self.page.evaluate(f"() => {ACCOUNT}.state"))

    @property
    def tokens(self) -> Any:
        """What this tab keeps."""
        script = """() => {
          const key = Object.keys(sessionStorage).find((key) => JSON.parse(sessionStorage[key])?.token);
          return key ? JSON.parse(sessionStorage[key]) : null;
        }"""
        return self.page.evaluate(script)

    def is_in_state(self, state: str) -> None:
        self.page.wait_for_function(f"() => {ACCOUNT}?.state === {json.dumps(state)}", timeout=PATIENCE * 1000)

    def call(self) -> str:
        """What an element hears from the API: "good", or the kind of its failure."""
        return str(self.page.evaluate(CALL))

    @property
    def sign_in_button(self) -> Locator:
        return self.page.get_by_role("button", name=re.compile("^Sign in"))

    @property
    def name(self) -> Locator:
        return self.page.get_by_role("button", name=re.compile("^Account of"))

    def sign_in(self) -> None:
        self.sign_in_button.click()
        self.is_in_state("signed-in")

    def sign_out(self) -> None:
        if self.name.get_attribute("aria-expanded") != "true":
            self.name.click()
        self.page.get_by_role("button", name="Sign out").click()

    def says(self, text: str) -> None:
        expect(self.page.get_by_role("alert")).to_contain_text(text, timeout=PATIENCE * 1000)


@dataclass
class Visit:
    """A browser profile at a site with an issuer."""

    issuer: Issuer
    site: Pages
    context: BrowserContext

    def tab(self, path: str = "/") -> Tab:
        page = self.context.new_page()
        page.set_default_timeout(PATIENCE * 1000)
        page.goto(self.site.url + path)
        return Tab(page)

    def later(self, seconds: float) -> None:
        """Time passes for everybody."""
        self.issuer.ahead += seconds
        self.context.clock.fast_forward(int(seconds * 1000))

    def until(self, holds: Callable[[], bool]) -> None:
        limit = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < limit, "it did not happen in time"
            self.context.pages[0].wait_for_timeout(50)


@pytest.fixture
def begin(elements: None, chromium: Browser) -> Iterator[Begin]:
    """Begins a visit to a page with `attributes` whose issuer is of a kind."""
    with ExitStack() as ends:

        def visit(
            kind: Kind = COGNITO, *, life: int = 3600, page: str = "/", init: str = "", **attributes: str
        ) -> Visit:
            issuer = ends.enter_context(Issuer(kind, life=life))
            pages = {page: page_with(issuer.name, **attributes)}
            site = ends.enter_context(Pages(pages, takes=lambda claims: float(claims["exp"]) > issuer.now()))
            context = chromium.new_context(locale="en-GB")
            ends.callback(context.close)
            context.clock.install()
            if init:
                context.add_init_script(init)
            return Visit(issuer, site, context)

        yield visit


def exposed(visit: Visit, tab: Tab) -> list[str]:
    """Where a token is that must be nowhere but in sessionStorage and in requests."""
    found = [f"cookie {cookie}" for cookie in visit.context.cookies() if JWT.search(str(cookie))]
    if JWT.search(tab.page.evaluate("() => JSON.stringify({...localStorage})")):
        found.append("localStorage")
    return found + [f"address {page.url}" for page in visit.context.pages if JWT.search(page.url)]


@pytest.mark.parametrize("kind", [COGNITO, AUTH0, OKTA, ENTRA, KEYCLOAK], ids=lambda kind: kind.name)
def test_a_visitor_signs_in_stays_signed_in_and_signs_out_at_every_kind_of_issuer(begin: Begin, kind: Kind) -> None:
    visit = begin(kind)
    tab = visit.tab("/?lang=en#/video/7")
    expect(tab.sign_in_button).to_be_visible()
    tab.sign_in()
    assert tab.page.url == f"{visit.site.url}/?lang=en#/video/7"
    expect(tab.name).to_contain_text("Alice Archer")
    assert tab.call() == "good"
    first = tab.tokens["token"]
    visit.later(visit.issuer.life + 1)
    assert tab.call() == "good"
    assert tab.tokens["token"] != first
    tab.page.reload()
    tab.is_in_state("signed-in")
    other = visit.tab()
    other.is_in_state("signed-in")
    assert other.call() == "good"
    assert exposed(visit, tab) == []
    tab.sign_out()
    tab.is_in_state("signed-out")
    assert tab.page.url == f"{visit.site.url}/"
    other.is_in_state("signed-out")
    assert (tab.tokens, other.tokens) == (None, None)
    assert other.call() == "signed-out"
    if kind.revokes:
        visit.until(lambda: not visit.issuer.sessions[0].open)


def test_a_client_that_needs_a_secret_signs_nobody_in_and_the_page_says_so(begin: Begin) -> None:
    visit = begin(GOOGLE)
    tab = visit.tab()
    tab.sign_in_button.click()
    tab.says("does not accept this site")
    assert tab.state == "signed-out"
    assert tab.page.url == f"{visit.site.url}/"
    expect(tab.page.get_by_role("button", name="Try again")).to_have_count(0)


# Addresses and settings


@pytest.mark.parametrize("form", ["{}", "{}/", "  {}  ", "{}//", "{}/ "])
def test_an_issuer_is_the_same_with_and_without_slash_and_blanks(begin: Begin, form: str) -> None:
    visit = begin(AUTH0)
    visit.site.pages["/"] = page_with(form.format(visit.issuer.url))
    visit.tab().sign_in()


@pytest.mark.parametrize(
    ("attributes", "named"),
    [
        ({"issuer": "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_EXAMPLE"}, "issuer"),
        ({"issuer": "http://sign-in.example.com"}, "issuer"),
        ({"issuer": "sign-in.example.com:x://"}, "issuer"),
        ({"client_id": "EXAMPLE"}, "clientId"),
        ({"scope": "email"}, "scope"),
        ({"token_use": "id"}, "tokenUse"),
        ({"redirect_uri": "https://elsewhere.example/"}, "redirectUri"),
        ({"post_logout_redirect_uri": "https://elsewhere.example/"}, "postLogoutRedirectUri"),
    ],
)
def test_a_wrong_setting_is_named_in_the_console_at_the_start_and_the_visitor_gets_a_sentence(
    begin: Begin, attributes: dict[str, str], named: str
) -> None:
    visit = begin()
    visit.site.pages["/"] = page_with(visit.issuer.name, **attributes)
    page = visit.context.new_page()
    told: list[str] = []
    page.on("console", lambda message: told.append(message.text))
    page.goto(visit.site.url)
    Tab(page).says("not set up correctly")
    assert any(line.startswith(f"<video-account>: {named} ") for line in told)
    assert page.evaluate(CALL) == "signed-out"


def test_a_page_that_sets_no_issuer_says_so_and_keeps_nobody_waiting(begin: Begin) -> None:
    visit = begin()
    visit.site.pages["/"] = page_with("")
    tab = visit.tab()
    visit.later(11)
    tab.says("not set up correctly")
    assert tab.call() == "signed-out"


def test_an_address_that_is_not_secure_is_named_as_the_cause(begin: Begin) -> None:
    visit = begin()
    visit.site.url = f"http://{INSECURE}:{visit.site.port}"
    tab = visit.tab()
    assert tab.page.evaluate("() => isSecureContext") is False
    tab.sign_in_button.click()
    tab.says("address that is not secure")


def test_properties_set_by_a_script_after_the_element_is_there_work_as_attributes_do(begin: Begin) -> None:
    visit = begin()
    visit.site.pages["/"] = page_with("", scope="").replace(f'client-id="{CLIENT}"', "")
    tab = visit.tab()
    assert tab.state == "starting"
    script = f"""([issuer, client]) => {{
      {ACCOUNT}.clientId = client;
      {ACCOUNT}.issuer = issuer;
    }}"""
    tab.page.evaluate(script, [visit.issuer.name, CLIENT])
    tab.is_in_state("signed-out")


@pytest.mark.parametrize("use", ["id_token", "access_token"])
def test_the_api_gets_the_kind_of_token_that_is_asked_for(begin: Begin, use: str) -> None:
    visit = begin(token_use=use)
    tab = visit.tab()
    tab.sign_in()
    assert tab.call() == "good"
    scopes = json.loads(_decoded(visit.site.tokens[-1])).get("scope")
    assert (scopes is not None) == (use == "access_token")


def test_a_redirect_to_a_file_serves_hosts_that_refuse_folders(begin: Begin) -> None:
    visit = begin(page="/videos/index.html", redirect_uri="/videos/index.html")
    tab = visit.tab("/videos/index.html#/gallery")
    tab.sign_in()
    assert tab.page.url == f"{visit.site.url}/videos/index.html#/gallery"
    assert visit.issuer.asked("/authorize")[0]["redirect_uri"] == f"{visit.site.url}/videos/index.html"


def test_a_visitor_who_signs_in_on_another_page_than_the_redirect_is_back_on_that_page(begin: Begin) -> None:
    visit = begin()
    visit.site.pages["/about/us.html"] = page_with(visit.issuer.name, redirect_uri="/")
    tab = visit.tab("/about/us.html?a=1#team")
    # It is there already: what counts is that the sign-in leads here again.
    with tab.page.expect_navigation(url="**/about/us.html?a=1#team"):
        tab.sign_in_button.click()
    tab.is_in_state("signed-in")


def test_a_blocked_issuer_is_told_apart_from_one_that_cannot_be_reached(begin: Begin) -> None:
    visit = begin()
    visit.site.headers["Content-Security-Policy"] = "connect-src 'self'"
    tab = visit.tab()
    tab.sign_in_button.click()
    tab.says("may not talk to the sign-in service")


# Answers in the address


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ("error=invalid_request&error_description=x", "does not accept this site"),
        ("error=access_denied", "You were not signed in."),
        ("error=temporarily_unavailable", "has a problem"),
        ("error=access_denied&state=unknown", "not begun in this tab"),
        ("code=abc&state=unknown", "not begun in this tab"),
    ],
)
def test_an_answer_to_no_question_of_this_tab_gets_a_sentence_and_a_clean_address(
    begin: Begin, answer: str, sentence: str
) -> None:
    visit = begin()
    tab = visit.tab(f"/?lang=en&{answer}#/gallery")
    tab.says(sentence)
    assert tab.page.url == f"{visit.site.url}/?lang=en#/gallery"
    assert visit.issuer.asked(TOKEN) == []
    tab.page.reload()
    tab.is_in_state("signed-out")
    expect(tab.page.get_by_role("alert")).to_have_count(0)


def test_parameters_of_the_page_that_look_like_an_answer_stay(begin: Begin) -> None:
    visit = begin()
    tab = visit.tab("/?code=PROMO&error=17")
    tab.is_in_state("signed-out")
    assert tab.page.url == f"{visit.site.url}/?code=PROMO&error=17"


def test_an_issuer_that_refuses_with_an_error_is_heard_and_the_visitor_is_where_they_were(begin: Begin) -> None:
    visit = begin()
    tab = visit.tab("/#/gallery")
    visit.issuer.answers = {"code": None, "error": "access_denied", "error_description": "Cancelled"}
    tab.sign_in_button.click()
    tab.says("You were not signed in.")
    assert tab.page.url == f"{visit.site.url}/#/gallery"
    visit.issuer.answers = {}
    tab.page.get_by_role("button", name="Try again").click()
    tab.is_in_state("signed-in")


@pytest.mark.parametrize("called", ["https://evil.example", ""])
def test_a_service_that_calls_itself_otherwise_signs_nobody_in(begin: Begin, called: str) -> None:
    visit = begin()
    visit.issuer.behave[DISCOVERY] = (200, {"issuer": called})
    tab = visit.tab()
    tab.sign_in_button.click()
    tab.says("Another sign-in service answered")
    assert tab.page.url == f"{visit.site.url}/"


@pytest.mark.parametrize("named", ["https://evil.example", None])
def test_an_answer_that_names_another_issuer_signs_nobody_in(begin: Begin, named: str | None) -> None:
    visit = begin(KEYCLOAK)
    visit.issuer.answers = {"iss": named}
    tab = visit.tab()
    tab.sign_in_button.click()
    tab.says("Another sign-in service answered")
    assert tab.tokens is None
    assert visit.issuer.asked(TOKEN) == []


def test_a_token_of_another_issuer_or_with_another_nonce_signs_nobody_in(begin: Begin) -> None:
    visit = begin()
    for claims in ({"iss": "https://evil.example"}, {"nonce": "stolen"}, {"aud": "another-client"}):
        tokens = {"id_token": visit.issuer.jwt("alice", **claims), "access_token": "x", "token_type": "Bearer"}
        visit.issuer.behave[TOKEN] = (200, tokens)
        tab = visit.tab()
        tab.sign_in_button.click()
        tab.says("does not accept this site")
        assert tab.tokens is None


@pytest.mark.parametrize("answer", [(503, {}), (429, {}), (200, {"no": "issuer"})], ids=["503", "429", "no issuer"])
def test_an_issuer_that_is_broken_gets_a_sentence(begin: Begin, answer: tuple[int, dict[str, str]]) -> None:
    visit = begin()
    visit.issuer.behave[DISCOVERY] = answer
    tab = visit.tab()
    tab.sign_in_button.click()
    expect(tab.page.get_by_role("alert")).to_be_visible()
    expect(tab.sign_in_button).to_be_enabled()


@pytest.mark.parametrize("path", [DISCOVERY, TOKEN])
def test_an_issuer_that_does_not_answer_ends_with_try_again(begin: Begin, path: str) -> None:
    visit = begin()
    # The elements' own limit is 20 seconds.
    visit.context.add_init_script(
        "AbortSignal.timeout = ((old) => (ms) => old(ms / 20))(AbortSignal.timeout.bind(AbortSignal))"
    )
    visit.issuer.behave[path] = None
    tab = visit.tab("/#/gallery")
    tab.sign_in_button.click()
    tab.says("cannot be reached")
    assert tab.page.url == f"{visit.site.url}/#/gallery"
    del visit.issuer.behave[path]
    tab.page.get_by_role("button", name="Try again").click()
    tab.is_in_state("signed-in")


def test_a_visitor_whose_clock_is_a_day_off_signs_in_and_stays_signed_in(begin: Begin) -> None:
    for days in (-1, 1):
        visit = begin()
        visit.issuer.ahead = days * 86_400
        tab = visit.tab()
        tab.sign_in()
        assert tab.call() == "good"
        visit.later(visit.issuer.life + 1)
        assert tab.call() == "good"


def test_a_browser_that_stores_nothing_is_named_as_the_cause(begin: Begin) -> None:
    blocked = (
        "Object.defineProperty(window, 'sessionStorage', {get() { throw new DOMException('no', 'SecurityError') }})"
    )
    tab = begin(init=blocked).tab()
    tab.sign_in_button.click()
    tab.says("Your browser stores nothing for this site")


# Renewal


def test_each_renewal_brings_a_new_refresh_token_and_the_tab_keeps_it(begin: Begin) -> None:
    visit = begin(OKTA)
    tab = visit.tab()
    tab.sign_in()
    used = [tab.tokens["refresh"]]
    for _ in range(2):
        visit.later(visit.issuer.life + 1)
        assert tab.call() == "good"
        used.append(tab.tokens["refresh"])
    assert len(set(used)) == 3
    assert visit.issuer.reuses == 0


def test_a_token_is_renewed_shortly_before_its_end_and_nobody_waits_for_it(begin: Begin) -> None:
    visit = begin()
    tab = visit.tab()
    tab.sign_in()
    first = tab.tokens["token"]
    visit.later(visit.issuer.life - 30)
    assert tab.call() == "good"
    assert visit.site.tokens[-1] == first
    visit.until(lambda: tab.tokens["token"] != first)


@pytest.mark.parametrize(
    "answer",
    [
        None,
        (503, {}),
        (429, {}),
        (400, {"error": "invalid_grant"}),
        (400, {"error": "temporarily_unavailable"}),
        (200, {}),
    ],
    ids=["hangs", "503", "429", "refused", "temporarily unavailable", "nonsense"],
)
def test_an_early_renewal_that_fails_ends_nothing_that_is_good(begin: Begin, answer: Any) -> None:
    visit = begin()
    tab = visit.tab()
    tab.sign_in()
    visit.issuer.behave[TOKEN] = answer
    visit.later(visit.issuer.life - 30)
    for _ in range(2):
        assert tab.call() == "good"
        tab.page.wait_for_timeout(300)
    visit.until(lambda: len(visit.issuer.asked(TOKEN)) >= 2)
    assert tab.state == "signed-in"
    assert tab.call() == "good"


def test_a_token_without_a_refresh_token_is_used_to_its_end_and_then_the_session_has_ended(begin: Begin) -> None:
    visit = begin(AUTH0, scope="openid profile email")
    tab = visit.tab("/#/video/7")
    tab.sign_in()
    assert tab.tokens.get("refresh") is None
    visit.later(visit.issuer.life - 5)
    assert tab.call() == "good"
    assert tab.state == "signed-in"
    visit.later(6)
    tab.is_in_state("ended")
    expect(tab.page.get_by_text("Your session has ended.")).to_be_visible()
    expect(tab.page.locator("#content")).to_have_text("Kept")
    assert tab.call() == "signed-out"
    tab.page.get_by_role("button", name="Sign in again").click()
    tab.is_in_state("signed-in")
    assert tab.page.url == f"{visit.site.url}/#/video/7"


def test_a_renewal_without_an_id_token_leaves_the_old_one_to_its_end(begin: Begin) -> None:
    visit = begin(Kind("without", rotates=True, id_token_at_renewal=False))
    tab = visit.tab()
    tab.sign_in()
    first = tab.tokens
    visit.later(visit.issuer.life - 30)
    assert tab.call() == "good"
    visit.until(lambda: tab.tokens["refresh"] != first["refresh"])
    assert tab.call() == "good"
    assert tab.tokens["token"] == first["token"]
    assert len(visit.issuer.asked(TOKEN)) == 2
    visit.later(31)
    assert tab.call() == "signed-out"
    tab.is_in_state("ended")
    assert visit.issuer.reuses == 0


def test_an_issuer_that_fails_after_the_end_of_the_token_does_not_end_the_session(begin: Begin) -> None:
    visit = begin()
    tab = visit.tab()
    tab.sign_in()
    visit.later(visit.issuer.life + 1)
    visit.issuer.behave[TOKEN] = (503, {})
    assert tab.call() == "unreachable"
    assert tab.state == "signed-in"
    del visit.issuer.behave[TOKEN]
    assert tab.call() == "good"


def test_a_refusal_after_the_end_of_the_token_ends_the_session(begin: Begin) -> None:
    visit = begin()
    tab = visit.tab()
    tab.sign_in()
    visit.issuer.sessions[0].open = False
    visit.later(visit.issuer.life + 1)
    assert tab.call() == "signed-out"
    tab.is_in_state("ended")


def test_a_token_that_the_api_refuses_is_renewed_at_once(begin: Begin) -> None:
    visit = begin()
    tab = visit.tab()
    tab.sign_in()
    visit.later(60)
    refused = tab.tokens["token"]
    takes = visit.site.takes
    visit.site.takes = lambda claims: claims["jti"] != json.loads(_decoded(refused))["jti"] and takes(claims)
    assert tab.call() == "good"
    assert tab.tokens["token"] != refused


def test_a_renewal_that_brings_the_tokens_of_somebody_else_is_not_taken(begin: Begin) -> None:
    visit = begin()
    tab = visit.tab()
    tab.sign_in()
    tokens = {"id_token": visit.issuer.jwt("ben"), "access_token": visit.issuer.jwt("ben"), "token_type": "Bearer"}
    visit.issuer.behave[TOKEN] = (200, tokens)
    visit.later(visit.issuer.life + 1)
    assert tab.call() == "signed-out"
    tab.is_in_state("ended")


# Tabs


@pytest.mark.parametrize("init", ["", NO_LOCKS], ids=["with locks", "without locks"])
def test_tabs_with_one_refresh_token_use_it_once(begin: Begin, init: str) -> None:
    visit = begin(OKTA, init=init)
    tab = visit.tab()
    tab.sign_in()
    with visit.context.expect_page() as opened:
        tab.page.evaluate("() => void window.open(location.href)")
    tabs = [tab, Tab(opened.value), visit.tab()]
    for one in tabs:
        one.is_in_state("signed-in")
    for _ in range(3):
        visit.later(visit.issuer.life + 1)
        for one in tabs:
            one.page.evaluate(f"() => void (window.answer = ({CALL})())")
        assert [one.page.evaluate("() => window.answer") for one in tabs] == ["good"] * 3
    assert visit.issuer.reuses == 0
    assert len({one.tokens["refresh"] for one in tabs}) == 1
    assert len(visit.issuer.asked(TOKEN)) == 4


@pytest.mark.parametrize("init", ["", NO_LOCKS], ids=["with locks", "without locks"])
def test_a_new_tab_is_signed_in_while_another_one_is(begin: Begin, init: str) -> None:
    visit = begin(init=init)
    first = visit.tab()
    first.sign_in()
    second = visit.tab("/#/gallery")
    second.is_in_state("signed-in")
    assert second.call() == "good"
    first.page.close()
    second.page.reload()
    second.is_in_state("signed-in")


def test_a_tab_that_waits_signed_out_is_signed_in_when_another_one_is(begin: Begin) -> None:
    visit = begin()
    waiting = visit.tab()
    waiting.is_in_state("signed-out")
    visit.tab().sign_in()
    waiting.is_in_state("signed-in")
    assert waiting.call() == "good"


def test_an_ended_session_is_taken_up_where_another_tab_signs_in_again(begin: Begin) -> None:
    visit = begin(PLAIN)
    tab = visit.tab()
    tab.sign_in()
    other = visit.tab()
    other.is_in_state("signed-in")
    visit.later(visit.issuer.life + 1)
    for one in (tab, other):
        one.is_in_state("ended")
    tab.page.get_by_role("button", name="Sign in again").click()
    tab.is_in_state("signed-in")
    other.is_in_state("signed-in")
    assert other.call() == "good"


def test_a_tab_that_comes_back_after_a_sign_out_elsewhere_is_signed_out(begin: Begin) -> None:
    visit = begin()
    first = visit.tab()
    first.sign_in()
    # A closed tab that the browser opens again has what it had stored.
    stored = first.page.evaluate("() => ({...sessionStorage})")
    visit.later(1)
    first.sign_out()
    first.is_in_state("signed-out")
    again = visit.tab()
    again.page.evaluate("(stored) => Object.assign(sessionStorage, stored)", stored)
    again.page.reload()
    again.is_in_state("signed-out")
    assert again.tokens is None


def test_sites_of_two_clients_on_one_origin_do_not_share_a_session(begin: Begin) -> None:
    visit = begin()
    visit.site.pages["/other/"] = page_with(visit.issuer.name, client_id="another")
    visit.tab().sign_in()
    visit.tab("/other/").is_in_state("signed-out")


# Signing out


def test_who_stays_when_the_browser_asks_is_still_signed_in(begin: Begin) -> None:
    visit = begin()
    tab = visit.tab()
    tab.sign_in()
    other = visit.tab()
    other.is_in_state("signed-in")
    tab.page.evaluate("() => addEventListener('beforeunload', (event) => event.preventDefault())")
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    tab.page.once("dialog", stay)
    tab.sign_out()
    visit.until(lambda: bool(asked))
    expect(tab.page.get_by_role("button", name="Sign out")).to_be_enabled()
    assert (tab.state, tab.call(), other.state) == ("signed-in", "good", "signed-in")
    assert visit.issuer.asked(REVOKE) == []
    tab.page.once("dialog", lambda dialog: dialog.accept())
    tab.sign_out()
    tab.is_in_state("signed-out")
    other.is_in_state("signed-out")
    visit.until(lambda: not visit.issuer.sessions[0].open)


@pytest.mark.parametrize("kind", [COGNITO, PLAIN], ids=["with a logout", "without one"])
@pytest.mark.parametrize(
    "refusal",
    ["event.preventDefault()", "event.detail.waitUntil(new Promise((resolve) => setTimeout(resolve, 50, false)))"],
)
def test_a_page_that_has_something_to_lose_may_refuse_a_sign_out(begin: Begin, kind: Kind, refusal: str) -> None:
    visit = begin(kind)
    tab = visit.tab()
    tab.sign_in()
    listen = f"""() => document.addEventListener("video-signing-out", window.refuse = (event) => {{
      window.asked = (window.asked ?? 0) + 1;
      {refusal};
    }})"""
    tab.page.evaluate(listen)
    tab.sign_out()
    tab.page.wait_for_function("() => window.asked === 1")
    expect(tab.page.get_by_role("button", name="Sign out")).to_be_enabled()
    assert (tab.state, tab.call()) == ("signed-in", "good")
    assert visit.issuer.asked(LOGOUT) == []
    tab.page.evaluate("() => document.removeEventListener('video-signing-out', window.refuse)")
    tab.sign_out()
    tab.is_in_state("signed-out")


def test_an_issuer_without_a_logout_leaves_the_visitor_on_the_site_and_is_asked_anew_who_it_is(begin: Begin) -> None:
    visit = begin(PLAIN)
    tab = visit.tab("/#/gallery")
    tab.sign_in()
    tab.sign_out()
    tab.is_in_state("signed-out")
    assert tab.page.url == f"{visit.site.url}/#/gallery"
    visit.issuer.user = "ben"
    tab.sign_in()
    expect(tab.name).to_contain_text("Ben Brook")
    assert [asked.get("prompt") for asked in visit.issuer.asked("/authorize")] == [None, "login"]


def test_the_logout_names_client_visitor_and_where_to_go(begin: Begin) -> None:
    visit = begin(OKTA)
    visit.site.pages["/bye.html"] = page_with(visit.issuer.name)
    visit.site.pages["/"] = page_with(visit.issuer.name, post_logout_redirect_uri="/bye.html")
    tab = visit.tab()
    tab.sign_in()
    hint = tab.tokens["idToken"]
    tab.sign_out()
    tab.page.wait_for_url("**/bye.html")
    [asked] = visit.issuer.asked(LOGOUT)
    bye = f"{visit.site.url}/bye.html"
    expected = {"client_id": CLIENT, "id_token_hint": hint, "post_logout_redirect_uri": bye, "logout_uri": bye}
    assert asked == expected


@pytest.mark.parametrize("path", [DISCOVERY, REVOKE])
def test_an_issuer_that_does_not_answer_keeps_nobody_signed_in(begin: Begin, path: str) -> None:
    visit = begin()
    tab = visit.tab()
    tab.sign_in()
    tab.page.reload()
    tab.is_in_state("signed-in")
    visit.issuer.behave[path] = None
    tab.sign_out()
    tab.is_in_state("signed-out")
    assert tab.tokens is None


def test_tokens_that_arrive_after_signing_out_are_kept_by_nobody(begin: Begin) -> None:
    visit = begin(Kind("without a logout", rotates=True, logout=()))
    tab = visit.tab()
    tab.sign_in()
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    tab.page.route("**/token", hold)
    visit.later(visit.issuer.life + 1)
    tab.page.evaluate(f"() => void (window.answer = ({CALL})())")
    visit.until(lambda: bool(held))
    tab.sign_out()
    tab.is_in_state("signed-out")
    tokens = {"id_token": visit.issuer.jwt("alice"), "access_token": "late", "refresh_token": "late"}
    headers = {"Access-Control-Allow-Origin": "*"}
    held[0].fulfill(status=200, headers=headers, json=tokens | {"token_type": "Bearer"})
    assert tab.page.evaluate("() => window.answer") == "signed-out"
    assert (tab.state, tab.tokens) == ("signed-out", None)
    visit.until(lambda: "late" in [asked["token"] for asked in visit.issuer.asked(REVOKE)])


def test_elements_hear_who_is_signed_in_and_nothing_of_the_one_before_remains(begin: Begin) -> None:
    visit = begin(PLAIN)
    tab = visit.tab()
    tab.is_in_state("signed-out")
    tab.page.evaluate(
        f"() => {{ window.owners = []; {ACCOUNT}.service.on('owner', (sub) => window.owners.push(sub)); }}"
    )
    other = visit.tab()
    other.sign_in()
    tab.is_in_state("signed-in")
    other.sign_out()
    tab.is_in_state("signed-out")
    visit.issuer.user = "ben"
    visit.later(1)
    other.sign_in()
    tab.is_in_state("signed-in")
    assert tab.page.evaluate("() => window.owners") == ["alice", "", "ben"]
    expect(tab.name).to_contain_text("Ben Brook")


def test_changes_are_told_to_the_page(begin: Begin) -> None:
    visit = begin(
        PLAIN, init="addEventListener('video-account-change', ({detail}) => (window.told ??= []).push(detail))"
    )
    tab = visit.tab()
    tab.sign_in()
    assert tab.page.evaluate("() => window.told") == [{"state": "signed-in", "owner": "alice"}]
    tab.sign_out()
    tab.is_in_state("signed-out")
    assert tab.page.evaluate("() => window.told.at(-1)") == {"state": "signed-out", "owner": ""}


# The menu


def test_the_menu_works_by_keyboard_and_closes_when_something_else_is_used(begin: Begin) -> None:
    visit = begin()
    tab = visit.tab()
    tab.sign_in()
    out = tab.page.get_by_role("button", name="Sign out")
    expect(out).to_be_hidden()
    tab.name.focus()
    tab.page.keyboard.press("Enter")
    expect(out).to_be_visible()
    expect(tab.page.get_by_text("alice@example.com")).to_be_visible()
    tab.page.keyboard.press("Escape")
    expect(out).to_be_hidden()
    expect(tab.name).to_be_focused()
    tab.name.click()
    expect(out).to_be_visible()
    tab.page.locator("#content").click()
    expect(out).to_be_hidden()


@pytest.mark.parametrize("side", ["left", "right"])
def test_what_opens_stays_inside_a_narrow_window_on_either_side(begin: Begin, side: str) -> None:
    visit = begin()
    float_it = f"<style>video-account {{ float: {side} }}</style></head>"
    visit.site.pages["/"] = visit.site.pages["/"].replace("</head>", float_it)
    tab = visit.tab("/?error=access_denied")
    tab.page.set_viewport_size({"width": 320, "height": 600})
    tab.says("You were not signed in.")
    is_inside(tab.page.get_by_role("alert"), 320)
    tab.sign_in()
    tab.name.click()
    is_inside(tab.page.locator("#menu"), 320)


def is_inside(part: Locator, width: float) -> None:
    box = part.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width


# The local issuer and the example site


@pytest.fixture
def on_the_site(stack: LocalStack, chromium: Browser) -> Iterator[Tab]:
    context = chromium.new_context(locale="en-GB")
    page = context.new_page()
    page.set_default_timeout(PATIENCE * 1000)
    yield Tab(page)
    context.close()


def test_the_example_site_signs_demo_users_in_and_out(on_the_site: Tab, stack: LocalStack) -> None:
    tab = on_the_site
    tab.page.goto(f"{stack.site_url}/#/gallery")
    tab.sign_in_button.click()
    tab.page.get_by_role("link", name="Alice Archer").click()
    tab.is_in_state("signed-in")
    assert tab.page.url == f"{stack.site_url}/#/gallery"
    token = tab.tokens["refresh"]
    tab.sign_out()
    tab.is_in_state("signed-out")
    form = {"grant_type": "refresh_token", "client_id": "local-client", "refresh_token": token}
    answer = requests.post(f"{stack.api_url}/_local/oauth/token", data=form, timeout=30)
    assert answer.json() == {"error": "invalid_grant"}


def _decoded(token: str) -> bytes:
    part = token.split(".")[1]
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
