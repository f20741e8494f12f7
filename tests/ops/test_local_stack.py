"""`make erase LOCAL=…`: the same on the local stack, which it finds by its port, and never at the real AWS."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer
from moto.server import ThreadedMotoServer

from local import aws, control
from local.mux import MuxEmulator
from local.settings import Settings
from local.stack import Stack
from local.template import Template
from ops import erase, local_stack, target
from ops.stack import OperatorError
from tests.ops.conftest import Site
from tests.world import ROOT, template_document


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(target, "SHARE", 1.0)


@pytest.fixture
def account() -> Iterator[aws.Account]:
    """An AWS at a port of this machine, as the local stack has one."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield aws.Account(f"http://{host}:{port}", aws.new_access_key())
    server.stop()


def test_an_owner_is_erased_from_the_local_stack(
    account: aws.Account, mux: MuxEmulator, site: Site, tmp_path: Path
) -> None:
    parameters = {"JwtIssuer": "https://issuer.example.com", "JwtAudience": "client", "MuxEnvironmentId": "k3v9zq"}
    template = Template(template_document(), ROOT, {"AllowedOrigins": "http://localhost:8080"} | parameters)
    aws.provision(account, template, {"MuxTokenSecret": {"token_id": mux.token_id, "token_secret": mux.token_secret}})
    environment = template.function_environment("ReconcileFunction") | {"MUX_API_URL": mux.url}
    site.answers["/_local/functions/ReconcileFunction/environment"] = (200, {"environment": environment})
    port = site.url.rpartition(":")[2]
    aws.write_variables(tmp_path / f"{port}.env", account, template.ref("AWS::Region"))
    place = local_stack.target(port, tmp_path)
    items = [
        {"pk": {"S": f"IDEMPOTENCY#{owner}"}, "owner": {"S": owner}, "state": {"S": "done"}}
        for owner in ("alice", "bob")
    ]
    for item in items:
        place.dynamodb.put_item(TableName=place.table_name, Item=item)
    lines: list[str] = []
    assert erase.erase(place, "alice", "", lines.append)
    command, _, code = lines[-1].rpartition(" CONFIRM=")
    assert command.strip() == f"make erase OWNER=alice LOCAL={port}"
    assert erase.erase(place, "alice", code, lines.append)
    assert place.dynamodb.scan(TableName=place.table_name)["Items"] == items[1:]


def test_the_local_stack_tells_the_settings_of_a_function_and_no_way_into_its_aws(tmp_path: Path) -> None:
    template = Template(template_document(), ROOT, {"JwtIssuer": "https://issuer.example.com", "JwtAudience": "client"})

    async def asked(function: str) -> tuple[int, dict[str, dict[str, str]]]:
        stack = Stack(Settings(api_port=0, logs=tmp_path, media=tmp_path, sample_files=tmp_path, terminal=False))
        stack._template_read = template
        async with TestServer(control.application(stack)) as server:
            address = server.make_url(f"/functions/{function}/environment")
            async with ClientSession() as session, session.get(address) as answer:
                found = answer.status, await answer.json()
        await stack._stop()
        stack._listener.close()
        return found

    status, told = asyncio.run(asked("ReconcileFunction"))
    assert status == 200
    wanted = template.function_environment("ReconcileFunction")
    assert told["environment"] == wanted | {"MUX_API_URL": ""}
    assert not [name for name in told["environment"] if name.startswith("AWS_") and name not in wanted]
    assert asyncio.run(asked("NobodyFunction"))[0] == 404


@pytest.mark.parametrize("port", ["", "production", "80000000", "80 00", "٨"])
def test_an_invalid_port_is_refused(port: str) -> None:
    with pytest.raises(OperatorError, match="LOCAL is"):
        local_stack.target(port)


def test_without_a_local_stack_nothing_is_asked(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="make run"):
        local_stack.target("8000", tmp_path)


def test_a_way_into_another_aws_is_never_taken(tmp_path: Path) -> None:
    for address in ("https://dynamodb.eu-central-1.amazonaws.com", "http://127.0.0.1.example.com:1", ""):
        (tmp_path / "8000.env").write_text(f"export AWS_ENDPOINT_URL='{address}'\n", encoding="utf-8")
        with pytest.raises(OperatorError, match="not on this machine"):
            local_stack.target("8000", tmp_path)
