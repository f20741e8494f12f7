"""Webhooks, signing keys, the token: read strictly, for what an answer leaves out is never shown again."""

import pytest

from mux_lifecycle.errors import MuxMalformed, MuxOutcomeUnknown
from mux_lifecycle.mux.client import Identity
from tests.client.conftest import MakeClient
from tests.client.hostile import HostileServer, answer, reset

ADDRESS = "https://hooks.example.com/mux"
WEBHOOK = {"id": "abc12d", "address": ADDRESS, "enabled": True}


@pytest.mark.parametrize("secret", [None, "", 7])
def test_a_webhook_without_its_secret_is_malformed(make_client: MakeClient, secret: object) -> None:
    with HostileServer(answer(201, {"data": WEBHOOK | {"signing_secret": secret}})) as server:
        with pytest.raises(MuxMalformed):
            make_client(server.url).create_webhook(ADDRESS)
        assert len(server.requests) == 1


@pytest.mark.parametrize("private_key", [None, "", 7])
def test_a_signing_key_without_its_private_half_is_malformed(make_client: MakeClient, private_key: object) -> None:
    with HostileServer(answer(201, {"data": {"id": "k1", "private_key": private_key}})) as server:
        with pytest.raises(MuxMalformed):
            make_client(server.url).create_signing_key()
        assert len(server.requests) == 1


def test_what_is_shown_once_is_asked_for_once(make_client: MakeClient) -> None:
    with HostileServer(reset(), reset()) as server:
        mux = make_client(server.url)
        with pytest.raises(MuxOutcomeUnknown):
            mux.create_webhook(ADDRESS)
        with pytest.raises(MuxOutcomeUnknown):
            mux.create_signing_key()
        assert len(server.requests) == 2


def test_all_webhooks_are_listed_however_many_there_are(make_client: MakeClient) -> None:
    page = [{"id": f"w{number}"} for number in range(100)]
    with HostileServer(answer(200, {"data": page}), answer(200, {"data": [WEBHOOK]})) as server:
        assert make_client(server.url).list_webhooks() == [*page, WEBHOOK]


def test_a_list_of_webhooks_without_an_end_is_malformed(make_client: MakeClient) -> None:
    page = answer(200, {"data": [{"id": "w1"}] * 100})
    with HostileServer(*[page] * 21) as server, pytest.raises(MuxMalformed):
        make_client(server.url).list_webhooks()


@pytest.mark.parametrize(
    ("permissions", "found"),
    [(["video:read", "system:read"], {"video:read", "system:read"}), (None, set()), ("x", set())],
)
def test_a_token_tells_what_it_is_for(make_client: MakeClient, permissions: object, found: set[str]) -> None:
    with HostileServer(answer(200, {"data": {"environment_id": "k3v9zq", "permissions": permissions}})) as server:
        assert make_client(server.url).identity() == Identity("k3v9zq", frozenset(found))
