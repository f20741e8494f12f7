"""Who a caller is: without an authorizer's claims nobody, with an odd `sub` somebody who can own nothing."""

from collections.abc import Callable

import pytest

from tests.handlers import contract
from tests.handlers.client import Client
from tests.world import ORIGIN, Answer, Json, http_event


def without_authorizer(event: Json) -> None:
    event["requestContext"].pop("authorizer")


def with_authorizer(authorizer: object) -> Callable[[Json], None]:
    def change(event: Json) -> None:
        event["requestContext"]["authorizer"] = authorizer

    return change


NOBODY: list[Callable[[Json], None]] = [
    without_authorizer,
    with_authorizer(None),
    with_authorizer({}),
    with_authorizer({"jwt": None}),
    with_authorizer({"jwt": {}}),
    with_authorizer({"jwt": {"claims": None, "scopes": None}}),
    with_authorizer({"jwt": {"claims": "sub=ada"}}),
    with_authorizer({"jwt": {"claims": ["ada"]}}),
    with_authorizer({"lambda": {"sub": "ada"}}),
    with_authorizer({"claims": {"sub": "ada"}}),
    with_authorizer({"iam": {"userId": "ada"}}),
    with_authorizer([]),
    with_authorizer("ada"),
]


@pytest.mark.parametrize("function", contract.ALL)
def test_a_function_without_an_authorizer_in_front_of_it_serves_nobody(standing: Client, function: str) -> None:
    """Also when a request carries what some other gateway would have taken for an identity."""
    headers = {
        "authorization": "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEifQ.",
        "x-amzn-oidc-identity": "ada",
        "x-user-id": "ada",
        "cognito:groups": "[admin]",
        "origin": ORIGIN,
    }
    before = standing.calls()
    answers: list[Answer] = []
    for change in NOBODY:
        event = http_event(function, id="missing1", headers=headers, body=b'{"input": "https://x.example.com"}')
        change(event)
        answers.append(standing.handle(function, event))
    assert [answer.status for answer in answers] == [401] * len(NOBODY)
    assert all(answer == answers[0] for answer in answers)
    assert standing.calls() == before


NO_OWNERS: list[object] = [
    *(
        "",
        "a" * 129,
        "a#b",
        "#",
        " ",
        "a b",
        " ada",
        "ada ",
        "a\tb",
        "a\nb",
        "ada\n",
        "a\x00b",
        "\x7f",
        "ädå",
        "ａda",
        "🙂",
    ),
    *("\ud800", None, 7, 1.5, True, [], ["ada"], {}, {"sub": "ada"}),
]


@pytest.mark.parametrize("function", contract.ALL)
def test_a_sub_that_cannot_own_anything_is_forbidden(standing: Client, function: str) -> None:
    before = standing.calls()
    for subject in NO_OWNERS:
        event = http_event(function, id="missing1", groups=["admin"])
        event["requestContext"]["authorizer"]["jwt"]["claims"]["sub"] = subject
        answer = standing.handle(function, event)
        assert (subject, answer.status) == (subject, 403)
        assert "sub" in answer.messages[0]
    assert standing.calls() == before


@pytest.mark.parametrize(
    "owner", ["!", "~" * 128, "auth0|507f", "ada@example.com", "a/b?c=d&e", "%23", '"\\', "[admin]"]
)
def test_any_other_sub_owns_what_it_makes(standing: Client, owner: str) -> None:
    upload, asset_id = standing.upload(owner), standing.asset(owner)
    assert standing.call("get_upload", owner=owner, id=upload["id"]).status == 200
    assert [asset["id"] for asset in standing.call("list_assets", owner=owner).data] == [asset_id]
    assert standing.call("get_asset", owner=owner + "x", id=asset_id).status in {403, 404}
    assert standing.call("delete_asset", owner=owner, id=asset_id).status == 204
